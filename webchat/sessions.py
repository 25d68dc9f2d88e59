"""Who is talking: from a token to the one conversation its holder may see. No id in a URL, frame or body ever chooses a conversation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from handoffs.models import Scenario, VisitorToken
from handoffs.models.conversation import digest_of

TOUCH_EVERY = timedelta(minutes=10)


class NotRecognised(Exception):
    """The token is unknown or has expired, or its scenario is no longer active."""


@dataclass(frozen=True)
class Session:
    token_id: int
    conversation_id: uuid.UUID


def recognise(token: str) -> Session:
    now = timezone.now()
    alive = VisitorToken.objects.alive(now).filter(visitor__scenario__state=Scenario.State.ACTIVE)
    row = alive.filter(digest=digest_of(token)).values_list("pk", "used_at", "visitor__conversation").first()
    if row is None or row[2] is None:
        raise NotRecognised
    if row[1] < now - TOUCH_EVERY:
        VisitorToken.objects.filter(pk=row[0]).update(used_at=now)
    return Session(row[0], row[2])


def still_holds(session: Session) -> bool:
    alive = VisitorToken.objects.alive(timezone.now()).filter(visitor__scenario__state=Scenario.State.ACTIVE)
    return alive.filter(pk=session.token_id).exists()
