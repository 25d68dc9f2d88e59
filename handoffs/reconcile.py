"""Asks the desk what its webhooks missed. The same events, the same verbs: whatever was heard already does nothing."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from handoffs import switchboard
from handoffs.models import Transfer
from handoffs.providers import base

EVERY = timedelta(seconds=30)
# An agent may add a word after the end; its webhook may be lost like any other.
AFTERWARDS = timedelta(hours=1)
EVERY_AFTERWARDS = timedelta(minutes=5)


def due() -> list[Transfer]:
    """Transfers whose thread was not read for a while, those that ended not long ago more rarely."""
    now = timezone.now()
    never = Q(read_at=None)
    waiting = ~Q(state=Transfer.State.ENDED) & (never | Q(read_at__lte=now - EVERY))
    ended = Q(ended_at__gt=now - AFTERWARDS) & (never | Q(read_at__lte=now - EVERY_AFTERWARDS))
    return list(Transfer.objects.filter(waiting | ended).exclude(thread_id="").select_related("handoff", "conversation"))


def read(transfer: Transfer) -> list[str]:
    """Read the transfer's thread on from its cursor; returns the effects in words. Raises ``ProviderError``."""
    Transfer.objects.filter(pk=transfer.pk).update(read_at=timezone.now())
    if not transfer.thread_id:
        return []
    reading = transfer.handoff.provider().read(base.Thread(transfer.person_id, transfer.thread_id), transfer.cursor)
    effects = [switchboard.hear(transfer.handoff, event) for event in reading.events]
    Transfer.objects.filter(pk=transfer.pk, cursor__lt=reading.last).update(cursor=reading.last)
    return effects
