"""Asks the desk what its webhooks missed. The same events, the same verbs: whatever was heard already does nothing."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from handoffs import switchboard
from handoffs.models import Transfer
from handoffs.providers import base

EVERY = timedelta(seconds=30)


def due() -> list[Transfer]:
    """Open transfers with a thread that were not read for a while."""
    open_ones = Transfer.objects.open().exclude(thread_id="")
    return list(open_ones.exclude(read_at__gt=timezone.now() - EVERY).select_related("handoff", "conversation"))


def read(transfer: Transfer) -> list[str]:
    """Read the transfer's thread on from its cursor; returns the effects in words. Raises ``ProviderError``."""
    Transfer.objects.filter(pk=transfer.pk).update(read_at=timezone.now())
    if not transfer.thread_id:
        return []
    reading = transfer.handoff.provider().read(base.Thread(transfer.person_id, transfer.thread_id), transfer.cursor)
    effects = [switchboard.hear(transfer.handoff, event) for event in reading.events]
    Transfer.objects.filter(pk=transfer.pk, cursor__lt=reading.last).update(cursor=reading.last)
    return effects
