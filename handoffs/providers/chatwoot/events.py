"""Chatwoot's messages and status changes in our words.

A message comes in two shapes, with the same rules for both: top level of a webhook (``message_type`` a word, ``created_at`` ISO 8601,
CHATWOOT.md §3.2) and REST (``message_type`` a number, ``created_at`` unix seconds, §1.5). A webhook's nested ``conversation.messages`` is
never read: it holds whatever was the last public message when the job ran, often another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from handoffs.providers.base import AgentSaid, Event, Ignored, Malformed, OurEcho, Recipient, ThreadClosed, ThreadRef
from handoffs.providers.chatwoot.shapes import NotJson, clean, decoded, items, mapping, string, whole

Payload = Mapping[str, object]

SOURCE_PREFIX = "handoff:"
OURS = re.compile(SOURCE_PREFIX + r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
E_MAIL = re.compile(r"\S@\S")
MAX_TEXT = 150_000  # Chatwoot's own limit of a message
MAX_NAME = 255
MESSAGE_TYPES = ("incoming", "outgoing", "activity", "template")  # by REST's number
FOR_THE_VISITOR = ("outgoing", "template")
CLOSED = {"resolved": "resolved", "pending": "given_back"}


def recipient(raw: bytes) -> Recipient:
    """The account and inbox a webhook body names: at its top level, else in its conversation. Raises ``Malformed``."""
    payload = _object(raw)
    conversation = mapping(payload.get("conversation"))
    accounts = (mapping(part.get("account")).get("id") for part in (payload, conversation))
    inboxes = (mapping(payload.get("inbox")).get("id"), payload.get("inbox_id"), conversation.get("inbox_id"))
    return Recipient(_first(*accounts), _first(*inboxes))


def new_message(raw: bytes) -> str | None:
    """What names the message that this webhook body says is new; None for any other body. Raises ``Malformed``."""
    payload = _object(raw)
    number = whole(payload.get("id"))
    return f"message_created:{number}" if payload.get("event") == "message_created" and number is not None else None


def parse(raw: bytes) -> tuple[Event, ...]:
    """The events of a webhook body. Raises ``Malformed`` if it is not a JSON object; whatever else it is, it gives events."""
    payload = _object(raw)
    name = string(payload.get("event"))
    handler = HANDLERS.get(name)
    return (handler(payload) if handler else Ignored(clean(f"event {name!r} says nothing to a visitor"[:100])),)


def said(message: Payload, thread: ThreadRef) -> Event:
    """One message, of either shape, as an event of ``thread``."""
    remote_id = whole(message.get("id"))
    if remote_id is None:
        return Ignored("message without a usable id")
    if key := ours(message):
        return OurEcho(thread, key, remote_id)
    if why := _not_for_the_visitor(message):
        return Ignored(why)
    text = _text(message)
    if not text.strip():
        return Ignored("message with nothing to show")
    return AgentSaid(thread, remote_id, text, _name(message), _at(message.get("created_at")))


def ours(message: Payload) -> str | None:
    """The ``Outgoing.key`` of a message we sent, private notes included."""
    found = OURS.fullmatch(string(message.get("source_id")))
    return found[1] if found else None


def closed(status: object, thread: ThreadRef) -> ThreadClosed | None:
    """A conversation's ``status`` as an event; None if it is still with the humans (``open``, ``snoozed``)."""
    reason = CLOSED.get(string(status))
    return ThreadClosed(thread, reason) if reason else None


def _object(raw: bytes) -> Payload:
    try:
        payload = decoded(raw)
    except NotJson:
        raise Malformed("The body is not JSON.") from None
    if not isinstance(payload, dict):
        raise Malformed("The body is not a JSON object.")
    return payload


def _first(*candidates: object) -> int | None:
    return next((found for candidate in candidates if (found := whole(candidate)) is not None), None)


def _thread(conversation: Payload) -> ThreadRef | None:
    number = whole(conversation.get("id"))
    person = string(mapping(conversation.get("contact_inbox")).get("source_id"))
    return ThreadRef(str(number), clean(person) or None) if number else None


def _message_created(payload: Payload) -> Event:
    thread = _thread(mapping(payload.get("conversation")))
    return said(payload, thread) if thread else Ignored("message of no conversation")


def _status_changed(payload: Payload) -> Event:
    thread = _thread(payload)
    if thread is None:
        return Ignored("status of no conversation")
    return closed(payload.get("status"), thread) or Ignored("the conversation is still with the humans")


HANDLERS: dict[str, Callable[[Payload], Event]] = {
    "message_created": _message_created,
    "conversation_status_changed": _status_changed,
}


def _not_for_the_visitor(message: Payload) -> str | None:
    """Why a message stays with the agents. A message must say that it is public; silence or anything but ``false`` keeps it in."""
    if message.get("private") is not False:
        return "private note"
    if _kind(message.get("message_type")) not in FOR_THE_VISITOR:
        return "not said by an agent"
    if mapping(message.get("content_attributes")).get("deleted"):
        return "deleted message"
    return None


def _kind(message_type: object) -> str:
    if type(message_type) is int and 0 <= message_type < len(MESSAGE_TYPES):
        return MESSAGE_TYPES[message_type]
    return string(message_type)


def _text(message: Payload) -> str:
    """What was said, then the address of each attachment on a line of its own: a picture without words must not get lost."""
    lines = [string(message.get("content")), *(_link(attachment) for attachment in items(message.get("attachments")))]
    return clean("\n".join(line for line in lines if line))[:MAX_TEXT]


def _link(attachment: object) -> str:
    address = string(mapping(attachment).get("data_url"))
    return address if address.startswith(("https://", "http://")) else ""


def _name(message: Payload) -> str | None:
    """The agent's public name, else the full one, never the e-mail; None for bots and the desk itself."""
    sender = mapping(message.get("sender"))
    if sender.get("type") != "user":
        return None
    candidates = (sender.get("available_name"), _assigned_name(message, sender), sender.get("name"))
    names = (_one_line(string(candidate)) for candidate in candidates)
    return next((name for name in names if name and not E_MAIL.search(name)), None)


def _assigned_name(message: Payload, sender: Payload) -> object:
    """A webhook's sender lacks the public name; the conversation's assignee has it, and is usually the same person."""
    assignee = mapping(mapping(mapping(message.get("conversation")).get("meta")).get("assignee"))
    same = assignee.get("type") == "user" and whole(sender.get("id")) is not None and assignee.get("id") == sender.get("id")
    return assignee.get("available_name") if same else None


def _one_line(name: str) -> str:
    return " ".join(clean(name).split())[:MAX_NAME]


def _at(created_at: object) -> datetime | None:
    try:
        if type(created_at) is int:
            return datetime.fromtimestamp(created_at, UTC)
        at = datetime.fromisoformat(string(created_at))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
