"""A form with tiles that somebody else deleted meanwhile: they become new ones, so that nothing typed into them is lost."""

from __future__ import annotations

import re
from typing import TypeVar

from django.utils.datastructures import MultiValueDict

T = TypeVar("T")
PREFIX = "blocks"
NAME = re.compile(rf"{PREFIX}-(\d{{1,4}})-(.+)")


def gone_as_new(data: MultiValueDict[str, str], stored: set[str]) -> dict[int, int] | None:
    """Their new numbers by the ones they had; None when all tiles are still there. Stored ones come first, as a formset wants it."""
    initial = count(data, "INITIAL_FORMS")
    sent = range(min(count(data, "TOTAL_FORMS"), 2000))
    kept = [number for number in sent if number < initial and data.get(f"{PREFIX}-{number}-id") in stored]
    if len(kept) == initial:
        return None
    return {number: place for place, number in enumerate([*kept, *(number for number in sent if number not in kept)])}


def renumbered(data: MultiValueDict[str, str], numbers: dict[int, int], stored: set[str]) -> MultiValueDict[str, str]:
    """A copy in which each tile has its new number, and those that are gone have no id."""
    told = moved(data, numbers)
    ids = [f"{PREFIX}-{number}-id" for number in numbers.values()]
    for name in ids:
        if told.get(name) not in stored:
            told[name] = ""
    told[f"{PREFIX}-INITIAL_FORMS"] = str(sum(told.get(name) in stored for name in ids))
    return told


def moved(data: MultiValueDict[str, T], numbers: dict[int, int]) -> MultiValueDict[str, T]:
    """Also for the files that came along."""
    told = data.copy()
    told.clear()
    for name, values in data.lists():
        parts = NAME.fullmatch(name)
        place = numbers.get(int(parts[1])) if parts else None
        told.setlist(name if parts is None or place is None else f"{PREFIX}-{place}-{parts[2]}", values)
    return told


def count(data: MultiValueDict[str, str], name: str) -> int:
    text = data.get(f"{PREFIX}-{name}") or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
