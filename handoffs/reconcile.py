"""Asks the desk what its webhooks missed. The same events, the same verbs: whatever was heard already does nothing."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from handoffs import switchboard
from handoffs.models import Transfer
from handoffs.providers import base

# While the visitor looks, and while they do not.
EVERY = timedelta(seconds=20)
EVERY_UNSEEN = timedelta(minutes=5)
LOOKS = timedelta(seconds=60)
# An agent may add a word after the end; its webhook may be lost like any other.
AFTERWARDS = timedelta(hours=1)


def due() -> list[Transfer]:
    """Transfers whose thread was not read for a while: open ones, and for an hour those that have ended. None of a desk that rests."""
    now = timezone.now()
    looked_at = Q(conversation__visitor_seen_at__gt=now - LOOKS, read_at__lte=now - EVERY)
    stale = Q(read_at=None) | looked_at | Q(read_at__lte=now - EVERY_UNSEEN)
    alive = ~Q(state=Transfer.State.ENDED) | Q(ended_at__gt=now - AFTERWARDS)
    rests = Q(handoff__rests_until__gt=now)
    return list(Transfer.objects.filter(stale, alive).exclude(rests).exclude(thread_id="").select_related("handoff", "conversation"))


def read(transfer: Transfer) -> list[str]:
    """Read the transfer's thread on from its cursor; returns the effects in words. Raises ``ProviderError``."""
    Transfer.objects.filter(pk=transfer.pk).update(read_at=timezone.now())
    if not transfer.thread_id:
        return []
    reading = transfer.handoff.provider().read(base.Thread(transfer.person_id, transfer.thread_id), transfer.cursor)
    effects = [take(transfer, event) for event in reading.events]
    Transfer.objects.filter(pk=transfer.pk, cursor__lt=reading.last).update(cursor=reading.last)
    return effects


def take(transfer: Transfer, event: base.Event) -> str:
    """A thread read as closed ends the transfer it was read for: meanwhile it may have been opened again for the next one."""
    if isinstance(event, base.ThreadClosed):
        return switchboard.hand_back(transfer, Transfer.Reason(event.reason))
    return switchboard.hear(transfer.handoff, event)
