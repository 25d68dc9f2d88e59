"""Forms as Rack reads them: urlencoded or in parts, with files, lists `a[]` and hashes `a[b]`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.errors import BadRequest

Pairs = Iterable[tuple[str, Any]]

BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
# The second form is for names that are not ASCII.
PARAMETER = re.compile(r""";\s*(name|filename)(?:="((?:\\.|[^"\\])*)"|=([^;\s"]+)|\*=(?:utf-8|UTF-8)''([^;\s]+))""")
ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True)
class Upload:
    """A file in a form. `content_type` is what its sender says it is, if anything."""

    filename: str
    content_type: str | None
    content: bytes = field(repr=False)


def read(content_type: str, body: bytes) -> dict[str, Any]:
    """The parameters of a form."""
    try:
        return nested(_parts(content_type, body) if "multipart" in content_type else _urlencoded(body.decode()))
    except UnicodeDecodeError:
        raise BadRequest from None


def _urlencoded(text: str) -> Pairs:
    return parse_qsl(text, keep_blank_values=True, errors="strict")


def nested(pairs: Pairs) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, value in pairs:
        _put(params, name.replace("]", "").split("["), value)
    return params


def _put(params: dict[str, Any], keys: list[str], value: Any) -> None:
    """What is a list at one place and a hash at another is a bad request."""
    if not isinstance(params, dict):
        raise BadRequest
    first, rest = keys[0], keys[1:]
    if not rest:
        params[first] = value
    elif rest[0]:
        _put(params.setdefault(first, {}), rest, value)
    else:
        _append(params.setdefault(first, []), rest[1:], value)


def _append(values: list[Any], keys: list[str], value: Any) -> None:
    """Hashes in a list: a key that the last one has already begins the next."""
    if not isinstance(values, list):
        raise BadRequest
    if not keys:
        values.append(value)
        return
    if not values or not isinstance(values[-1], dict) or keys[0] in values[-1]:
        values.append({})
    _put(values[-1], keys, value)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, Any]]:
    found = BOUNDARY.search(content_type)
    if found is None:
        raise BadRequest
    # Each part ends before the CRLF that belongs to the next boundary, so one is put before the first.
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + (found[1] or found[2]).encode())
    if not parts or not parts[-1].startswith(b"--"):
        raise BadRequest  # it was cut off
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            raise BadRequest
        yield from _part(head.decode(), content)


def _part(head: str, content: bytes) -> Iterator[tuple[str, Any]]:
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))}
    named = _named(headers.get("content-disposition", ""))
    if "name" not in named:
        return
    if "filename" not in named:
        yield named["name"], content.decode()
    elif named["filename"]:  # a browser sends a file field nobody used without one
        yield named["name"], Upload(named["filename"].replace("\\", "/").rpartition("/")[2], headers.get("content-type"), content)


def _named(disposition: str) -> dict[str, str]:
    named = {}
    for name, quoted, bare, encoded in PARAMETER.findall(disposition):
        named[name] = unquote(encoded) if encoded else ESCAPED.sub(r"\1", unquote(quoted)) if quoted else bare
    return named
