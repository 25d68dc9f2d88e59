"""The words of the protocol (docs/protocol.md): what a browser may say, read strictly, and what we say to it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from handoffs.controls import Given
from handoffs.models import Message
from handoffs.switchboard import ButtonRef, FilledIn, Refusal, Words

PROTOCOL = "handoff.v1"
# 8,000 characters may take 48,000 bytes when they are escaped (docs/decisions/0008).
LARGEST_FRAME = 64 * 1024
LARGEST_HELLO = 2 * 1024
LONGEST_TEXT = 8000
MOST_NAMED = 20
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
    cid, files, answer = uuid_at(frame, "cid"), read_files(frame.get("files")), read_answer(frame.get("answer"))
    text = "" if answer else acceptable(text_at(frame, "text"), may_be_empty=bool(files))
    return Words(cid, text, tab, frame["n"], read_button(frame.get("button")), files, answer)


def read_files(files: Any) -> tuple[uuid.UUID, ...]:
    if files is None:
        return ()
    if not isinstance(files, list) or len(files) > MOST_NAMED:
        raise Malformed("“files” must be a short list of ids.")
    named = tuple(as_uuid(each, "files") for each in files)
    if len(set(named)) != len(named):
        raise Malformed("“files” names a file twice.")
    return named


def read_answer(answer: Any) -> FilledIn | None:
    """What was filled into a control; whether it fits is for the switchboard to say."""
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise Malformed("“answer” must name a message.")
    rating = answer.get("rating")
    if rating is not None and not is_count(rating):
        raise Malformed("“rating” must be a number.")
    value, email = optional_text(answer, "value"), optional_text(answer, "email")
    given = Given(value, read_values(answer.get("values")), email, rating, optional_text(answer, "comment") or "")
    return FilledIn(uuid_at(answer, "message"), given)


def read_values(values: Any) -> dict[str, str] | None:
    if values is None:
        return None
    if not isinstance(values, dict):
        raise Malformed("“values” must be texts by field.")
    return {storable(name): storable(text_at(values, name)) for name in values}


def optional_text(frame: dict[str, Any], key: str) -> str | None:
    return None if frame.get(key) is None else storable(text_at(frame, key))


def read_mark(frame: dict[str, Any]) -> tuple[int, int]:
    """(got, seen)"""
    if not is_count(frame.get("got")) or not is_count(frame.get("seen")):
        raise Malformed("“got” and “seen” must be numbers.")
    return frame["got"], frame["seen"]


def read_typing(frame: dict[str, Any]) -> bool:
    if not isinstance(frame.get("on"), bool):
        raise Malformed("“on” must be true or false.")
    return bool(frame["on"])


def read_button(button: Any) -> ButtonRef | None:
    if button is None:
        return None
    if not isinstance(button, dict) or not is_count(button.get("index")):
        raise Malformed("“button” must name a message and an index.")
    return ButtonRef(uuid_at(button, "message"), button["index"])


def acceptable(text: str, may_be_empty: bool = False) -> str:
    if len(text) > LONGEST_TEXT:
        raise Refusal("too_long", f"A message may have at most {LONGEST_TEXT} characters; this one has {len(text)}.")
    if not text.strip() and not may_be_empty:
        raise Refusal("empty", "The message is empty.")
    return storable(text)


def storable(text: str) -> str:
    """PostgreSQL keeps neither U+0000 nor half a character."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Refusal("bad_text", "The message contains characters that are not text.")
    return text


def text_at(frame: dict[str, Any], key: str) -> str:
    if not isinstance(frame.get(key), str):
        raise Malformed(f"“{key}” must be a text.")
    return str(frame[key])


def uuid_at(frame: dict[str, Any], key: str) -> uuid.UUID:
    return as_uuid(text_at(frame, key), key)


def as_uuid(value: Any, key: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise Malformed(f"“{key}” must be a uuid.") from None


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < HIGHEST


# --- What we say --------------------------------------------------------------------------------------------------------------------------


def ready(epoch: int, last: int, floor: dict[str, Any], n: int, limits: dict[str, Any], now: str) -> dict[str, Any]:
    return {"type": "ready", "epoch": epoch, "last": last, "floor": floor, "beat": BEAT_SECONDS, "n": n, "limits": limits, "now": now}


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
