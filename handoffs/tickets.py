"""The ticket to a preview: the admin gives it to the chat page, which opens a conversation with it. Signed, good for an hour."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing

from handoffs.models import Conversation, Membership, Scenario, workspaces_of

SALT = "handoffs.preview"
GOOD_FOR_SECONDS = 3600
LONGEST = 1000
Role = Membership.Role
# Who looks only may rehearse; real agents are called by those who may change the scenario.
LEAST = {Conversation.Desk.REHEARSAL: Role.VIEWER, Conversation.Desk.REAL: Role.EDITOR}


class BadTicket(Exception):
    """``str()`` says what to do."""


@dataclass(frozen=True)
class Ticket:
    """``key`` names the conversation it opens; ``after``: the preview whose visitor comes back."""

    key: uuid.UUID
    scenario_id: int
    user_id: int
    desk: Conversation.Desk
    after: uuid.UUID | None = None

    def text(self) -> str:
        told = {"key": self.key.hex, "scenario": self.scenario_id, "user": self.user_id, "desk": self.desk.value}
        return signing.dumps(told | ({"after": self.after.hex} if self.after else {}), salt=SALT)


def give(scenario: Scenario, user: Any, desk: Conversation.Desk, after: uuid.UUID | None = None) -> Ticket:
    return Ticket(uuid.uuid4(), scenario.pk, user.pk, desk, after)


def read(text: object, scenario: Scenario) -> Ticket:
    """Raises ``BadTicket`` unless it is a ticket of ours for this scenario and its holder may still preview it."""
    ticket = unsigned(text)
    if ticket.scenario_id != scenario.pk:
        raise BadTicket("This preview belongs to another scenario. Open the preview of this one in the admin.")
    user = get_user_model().objects.filter(pk=ticket.user_id).first()
    if user is None or not workspaces_of(user, LEAST[ticket.desk]).filter(pk=scenario.workspace_id).exists():
        raise BadTicket("You may not preview this scenario any more. Ask an admin of its workspace.")
    return ticket


def unsigned(text: object) -> Ticket:
    try:
        told = signing.loads(text[:LONGEST] if isinstance(text, str) else "", salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.SignatureExpired:
        raise BadTicket("This preview is over: they last an hour. Start it again in the admin.") from None
    except (signing.BadSignature, UnicodeError):
        raise BadTicket("This is no preview of ours. Open the preview in the admin.") from None
    after = uuid.UUID(told["after"]) if "after" in told else None
    return Ticket(uuid.UUID(told["key"]), told["scenario"], told["user"], Conversation.Desk(told["desk"]), after)
