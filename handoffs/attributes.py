"""What a scenario knows about a visitor, by paths such as ``user.first_name``. Pure, and total: no text and no context makes it fail."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

Plain = str | int | float | bool

PATH = r"[^\W\d][\w-]*(?:\.[\w-]+)*"
PLACE = re.compile(rf"\{{ *({PATH}) *(?:\|([^{{}}\n]*))?\}}")
WHOLE_PATH = re.compile(PATH)
DESK_KEY = re.compile(r"[\w.-]{1,100}")
# Custom attributes of this name are how a provider finds its own threads again.
OURS_AT_THE_DESK = "handoff_"
# More bits than any number that means something; Python refuses to write really long ones.
MOST_BITS = 64
DEEPEST = 8

# What Markdown reads anywhere in a line (an underscore inside a word means nothing), and what it reads at the start of one.
INLINE = re.compile(r"[\\`*~\[\]<|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
LINE_START = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=>|#+(?:\s|$)|[+-](?:\s|$)|[=:-][=:\s-]*$))")
WORD_JOINER = "\u2060"


def value_of(context: Mapping[str, Any], path: str) -> Plain | None:
    """The plain value at ``path``; None where there is none, or something else than words, a number, or true and false."""
    found: Any = context
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found if is_plain(found) else None


def group(context: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The attributes below a name."""
    found = context.get(name)
    return dict(found) if isinstance(found, Mapping) else {}


def is_plain(value: object) -> bool:
    match value:
        case bool() | str():
            return True
        case int():
            return value.bit_length() <= MOST_BITS
        case float():
            return math.isfinite(value)
        case _:
            return False


def all_values(context: Mapping[str, Any], *before: str) -> Iterator[tuple[str, Plain]]:
    """Every plain value with its path, in the order of the context; what lies very deep is left out."""
    for name, value in context.items():
        if isinstance(value, Mapping) and len(before) < DEEPEST:
            yield from all_values(value, *before, name)
        elif is_plain(value):
            yield ".".join([*before, name]), value


def written(value: Plain | None) -> str:
    """As people write it, in one line; empty for nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return format(value, ".12g")
        case _:
            return " ".join(str(value).split())


def filled(text: str, context: Mapping[str, Any]) -> str:
    """``text`` with ``{user.first_name}`` and ``{user.first_name|there}`` replaced by the attribute, else by the words after the bar.

    The text is Markdown, the value is not: it can neither format anything nor make a link.
    """
    return PLACE.sub(lambda place: inserted(value_of(context, place[1])) or place[2] or "", text)


def inserted(value: Plain | None) -> str:
    return escaped(written(value)).replace("://", f":{WORD_JOINER}//")


def escaped(line: str) -> str:
    """One line of plain text as Markdown that shows just this."""
    return LINE_START.sub(r"\1\\", INLINE.sub(r"\\\g<0>", line.strip()))


# --- Keeping ------------------------------------------------------------------------------------------------------------------------------

LONGEST_PATH = 100
LONGEST_TEXT = 4000
MOST_VALUES = 500


def kept(context: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """The context with the value at ``path``. Raises ``ValueError`` with a sentence for the admin."""
    names = path.split(".")
    if len(path) > LONGEST_PATH or len(names) > DEEPEST or not WHOLE_PATH.fullmatch(path):
        raise ValueError(f"“{path[:LONGEST_PATH]}” is not an attribute. Write it like: user.plan.")
    if sum(1 for _ in all_values(context)) >= MOST_VALUES and value_of(context, path) is None:
        raise ValueError(f"The context has {MOST_VALUES} attributes already; that is all it can have.")
    return placed(context, names, storable(value), path)


def placed(inside: Mapping[str, Any], names: list[str], value: Plain, path: str) -> dict[str, Any]:
    name, *deeper = names
    there = inside.get(name)
    if deeper and there is not None and not isinstance(there, Mapping):
        raise ValueError(f"“{path}” cannot be kept: “{name}” is a value itself, and has nothing inside.")
    if not deeper and isinstance(there, Mapping):
        raise ValueError(f"“{path}” is a group of attributes. Name one inside, such as {path}.{next(iter(there), 'name')}.")
    return {**inside, name: placed(there or {}, deeper, value, path) if deeper else value}


def storable(value: object) -> Plain:
    if not is_plain(value):
        raise ValueError("A value is a text, a number, or yes or no.")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise ValueError(f"A value may have at most {LONGEST_TEXT} characters.")
    if isinstance(value, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("The value contains characters that are not text.")
    return cast(Plain, value)


# --- Lines such as “user.plan = plan”: our attribute, then the desk's key -----------------------------------------------------------------


def mapping(line: str) -> tuple[str, str]:
    """(our path, the desk's key). Raises ``ValueError`` with a sentence for the admin."""
    path, equals, key = (part.strip() for part in line.partition("="))
    if not equals or not path or not key:
        raise ValueError(f"“{line}” is not complete. Write it like: user.plan = plan.")
    if not WHOLE_PATH.fullmatch(path):
        raise ValueError(f"“{path}” is not an attribute. Write it like: user.plan.")
    if not DESK_KEY.fullmatch(key):
        raise ValueError(f"“{key}” cannot be a key at the desk. Use letters, digits, hyphens, dots and underscores.")
    if key.startswith(OURS_AT_THE_DESK):
        raise ValueError(f"“{key}” is one of Handoff’s own: take a key that does not start with {OURS_AT_THE_DESK}.")
    return path, key


def mapped(lines: str, context: Mapping[str, Any]) -> dict[str, Plain]:
    """The desk's keys with what the context has for them. A line that is not right maps nothing."""
    found = {}
    for line in lines.splitlines():
        with suppress(ValueError):
            path, key = mapping(line)
            found[key] = value_of(context, path)
    return {key: value for key, value in found.items() if value is not None}
