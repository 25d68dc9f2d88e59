"""A value in a JSON file together with where it stands there, so that whatever is wrong can be said with its path. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

LARGEST = 5 * 2**20
LONGEST_TEXT = 100_000
SHOWN = 60
TYPES = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    type(None): "null",
}


class Fault(Exception):
    """``str()`` is where it is and what is wrong."""

    def __init__(self, path: str, complaint: str) -> None:
        super().__init__(f"{path}: {complaint}" if path else complaint)


class Doubled(dict[str, Any]):
    """An object of the file in which the name ``twice`` stands more than once."""

    twice = ""


@dataclass(frozen=True)
class Place:
    value: Any
    path: str = ""

    def fault(self, complaint: str) -> Fault:
        return Fault(self.path, complaint)

    def _is(self, kind: type) -> bool:
        if type(self.value) is not kind and not (kind is dict and isinstance(self.value, dict)):
            raise self.fault(f"must be {TYPES[kind]}, and is {TYPES.get(type(self.value), 'something else')}.")
        return True

    def fields(self, known: Collection[str], needed: Iterable[str] = ()) -> dict[str, Place]:
        """Those that are there."""
        self._is(dict)
        if isinstance(self.value, Doubled):
            raise self.at(self.value.twice).fault("is there twice.")
        for name in self.value:
            if name not in known:
                raise self.at(name).fault(f"there is no such field{hint(name, known)}")
        for name in needed:
            if name not in self.value:
                raise self.at(name).fault("is missing.")
        return {name: self.at(name) for name in self.value}

    def at(self, name: str) -> Place:
        path = f"{self.path}.{shown(name)}" if self.path else shown(name)
        return Place(self.value.get(name), path)

    def items(self, most: int) -> list[Place]:
        self._is(list)
        if len(self.value) > most:
            raise self.fault(f"has {len(self.value)} entries; {most} is the most.")
        return [Place(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def text(self, longest: int = LONGEST_TEXT) -> str:
        self._is(str)
        text: str = self.value
        if len(text) > longest:
            raise self.fault(f"has {len(text)} characters; {longest} is the most.")
        if "\x00" in text or not is_unicode(text):
            raise self.fault("has characters that no text can have.")
        return text

    def line(self, longest: int = 200) -> str:
        text = self.text(longest)
        if len(text.splitlines()) > 1:
            raise self.fault("must be one line.")
        return text

    def name(self) -> str:
        if not self.text(200).strip():
            raise self.fault("must not be empty.")
        return self.line()

    def choice(self, allowed: Collection[str]) -> str:
        chosen = self.text(200)
        if chosen not in allowed:
            raise self.fault(f"“{shown(chosen)}” is none of: {', '.join(allowed)}.")
        return chosen

    def truth(self) -> bool:
        return self._is(bool) and bool(self.value)

    def whole(self) -> int:
        self._is(int)
        return int(self.value)


def hint(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name[:SHOWN], known, n=1)
    return f"; did you mean “{close[0]}”?" if close else "."


def shown(name: str) -> str:
    """What can be printed of a name somebody chose."""
    readable = "".join(char if char.isprintable() else "�" for char in name)
    return readable if len(readable) <= SHOWN else readable[: SHOWN - 1] + "…"


def is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def opened(raw: bytes) -> Place:
    """Raises ``Fault`` for what is no JSON object."""
    if len(raw) > LARGEST:
        raise Fault("", f"This file is larger than {LARGEST // 2**20} MB.")
    try:
        found = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=without_doubles)
    except RecursionError:
        raise Fault("", "This file is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Fault("", "This file is not text in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Fault("", f"This file is not JSON: line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise Fault("", "This file has a number with too many digits.") from None
    if not isinstance(found, dict):
        raise Fault("", "This file is not a scenario exported from Handoff.")
    return Place(found)


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    doubled = Doubled(found)
    doubled.twice = next(name for name in names if names.count(name) > 1)
    return doubled
