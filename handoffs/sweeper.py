"""Finds what the nudges missed. A plain database loop that shares no fate with the broker and may safely run twice."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import close_old_connections
from django.utils import timezone

from handoffs import inbox, reconcile
from handoffs.models import Delivery, Receipt
from handoffs.relay import relay

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0


def sweep() -> None:
    """Do once whatever is due now: owed deliveries, unapplied receipts, threads not read for a while."""
    now = timezone.now()
    each(relay, Delivery.objects.due(now).order_by("conversation_id").values_list("conversation_id", flat=True).distinct())
    each(inbox.apply, Receipt.objects.due(now).order_by("id").values_list("pk", flat=True))
    each(reconcile.read, reconcile.due())


def each(do: Callable[[Any], object], things: Iterable[Any]) -> None:
    """One that fails does not keep the others waiting."""
    for thing in list(things):
        try:
            do(thing)
        except Exception:
            log.exception("Sweeping %s %s failed; it stays due.", do.__name__, thing)


def sweep_until(stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        try:
            sweep()
        except Exception:
            log.exception("The sweep failed; trying again.")
        finally:
            close_old_connections()
