"""Attachments of messages: files to fetch, and the kinds that are no files, as lines of text. Shapes: CHATWOOT.md §3.3."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from handoffs.providers.base import RemoteFile
from handoffs.providers.chatwoot.shapes import Payload, address, items, line, mapping, string

MOST_FILES = 30
MAX_LINE = 1000
TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
NOT_IN_NAMES = re.compile(r"[/\\]")
# What Chatwoot keeps the bytes of. It may learn new kinds of what it does not.
FILES = ("image", "audio", "video", "file")
MAP = "https://www.openstreetmap.org/?mlat={0:.6f}&mlon={1:.6f}"


def files_of(message: Payload) -> tuple[RemoteFile, ...]:
    """The files of a message. An attachment without an address is still being uploaded."""
    return tuple(_file(each, where) for each in _attachments(message) if (where := _address(each)) and _kind(each) in FILES)


def lines_of(message: Payload) -> list[str]:
    """What is attached and is no file: a place, a person, a shared post."""
    return [text for each in _attachments(message) if _kind(each) not in FILES and (text := _line(each))]


def _attachments(message: Payload) -> list[Payload]:
    return [mapping(each) for each in items(message.get("attachments"))[:MOST_FILES]]


def _kind(attachment: Payload) -> str:
    return string(attachment.get("file_type")) or "file"


def _address(attachment: Payload) -> str:
    return address(attachment.get("data_url"))


def _file(attachment: Payload, where: str) -> RemoteFile:
    claimed = string(attachment.get("content_type")).lower()
    size = attachment.get("file_size")
    return RemoteFile(
        where,
        _name(where),
        claimed if TYPE.fullmatch(claimed) else "",
        size if type(size) is int and size >= 0 else None,
    )


def _name(where: str) -> str:
    """Chatwoot tells a file's name only as the end of its address."""
    return line(NOT_IN_NAMES.sub("_", unquote(urlsplit(where).path.rpartition("/")[2]))).lstrip(". ")


def _line(attachment: Payload) -> str:
    """``name address``, as far as they are known."""
    name = line(attachment.get("fallback_title"), MAX_LINE)
    if _kind(attachment) == "location":
        return " ".join(filter(None, (name, _map(attachment))))
    if _kind(attachment) == "contact":
        meta = mapping(attachment.get("meta"))
        name = " ".join(filter(None, (line(meta.get("firstName")), line(meta.get("lastName")), name)))
    return " ".join(filter(None, (name, _address(attachment))))


def _map(attachment: Payload) -> str:
    place = [_degrees(attachment.get(f"coordinates_{name}"), most) for name, most in (("lat", 90), ("long", 180))]
    return "" if None in place else MAP.format(*place)


def _degrees(value: object, most: int) -> float | None:
    """A coordinate, if it is one: neither NaN nor an integer too large for a float is."""
    return float(value) if (type(value) is int or type(value) is float) and abs(value) <= most else None
