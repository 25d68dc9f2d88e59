"""Beginning a preview: the chat with an admin in the visitor's place."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from handoffs import switchboard
from handoffs.models import Conversation, Scenario, Visitor
from handoffs.tickets import Ticket


@transaction.atomic
def begin(ticket: Ticket, scenario: Scenario, origin: str, about: Mapping[str, Any]) -> tuple[str, Conversation]:
    """The conversation of this ticket and a token for it; asked again, the same conversation."""
    # Two at once with one ticket: the second waits here.
    Scenario.objects.select_for_update().get(pk=scenario.pk)
    if known := found(scenario, ticket.key):
        return known.visitor.give_token(origin), known
    token, conversation = switchboard.begin(scenario, origin, about, desk=ticket.desk, returning=came_before(scenario, ticket))
    conversation.ticket, conversation.previewed_by_id = ticket.key, ticket.user_id
    conversation.save(update_fields=["ticket", "previewed_by"])
    return token, conversation


def found(scenario: Scenario, key: uuid.UUID) -> Conversation | None:
    return Conversation.objects.select_related("visitor").filter(scenario=scenario, ticket=key).first()


def came_before(scenario: Scenario, ticket: Ticket) -> Visitor | None:
    """Only somebody's own preview can be gone on with."""
    before = found(scenario, ticket.after) if ticket.after else None
    return before.visitor if before and before.previewed_by_id == ticket.user_id else None
