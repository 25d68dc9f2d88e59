"""Chatwoot's webhooks in our words. Which event carries what: CHATWOOT.md §3.

Two kinds of webhooks bring the same bodies: the inbox's own and, if somebody set one up for the account, the account's. Before 4.14.2 the
body of a conversation does not name its account. A call never decides how a thread stands: they come in any order, so the thread is read.
"""

from __future__ import annotations

from collections.abc import Callable

from handoffs.providers.base import AgentTyping, Event, Ignored, Malformed, Recipient, ThreadChanged, ThreadRef
from handoffs.providers.chatwoot import messages, senders
from handoffs.providers.chatwoot.shapes import NotJson, Payload, clean, decoded, items, mapping, string, whole

# What of a conversation's changes (§3.4) is ours to know: who has it, and whether it is closed.
CHANGES = {"assignee_id": "somebody else has it", "status": "its status is another one"}


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


def _message(payload: Payload) -> Event:
    """New ones and changed ones alike: an agent's *Retry* shows only as a change (§1.5), and so does a deletion."""
    thread = _thread(mapping(payload.get("conversation")))
    return messages.heard(payload, thread) if thread else Ignored("message of no conversation")


def _status_changed(payload: Payload) -> Event:
    thread = _thread(payload)
    return ThreadChanged(thread, CHANGES["status"]) if thread else Ignored("status of no conversation")


def _conversation_updated(payload: Payload) -> Event:
    """Nearly every reply of an agent causes one of these, because some clock of the conversation changed."""
    thread = _thread(payload)
    changed = {name for each in items(payload.get("changed_attributes")) for name in mapping(each)}
    known = [words for name, words in CHANGES.items() if name in changed]
    return ThreadChanged(thread, " and ".join(known)) if thread and known else Ignored("nothing of the conversation that a visitor sees")


def _typing(payload: Payload) -> Event:
    """Of a human, to the visitor. Our own visitors' typing comes back too; a contact is the one person without a type."""
    thread = _thread(mapping(payload.get("conversation")))
    if thread is None or payload.get("is_private") is not False or not senders.is_human(mapping(payload.get("user"))):
        return Ignored("not an agent typing to a visitor")
    return AgentTyping(thread, payload.get("event") == "conversation_typing_on")


HANDLERS: dict[str, Callable[[Payload], Event]] = {
    "message_created": _message,
    "message_updated": _message,
    "conversation_status_changed": _status_changed,
    "conversation_updated": _conversation_updated,
    "conversation_typing_on": _typing,
    "conversation_typing_off": _typing,
}
