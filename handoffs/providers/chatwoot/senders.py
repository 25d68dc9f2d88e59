"""Who said a message, as visitors may know them: the name an agent chose to show, never the legal one, never an e-mail address.

A webhook's ``sender`` has the full name only (CHATWOOT.md §3.2). The public one stands beside it in two places, if they are about the same
person: the conversation's last message, if that is this very message, and the conversation's assignee.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from handoffs.providers.chatwoot.shapes import Payload, address, items, mapping, public_name, string, whole

HUMAN = "user"


@dataclass(frozen=True)
class Sender:
    """``name`` None: the desk itself, a bot, or somebody without a name to show."""

    name: str | None = None
    photo: str = ""


DESK = Sender()


def shown(user: Payload) -> Sender:
    """A user as REST and nested objects tell of them (§1.1, §3.3)."""
    photos = (_photo(user.get(key)) for key in ("thumbnail", "avatar_url"))
    return Sender(public_name(user.get("available_name")), next(filter(None, photos), ""))


def in_listing(message: Payload) -> Sender:
    """The sender of a message of REST's shape."""
    sender = mapping(message.get("sender"))
    return shown(sender) if is_human(sender) else DESK


def in_webhook(message: Payload) -> Sender | None:
    """The sender of a message of a webhook's shape; None if it was a human and the webhook does not carry their public name."""
    sender = mapping(message.get("sender"))
    if not is_human(sender):
        return DESK
    return next((shown(user) for user in _told(message, sender) if string(user.get("available_name"))), None)


def is_human(user: Payload) -> bool:
    return user.get("type") == HUMAN


def _told(message: Payload, sender: Payload) -> Iterator[Payload]:
    """Every object of a webhook that is about this sender."""
    conversation = mapping(message.get("conversation"))
    last = mapping(next(iter(items(conversation.get("messages"))), None))
    same_message = whole(last.get("id")) is not None and last.get("id") == message.get("id")
    others = (mapping(last.get("sender")) if same_message else {}, mapping(mapping(conversation.get("meta")).get("assignee")))
    yield sender
    yield from (user for user in others if is_human(user) and _same(user, sender))


def _same(one: Payload, other: Payload) -> bool:
    return whole(one.get("id")) is not None and one.get("id") == other.get("id")


def _photo(value: object) -> str:
    """A photo's address; one of Chatwoot's own may come without a host."""
    text = string(value)
    return text if text.startswith("/") and address(f"https://host{text}") else address(text)
