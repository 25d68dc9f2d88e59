"""The visitor ends the handover, where the scenario lets them."""

from __future__ import annotations

import uuid

from handoffs import switchboard
from handoffs.models import Conversation


def may_end(conversation_id: uuid.UUID) -> bool:
    return Conversation.objects.filter(pk=conversation_id, scenario__interface__may_end=True).exists()


def end(conversation_id: uuid.UUID) -> bool:
    """False if there was nothing to end, or they may not."""
    return may_end(conversation_id) and switchboard.visitor_ends(conversation_id)
