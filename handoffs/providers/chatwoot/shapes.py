"""Reading other people's JSON: every function takes anything and answers with the one shape it promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Chatwoot's ids are PostgreSQL bigints.
MAX_ID = 2**63 - 1


class NotJson(Exception):
    pass


def decoded(raw: bytes) -> Any:
    """The value of a UTF-8 JSON document. Raises ``NotJson``, also for nesting and numbers no honest document has."""
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotJson from None


def mapping(value: object) -> Mapping[str, object]:
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
