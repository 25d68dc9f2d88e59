"""Reading on from a cursor: the one way messages reach a browser, be it at once, after a reconnect, or by polling."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from django.utils import timezone

from handoffs import files, switchboard
from handoffs.models import Conversation
from webchat import frames, shown

PAGE = 100
# Bytes, because an agent's text may have 150,000 characters.
LARGEST_PAGE = 256 * 1024


def limits() -> dict[str, Any]:
    """What a visitor may say at once, and attach."""
    return {"text": frames.LONGEST_TEXT, "file": files.LARGEST, "files": switchboard.MOST_FILES, "types": sorted(files.TYPES)}


@dataclass(frozen=True)
class Page:
    """``reset``: there was no cursor to resume from, and the messages start at the beginning. ``n``: the last one counted by the tab.

    ``now`` is our time: a visitor's clock may be wrong.
    """

    epoch: int
    reset: bool
    messages: list[dict[str, Any]]
    more: bool
    last: int
    floor: dict[str, Any]
    n: int
    limits: dict[str, Any] = field(default_factory=limits)
    now: str = field(default_factory=lambda: shown.moment(timezone.now()))


def read_on(conversation_id: uuid.UUID, cursor: frames.Cursor, tab: uuid.UUID | None) -> Page:
    conversation = Conversation.objects.get(pk=conversation_id)
    switchboard.visitor_is_here(conversation)
    reset = not resumes(conversation, cursor)
    after = 0 if reset else cursor.last
    rows = list(conversation.messages.filter(seq__gt=after).select_related("revises").order_by("seq")[: PAGE + 1])
    shown.gather(rows)
    floor = switchboard.floor(conversation)
    here = shown.pictures_here(rows, floor)
    messages = one_page(shown.messages(rows[:PAGE], here))
    return Page(
        epoch=conversation.epoch,
        reset=reset,
        messages=messages,
        more=len(rows) > len(messages),
        last=conversation.last_seq,
        floor={**floor, "photo": shown.if_here(floor["photo"], here)},
        n=switchboard.last_n(conversation, tab) if tab else 0,
    )


def one_page(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many from the beginning as a page may weigh, and at least one."""
    weights = accumulate(len(json.dumps(message)) for message in messages)
    fitting = sum(weight <= LARGEST_PAGE for weight in weights)
    return messages[: max(1, fitting)]


def resumes(conversation: Conversation, cursor: frames.Cursor) -> bool:
    """Not without an epoch: a client that has read nothing is told it first, so that it resumes from wherever it is cut off.

    Nor when it is of another epoch, or ahead of us (a restored backup).
    """
    return cursor.epoch == conversation.epoch and cursor.last <= conversation.last_seq
