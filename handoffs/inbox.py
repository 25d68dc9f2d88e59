"""The inbox: a webhook is stored at once and applied a moment later, so that a bug in applying it loses nothing."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from handoffs import announce, reconcile, switchboard
from handoffs.models import Handoff, Receipt
from handoffs.providers import registry

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 12
LONGEST_WAIT = 300


def store(handoff: Handoff, raw: bytes, *, signed: bool, delivery_id: str) -> Receipt:
    receipt = Receipt.objects.create(handoff=handoff, raw=raw, signed=signed, delivery_id=delivery_id[:100])
    announce.receipt_stored(receipt.pk)
    return receipt


def apply(receipt_id: int) -> None:
    """Do what a receipt says, once. A failure is kept on the receipt and tried again by the sweeper."""
    receipt = Receipt.objects.select_related("handoff").get(pk=receipt_id)
    if receipt.state != Receipt.State.STORED:
        return
    try:
        effects = believe(receipt) if receipt.signed else ask_the_desk(receipt)
    except switchboard.NotYet as early:
        put_off(receipt, str(early))
    except Exception:
        log.exception("Receipt %s could not be applied.", receipt.pk)
        put_off(receipt, traceback.format_exc())
    else:
        Receipt.objects.filter(pk=receipt.pk).update(
            state=Receipt.State.APPLIED, effect="; ".join(effects)[:2000], error="", applied_at=timezone.now()
        )


@transaction.atomic
def believe(receipt: Receipt) -> list[str]:
    """A signed body: act on its events. Each is harmless to hear twice, so a crash before the receipt is marked does no harm."""
    events = registry.provider_class(receipt.handoff.system).parse(bytes(receipt.raw))
    return [switchboard.hear(receipt.handoff, event) for event in events]


def ask_the_desk(receipt: Receipt) -> list[str]:
    """An unsigned body may be forged: take only the thread's id from it and read the thread ourselves."""
    events = registry.provider_class(receipt.handoff.system).parse(bytes(receipt.raw))
    threads = {event.thread for event in events if hasattr(event, "thread")}
    transfers = [switchboard.transfer_of(receipt.handoff, thread) for thread in threads]
    read = [reconcile.read(transfer) for transfer in transfers if transfer is not None]
    return ["hint: " + line for lines in read for line in lines] or ["nothing: an unsigned call about none of our threads"]


def put_off(receipt: Receipt, why: str) -> None:
    attempts = receipt.attempts + 1
    wait = timedelta(seconds=min(LONGEST_WAIT, 2**attempts))
    state = Receipt.State.FAILED if attempts >= MOST_ATTEMPTS else Receipt.State.STORED
    Receipt.objects.filter(pk=receipt.pk).update(state=state, attempts=attempts, due_at=timezone.now() + wait, error=why)


