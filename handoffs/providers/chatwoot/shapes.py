"""Reading other people's JSON: every function takes anything and answers with the one shape it promises."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Payload = Mapping[str, object]

# Chatwoot's ids are PostgreSQL bigints.
MAX_ID = 2**63 - 1
MAX_ADDRESS = 2048
MAX_NAME = 255
WEB = ("http", "https")
NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x20\x7f-\x9f<>\"\\^`{|}]")
E_MAIL = re.compile(r"\S@\S")


class NotJson(Exception):
    pass


def decoded(raw: bytes) -> Any:
    """The value of a UTF-8 JSON document. Raises ``NotJson``, also for nesting and numbers no honest document has."""
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotJson from None


def mapping(value: object) -> Payload:
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """A real positive id; True is not 1 and 1.0 is not 1."""
    return value if type(value) is int and 0 < value <= MAX_ID else None


def string(value: object) -> str:
    return value if isinstance(value, str) else ""


def clean(text: str) -> str:
    """Text that a database and a UTF-8 encoder take: no NUL, no lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def line(value: object, most: int = MAX_NAME) -> str:
    """A text on one line, of at most ``most`` characters."""
    return " ".join(clean(string(value)).split())[:most].rstrip()


def paragraph(value: object, most: int) -> str:
    return clean(string(value)).strip()[:most]


def public_name(value: object) -> str | None:
    """A name to show to visitors; None for none, and for an e-mail address in its place."""
    name = line(value)
    return name if name and not E_MAIL.search(name) else None


def address(value: object, schemes: tuple[str, ...] = WEB) -> str:
    """An address of one of these schemes, as it was given; empty for anything else, and where a name before the host misleads."""
    text = string(value).strip()
    if len(text) > MAX_ADDRESS or NOT_IN_ADDRESSES.search(text) or text != clean(text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    where = parts.hostname if parts.scheme in WEB else parts.path
    misleads = parts.scheme in WEB and "@" in parts.netloc
    return text if parts.scheme in schemes and where and not misleads else ""


def ident(answer: object) -> int | None:
    """The id of an object."""
    return whole(mapping(answer).get("id"))
