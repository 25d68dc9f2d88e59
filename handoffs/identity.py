"""Who the visitor is, as the website that embeds the chat says.

The website's server signs its own id of the visitor with the scenario's identity secret; what is not signed anybody could have typed into a
browser's console, so it is a claim: it says something new, and never overrides what is signed.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from handoffs import attributes
from handoffs.models import Conversation

MOST_ATTRIBUTES = 50
LONGEST_ID = 200
# What we say of a visitor ourselves; nobody else may.
OURS = (
    *("handover", "handover_success", "page", "language", "spoken"),
    *("user.id", "user.verified", "user.visits", "user.seconds_since_last_seen"),
)


class NotTaken(Exception):
    """``str()`` says to the website's developer what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Claim:
    """What ``identify`` was called with; empty for what was left out."""

    id: str = ""
    name: str = ""
    email: str = ""
    hash: str = ""


def signature(secret: str, visitor_id: str) -> str:
    """What the customer's server makes: HMAC-SHA256 of the id, in hex."""
    return hmac.new(secret.encode(), visitor_id.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@transaction.atomic
def identify(conversation_id: uuid.UUID, claim: Claim) -> bool:
    """Keeps who the visitor is; True if it is signed. Raises ``NotTaken``, and then nothing is kept."""
    conversation = Conversation.objects.locked(conversation_id)
    user = attributes.group(conversation.context, "user")
    signed = verified(conversation.scenario.identity_secret, claim)
    if signed and user.get("verified") is True and user.get("id") != claim.id:
        raise NotTaken("other_visitor", "This conversation belongs to another visitor.")
    if not signed and user.get("verified") is True:
        return True
    known = {"id": claim.id, "verified": True} if signed else {}
    given = {"name": claim.name, "email": claim.email}
    keep(conversation, {f"user.{name}": value for name, value in (known | given).items() if value != ""})
    return signed


def verified(secret: str, claim: Claim) -> bool:
    """Whether it is signed. Raises ``NotTaken`` for a signature that is wrong or missing where there is an id."""
    if not claim.id and not claim.hash:
        return False
    if not claim.id or not claim.hash:
        raise NotTaken("bad_hash", "identify() needs “id” and “hash” together: an id that is not signed could be anybody’s.")
    if not secret:
        raise NotTaken("no_secret", "This scenario has no identity secret. Make one under Publish.")
    if not hmac.compare_digest(signature(secret, claim.id).encode(), claim.hash.lower().encode("utf-8", "replace")):
        raise NotTaken(
            "bad_hash", "The hash does not fit the id. It is the HMAC-SHA256 of the id with the scenario’s identity secret, in hex."
        )
    return True


@transaction.atomic
def describe(conversation_id: uuid.UUID, told: Mapping[str, Any]) -> None:
    """Keeps attributes that the website sets, all or none. Raises ``NotTaken``."""
    if len(told) > MOST_ATTRIBUTES:
        raise NotTaken("too_many", f"setAttributes() takes at most {MOST_ATTRIBUTES} attributes; these are {len(told)}.")
    conversation = Conversation.objects.locked(conversation_id)
    is_verified = attributes.group(conversation.context, "user").get("verified") is True
    for path in told:
        if is_ours(path):
            raise NotTaken("not_yours", f"“{path[:100]}” is kept by Handoff itself and cannot be set by a website.")
    keep(conversation, {path: value for path, value in told.items() if not (is_verified and path in ("user.name", "user.email"))})


def is_ours(path: str) -> bool:
    return path == "user" or any(path == own or path.startswith(f"{own}.") for own in OURS)


def keep(conversation: Conversation, values: Mapping[str, Any]) -> None:
    context = conversation.context
    for path, value in values.items():
        try:
            context = attributes.kept(context, path, value)
        except ValueError as error:
            raise NotTaken("bad_attribute", f"“{path[:100]}”: {error}") from None
    if context != conversation.context:
        conversation.context = context
        conversation.save(update_fields=["context"])
