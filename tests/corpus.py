"""Bad input, in one table, and what of the code says where it can be put: names of fields and headers, and the doors themselves."""

from __future__ import annotations

import ast
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

# As they stand in JSON: most of them no Python object would become.
BAD: dict[str, str] = {
    "null": "null",
    "true": "true",
    "false": "false",
    "zero": "0",
    "minus one": "-1",
    "a fraction": "1.5",
    "2^53": str(2**53),
    "2^63": str(2**63),
    "2^70": str(2**70),
    "five thousand digits": "9" * 5000,
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "more than a float holds": "1e999",
    "an empty text": '""',
    "spaces": '" \\t\\n"',
    "a word": '"x"',
    "NUL": '"a\\u0000b"',
    "a NUL that is not escaped": '"a\x00b"',
    "half a character": '"\\ud800"',
    "the other half": '"\\udc00x"',
    "a number as text": '"1"',
    "digits of another script": '"²٣"',
    "a uuid of nobody": '"00000000-0000-0000-0000-000000000000"',
    "a uuid in another dress": '"urn:uuid:{00000000000000000000000000000000}"',
    "a path": '"../../../etc/passwd"',
    "markup": '"<script>alert(1)</script>"',
    "60 kB": '"' + "é" * 30_000 + '"',
    "1 MB": '"' + "x" * 2**20 + '"',
    "an empty list": "[]",
    "an empty object": "{}",
    "a list of texts": '["x", "y"]',
    "a list of lists": "[[[]]]",
    "a list of nothing": "[null]",
    "a list of a thousand": json.dumps(list(range(1000))),
    "an object": '{"a": {"b": 1}}',
    "an object with ids": '{"id": [], "message": {}, "index": -1}',
    "duplicate keys": '{"id": 1, "id": 2}',
    "lists 10,000 deep": "[" * 10_000 + "]" * 10_000,
    "objects 10,000 deep": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "nothing at all": "",
}
# Whole bodies and whole frames.
BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"x",
    "half an object": b'{"type": "say", ',
    "two objects": b"{}{}",
    "a NUL": b"\x00",
    "not UTF-8": b'{"type": "\xff\xfe"}',
    "UTF-16": '{"type": "say"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "only brackets": b"[" * 10_000,
    "an object that does not end": b'{"a":' * 10_000,
    **{f"{name} alone": raw.encode() for name, raw in BAD.items()},
}
BAD_TYPES = [
    "application/json",
    "application/json; charset=utf-9",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=edge",
    "application/octet-stream",
    "text/plain; charset=utf-16",
    "é/\\",
    "",
]
BAD_HEADERS = ["", " ", "x", "Bearer", "Bearer \xff", "-1", "9" * 5000, "x" * 60_000, "null", "%00", "a, b", "\xe9\xff", "https://[::1"]
# As they stand in an address.
BAD_TEXTS = [
    *(quote(raw[:60_000]) for raw in BAD.values() if raw),
    quote_from_bytes(b"\x00"),
    quote_from_bytes(b"\xff"),
    "%",
    "%zz",
    "%ed%a0%80",
]


# --- Where it can be put ------------------------------------------------------------------------------------------------------------------

NAME = re.compile(r"[a-z][a-z_]{0,24}")


def trees(code: Path) -> Iterator[ast.AST]:
    """Of a file, or of all files of a folder."""
    return (ast.parse(file.read_text()) for file in ([code] if code.is_file() else sorted(code.glob("*.py"))))


def words(code: Path) -> list[str]:
    """Every word that stands in the code as a text: among them the types of frames."""
    texts = (node.value for tree in trees(code) for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return sorted({text for text in texts if isinstance(text, str) and NAME.fullmatch(text)})


def fields(code: Path) -> list[str]:
    """The names that the code reads out of something it was given: ``body["cid"]``, ``given.get("after")``, ``uuid_at(frame, "tab")``."""
    return sorted({name for tree in trees(code) for name in asked_for(tree) if NAME.fullmatch(name)})


def headers(code: Path) -> list[str]:
    return sorted({name for tree in trees(code) for name in asked_for(tree) if re.fullmatch(r"[A-Z][A-Za-z]*(-[A-Za-z]+)*", name)})


def asked_for(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant(str(name)), ctx=ast.Load()):
                yield name
            case ast.Compare(left=ast.Constant(str(name)), ops=[ast.In() | ast.NotIn()]):
                yield name
            case ast.Call(func=ast.Attribute(attr="get" | "pop" | "getlist") | ast.Name(), args=args):
                yield from (arg.value for arg in args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


@dataclass(frozen=True)
class Door:
    """An address of ours: ``{}`` stands where a part of it may be chosen."""

    name: str
    path: str
    parts: dict[str, str]

    def at(self, **changed: str) -> str:
        return self.path.format(**{**self.parts, **changed})


def doors(patterns: list[Any], known: dict[str, str], before: str = "/") -> Iterator[Door]:
    for pattern in patterns:
        route = before + template(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from doors(pattern.url_patterns, known, route)
        elif isinstance(pattern, URLPattern):
            chosen = re.findall(r"{(\w+)}", route)
            yield Door(pattern.name or route, route, {part: known.get(part, str(uuid.uuid4())) for part in chosen})


def template(pattern: Any) -> str:
    if isinstance(pattern, RoutePattern):
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern))
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", str(pattern)).strip("^$").replace("/?", "")


# --- Putting it there ---------------------------------------------------------------------------------------------------------------------


Place = tuple[str | int, ...]
# If none of these makes a difference, what is there is not read.
PROBES = ("[{}]", '"\\ud800"')


def places(good: dict[str, Any], names: list[str]) -> list[Place]:
    """Where something can be wrong: in every field, also a nested one, also one that is not there."""
    return [*paths(good), *((name,) for name in names if name not in good)]


def probes(good: dict[str, Any], place: Place) -> list[str]:
    return [without(good, place), *(with_raw(good, place, raw) for raw in PROBES)]


def spoiled(good: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    """``good`` as JSON with this place bad, missing, or twice."""
    name = ".".join(map(str, place))
    for kind, raw in BAD.items():
        yield f"{name}: {kind}", with_raw(good, place, raw)
    yield f"{name}: missing", without(good, place)
    yield f"{name}: twice", json.dumps(good)[:-1] + f', "{place[0]}": [{{}}]}}'


def without(good: dict[str, Any], place: Place) -> str:
    copy, inner = opened(good, place)
    if isinstance(inner, list) or place[-1] in inner:
        del inner[place[-1]]
    return json.dumps(copy)


def paths(value: Any, before: Place = ()) -> Iterator[Place]:
    if before:
        yield before
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, below in inner:
        yield from paths(below, (*before, key))


def opened(good: dict[str, Any], place: Place) -> tuple[Any, Any]:
    """A copy, and the object or list in it that holds this place."""
    copy = json.loads(json.dumps(good))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    return copy, inner


HERE = "\N{WHITE SQUARE} put it here"


def with_raw(good: dict[str, Any], place: Place, raw: str) -> str:
    copy, inner = opened(good, place)
    inner[place[-1]] = HERE
    return json.dumps(copy).replace(json.dumps(HERE), raw)
