"""Chatwoot's messages in our words.

A message comes in two shapes, with the same rules for both: top level of a webhook (``message_type`` a word, ``created_at`` ISO 8601,
CHATWOOT.md §3.2) and REST (``message_type`` a number, ``created_at`` unix seconds, §1.5). A webhook's nested ``conversation.messages`` is
never read for what was said: it holds whatever was the last public message when the job ran, often another one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from handoffs.providers.base import AgentSaid, Event, Ignored, MessageRemoved, OurEcho, ThreadChanged, ThreadRef
from handoffs.providers.chatwoot import content, files, senders
from handoffs.providers.chatwoot.senders import DESK, Sender
from handoffs.providers.chatwoot.shapes import Payload, clean, mapping, string, whole

SOURCE_PREFIX = "handoff:"
OURS = re.compile(SOURCE_PREFIX + r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
MAX_TEXT = 150_000  # Chatwoot's own limit of a message
MESSAGE_TYPES = ("incoming", "outgoing", "activity", "template")  # by REST's number
FOR_THE_VISITOR = ("outgoing", "template")

NOTHING = Ignored("message with nothing to show")


def read(message: Payload, thread: ThreadRef) -> Event:
    """A message of REST's shape. Its sender is told in full."""
    return _said(message, thread, senders.in_listing(message)) or NOTHING


def heard(message: Payload, thread: ThreadRef) -> Event:
    """A message of a webhook's shape. What a webhook does not carry yet, or never does, is to be read at the desk."""
    sender = senders.in_webhook(message)
    event = _said(message, thread, sender or DESK)
    if event is None and _content_type(message) == "text":
        # Its attachments are stored after it (FIELD 38), and no webhook tells when.
        return ThreadChanged(thread, f"message {message.get('id')} has nothing in it yet")
    if isinstance(event, AgentSaid) and sender is None:
        return ThreadChanged(thread, f"message {event.remote_id} comes without the public name of its agent")
    return event or NOTHING


def ours(message: Payload) -> str | None:
    """The ``Outgoing.key`` of a message we sent, private notes included."""
    found = OURS.fullmatch(string(message.get("source_id")))
    return found[1] if found else None


def _said(message: Payload, thread: ThreadRef, sender: Sender) -> Event | None:
    """None for a message to the visitor that holds nothing."""
    remote_id = whole(message.get("id"))
    if remote_id is None:
        return Ignored("message without a usable id")
    hidden = _not_for_the_visitor(message)
    attributes = mapping(message.get("content_attributes"))
    if attributes.get("deleted"):
        return Ignored(f"deleted: {hidden}") if hidden else MessageRemoved(thread, remote_id)
    if key := ours(message):
        return OurEcho(thread, key, remote_id)
    if hidden:
        return Ignored(hidden)
    control = content.control_of(message)
    text, attached = _text(message, control), files.files_of(message)
    if not text.strip() and not attached and control is None:
        return None
    failed = bool(attributes.get("external_error")) or message.get("status") == "failed"
    at = _at(message.get("created_at"))
    return AgentSaid(thread, remote_id, text, sender.name, at, sender.photo, attached, control, failed)


def _not_for_the_visitor(message: Payload) -> str | None:
    """Why a message stays with the agents. A message must say that it is public; silence or anything but ``false`` keeps it in."""
    if message.get("private") is not False:
        return "private note"
    if _kind(message.get("message_type")) not in FOR_THE_VISITOR:
        return "not said by an agent"
    return None


def _kind(message_type: object) -> str:
    if type(message_type) is int and 0 <= message_type < len(MESSAGE_TYPES):
        return MESSAGE_TYPES[message_type]
    return string(message_type)


def _content_type(message: Payload) -> str:
    return string(message.get("content_type")) or "text"


def _text(message: Payload, control: content.Control | None) -> str:
    """What was said, then what is attached and is no file, each on a line of its own."""
    lines = [content.words_of(message, control), *files.lines_of(message)]
    return clean("\n".join(line for line in lines if line))[:MAX_TEXT]


def _at(created_at: object) -> datetime | None:
    try:
        if type(created_at) is int:
            return datetime.fromtimestamp(created_at, UTC)
        at = datetime.fromisoformat(string(created_at))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
