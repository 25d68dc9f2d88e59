"""Who is talking: from a token to the one conversation its holder may see. No id in a URL, frame or body ever chooses a conversation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from handoffs.models import Conversation, Scenario, VisitorToken
from handoffs.models.conversation import VisitorTokenQuerySet, digest_of

TOUCH_EVERY = timedelta(minutes=10)


class NotRecognised(Exception):
    """The token is unknown or has expired, or its scenario is no longer active."""


# A visitor may be erased between the moment their token was looked at and what they wanted with it.
ENDED = (NotRecognised, Conversation.DoesNotExist)


@dataclass(frozen=True)
class Session:
    token_id: int
    conversation_id: uuid.UUID


def recognise(token: str) -> Session:
    now = timezone.now()
    row = usable(now).filter(digest=digest_of(token)).values_list("pk", "used_at", "visitor__conversation").first()
    if row is None or row[2] is None:
        raise NotRecognised
    if row[1] < now - TOUCH_EVERY:
        VisitorToken.objects.filter(pk=row[0]).update(used_at=now)
    return Session(row[0], row[2])


def still_holds(session: Session) -> bool:
    return usable(timezone.now()).filter(pk=session.token_id).exists()


def usable(now: datetime) -> VisitorTokenQuerySet:
    """A draft has no visitors, but it can be previewed."""
    preview = ~Q(visitor__conversation__desk=Conversation.Desk.LIVE)
    return VisitorToken.objects.alive(now).filter(preview | Q(visitor__scenario__state=Scenario.State.ACTIVE))
