"""The words of the protocol (docs/protocol.md): what a browser may say, read strictly, and what we say to it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from handoffs.models import Author, Message
from handoffs.switchboard import ButtonRef, Refusal, Words

PROTOCOL = "handoff.v1"
# 8,000 characters may take 48,000 bytes when they are escaped (docs/decisions/0008).
LARGEST_FRAME = 64 * 1024
LARGEST_HELLO = 2 * 1024
LONGEST_TEXT = 8000
HIGHEST = 2**53
BEAT_SECONDS = 20


class Malformed(Exception):
    """Not a frame of the protocol. ``str()`` says what was expected."""

    code = 4400


class TooLarge(Malformed):
    code = 4413


@dataclass(frozen=True)
class Cursor:
    """How far a client has read; ``epoch`` None when it has read nothing yet."""

    epoch: int | None
    last: int


@dataclass(frozen=True)
class Hello:
    token: str
    tab: uuid.UUID
    cursor: Cursor


def read(raw: str, limit: int = LARGEST_FRAME) -> dict[str, Any]:
    """One JSON object with a ``type``. Raises ``Malformed`` or ``TooLarge``."""
    if len(raw) > limit or len(raw.encode("utf-8", "surrogatepass")) > limit:
        raise TooLarge(f"A frame here may have at most {limit} bytes.")
    frame = json_object(raw)
    if not isinstance(frame.get("type"), str):
        raise Malformed("A frame needs a “type”.")
    return frame


def json_object(raw: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed("This is not JSON.") from None
    if not isinstance(found, dict):
        raise Malformed("A JSON object is expected.")
    return found


def read_hello(frame: dict[str, Any]) -> Hello:
    if frame["type"] != "hello":
        raise Malformed("The first frame must be “hello”.")
    return Hello(text_at(frame, "token"), uuid_at(frame, "tab"), read_cursor(frame.get("epoch"), frame.get("last", 0)))


def read_cursor(epoch: Any, last: Any) -> Cursor:
    if epoch is not None and not is_count(epoch):
        raise Malformed("“epoch” must be a number or null.")
    if not is_count(last):
        raise Malformed("“last” must be a number, 0 for none.")
    return Cursor(epoch, last)


def read_words(frame: dict[str, Any], tab: uuid.UUID) -> Words:
    """What the visitor says. Raises ``Malformed``, or ``Refusal`` for words that cannot be taken."""
    if not is_count(frame.get("n")) or frame["n"] == 0:
        raise Malformed("“n” must count from 1.")
    return Words(uuid_at(frame, "cid"), acceptable(text_at(frame, "text")), tab, frame["n"], read_button(frame.get("button")))


def read_button(button: Any) -> ButtonRef | None:
    if button is None:
        return None
    if not isinstance(button, dict) or not is_count(button.get("index")):
        raise Malformed("“button” must name a message and an index.")
    return ButtonRef(uuid_at(button, "message"), button["index"])


def acceptable(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Refusal("too_long", f"A message may have at most {LONGEST_TEXT} characters; this one has {len(text)}.")
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Refusal("bad_text", "The message contains characters that are not text.")
    if not text.strip():
        raise Refusal("empty", "The message is empty.")
    return text


def text_at(frame: dict[str, Any], key: str) -> str:
    if not isinstance(frame.get(key), str):
        raise Malformed(f"“{key}” must be a text.")
    return str(frame[key])


def uuid_at(frame: dict[str, Any], key: str) -> uuid.UUID:
    try:
        return uuid.UUID(text_at(frame, key))
    except ValueError:
        raise Malformed(f"“{key}” must be a uuid.") from None


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < HIGHEST


# --- What we say --------------------------------------------------------------------------------------------------------------------------


def message(row: Message) -> dict[str, Any]:
    """A message as the widget shows it. A row that numbers a change shows the changed message under the change's number."""
    shown = row.revises or row
    visitor = shown.author == Author.VISITOR
    return {
        "type": "message",
        "seq": row.seq,
        "id": str(shown.pk),
        "ord": shown.ord,
        "cid": str(shown.cid) if shown.cid else None,
        "at": shown.said_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "author": {"kind": shown.author, "name": shown.name or None},
        "text": shown.text,
        "buttons": [{"label": button["label"]} for button in shown.buttons],
        "delivery": ("failed" if shown.undelivered else "stored") if visitor else None,
    }


def ready(epoch: int, last: int, floor: dict[str, Any], n: int) -> dict[str, Any]:
    limits = {"text": LONGEST_TEXT}
    return {"type": "ready", "epoch": epoch, "last": last, "floor": floor, "beat": BEAT_SECONDS, "n": n, "limits": limits}


def ack(cid: uuid.UUID, row: Message, *, dup: bool) -> dict[str, Any]:
    return {"type": "ack", "cid": str(cid), "seq": row.seq, "id": str(row.pk), "dup": dup}


def nak(cid: Any, refusal: Refusal) -> dict[str, Any]:
    return {
        "type": "nak",
        "cid": str(cid),
        "code": refusal.code,
        "detail": refusal.detail,
        "final": refusal.final,
        "expect": refusal.expect,
        "after": refusal.after,
    }


def bye(code: int, detail: str, after: float | None = None) -> dict[str, Any]:
    return {"type": "bye", "code": code, "detail": detail, "after": after}
