"""Reading on from a cursor: the one way messages reach a browser, be it at once, after a reconnect, or by polling."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from handoffs import switchboard
from handoffs.models import Conversation
from webchat import frames

PAGE = 100


@dataclass(frozen=True)
class Page:
    """``reset``: the cursor could not be resumed and the messages start at the beginning. ``n``: the last one counted by the tab."""

    epoch: int
    reset: bool
    messages: list[dict[str, Any]]
    more: bool
    last: int
    floor: dict[str, Any]
    n: int


def read_on(conversation_id: uuid.UUID, cursor: frames.Cursor, tab: uuid.UUID | None) -> Page:
    conversation = Conversation.objects.get(pk=conversation_id)
    switchboard.visitor_is_here(conversation)
    reset = not resumes(conversation, cursor)
    after = 0 if reset else cursor.last
    rows = list(conversation.messages.filter(seq__gt=after).select_related("revises").order_by("seq")[: PAGE + 1])
    return Page(
        epoch=conversation.epoch,
        reset=reset,
        messages=[frames.message(row) for row in rows[:PAGE]],
        more=len(rows) > PAGE,
        last=conversation.last_seq,
        floor=switchboard.floor(conversation),
        n=switchboard.last_n(conversation, tab) if tab else 0,
    )


def resumes(conversation: Conversation, cursor: frames.Cursor) -> bool:
    """A client that has read nothing resumes anywhere; one of another epoch, or ahead of us (a restored backup), nowhere."""
    fresh = cursor.epoch is None and cursor.last == 0
    return fresh or (cursor.epoch == conversation.epoch and cursor.last <= conversation.last_seq)
