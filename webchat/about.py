"""What a browser tells about its visitor when a chat begins. It describes, nothing is decided by it; what is odd is left out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from webchat.frames import Malformed

LONGEST_URL = 2000
LONGEST_TITLE = 300
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")


def read_about(opening: dict[str, Any]) -> dict[str, Any]:
    """In the words of the context. Raises ``Malformed`` only for what is no text at all."""
    page = opening.get("page") or {}
    if not isinstance(page, dict):
        raise Malformed("“page” must have a “url” and a “title”.")
    where = {"url": address(text_or_nothing(page, "url")), "title": title(text_or_nothing(page, "title"))}
    known = {name: told for name, told in where.items() if told}
    languages = {"language": text_or_nothing(opening, "language"), "spoken": text_or_nothing(opening, "spoken")}
    return ({"page": known} if known else {}) | {name: told for name, told in languages.items() if LANGUAGE.fullmatch(told)}


def text_or_nothing(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"“{name}” must be a text.")
    return value or ""


def title(told: str) -> str:
    return " ".join(printable(told).split())[:LONGEST_TITLE]


def address(told: str) -> str:
    """Of a web page, without what only the browser is to know: a name and password, and the part after #."""
    if len(told) > LONGEST_URL or printable(told) != told or " " in told:
        return ""
    try:
        parts = urlsplit(told)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
