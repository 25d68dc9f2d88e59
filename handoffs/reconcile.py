"""Asks the desk what its webhooks missed. The same events, the same verbs: whatever was heard already does nothing."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import Min, Q
from django.utils import timezone

from handoffs import desk
from handoffs.models import Delivery, Handoff, Transfer
from handoffs.providers import base

log = logging.getLogger(__name__)

# While the visitor looks, and while they do not; and both when no webhooks arrive.
EVERY = timedelta(seconds=20)
EVERY_UNSEEN = timedelta(minutes=5)
EVERY_BY_POLLING = timedelta(seconds=5)
EVERY_UNSEEN_BY_POLLING = timedelta(minutes=1)
LOOKS = timedelta(seconds=60)
# An agent may add a word after the end; its webhook may be lost like any other.
AFTERWARDS = timedelta(hours=1)


def due() -> list[Transfer]:
    """Transfers whose thread was not read for a while: open ones, and for an hour those that have ended. None of a desk that rests."""
    now = timezone.now()
    looked_at, polling = Q(conversation__visitor_seen_at__gt=now - LOOKS), Q(handoff__polling_only_since__isnull=False)
    stale = Q(read_at=None) | Q(read_at__lte=now - EVERY_UNSEEN) | looked_at & Q(read_at__lte=now - EVERY)
    stale |= polling & (Q(read_at__lte=now - EVERY_UNSEEN_BY_POLLING) | looked_at & Q(read_at__lte=now - EVERY_BY_POLLING))
    alive = ~Q(state=Transfer.State.ENDED) | Q(ended_at__gt=now - AFTERWARDS)
    rests = Q(handoff__rests_until__gt=now)
    found = Transfer.objects.filter(stale, alive).exclude(rests).exclude(thread_id="")
    return list(found.select_related("handoff", "conversation__visitor"))


def read(transfer: Transfer) -> list[str]:
    """Read the transfer's thread on from its cursor; returns the effects in words. Raises ``ProviderError``."""
    Transfer.objects.filter(pk=transfer.pk).update(read_at=timezone.now())
    if not transfer.thread_id:
        return []
    try:
        reading = transfer.handoff.provider().read(transfer.thread(), transfer.cursor)
    except base.Gone:
        return desk.thread_is_gone(transfer)
    effects = [desk.hear(transfer.handoff, event) for event in reading.events]
    Transfer.objects.filter(pk=transfer.pk, thread_id=transfer.thread_id, cursor__lt=reading.last).update(cursor=reading.last)
    return effects + desk.thread_stands(transfer, reading.state)


# --- The canary ---------------------------------------------------------------------------------------------------------------------------

# What we send comes back by webhook within moments, or webhooks do not reach us.
ECHO_TAKES = timedelta(seconds=60)
WATCHED = timedelta(hours=1)


def listen_for_echoes() -> None:
    """Notice the handoffs whose webhooks are broken. Their desks are read more often until one arrives."""
    now = timezone.now()
    sent = Delivery.objects.filter(kind=Delivery.Kind.MESSAGE, state=Delivery.State.SENT, transfer__handoff__polling_only_since=None)
    silent = sent.filter(echoed_at=None, sent_at__lt=now - ECHO_TAKES, sent_at__gt=now - WATCHED)
    oldest = dict(silent.values_list("transfer__handoff").annotate(Min("sent_at")).order_by())
    for handoff in Handoff.objects.filter(pk__in=oldest):
        heard = Delivery.objects.filter(transfer__handoff=handoff, echoed_at__gt=oldest[handoff.pk]).exists()
        if not heard and handoff.webhooks_are_lost():
            log.error(
                "Handoff %s: what we sent did not come back by webhook within a minute. Check its webhook URL at the desk.", handoff.pk
            )
