"""The inbox: a webhook is stored at once and applied a moment later, so that a bug in applying it loses nothing."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from handoffs import announce, desk, outbox, reconcile
from handoffs.models import Erased, Handoff, Receipt
from handoffs.providers import base, registry

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 20
LONGEST_WAIT = 30
ERASED = "nothing: it is about a visitor who was erased, so it is not kept"


def store(handoff: Handoff, raw: bytes, *, signed: bool, delivery_id: str) -> Receipt:
    """The receipt of this call; of a signed one that says the same again, the one there is."""
    said = {"raw": raw, "delivery_id": delivery_id[:100], **what_needs_no_worker(handoff, raw, signed)}
    if signed:
        meaning = registry.provider_class(handoff.system).meaning(raw)
        receipt, fresh = Receipt.objects.get_or_create(handoff=handoff, signed=True, meaning=meaning, defaults=said)
    else:
        # It proves nothing: a forged one must not stand in the way of the real one.
        receipt, fresh = Receipt.objects.create(handoff=handoff, signed=False, **said), True
    if fresh and Erased.are_named_in(raw):
        forget(receipt)
    elif fresh and receipt.state == Receipt.State.STORED:
        announce.receipt_stored(receipt.pk)
    return receipt


def forget(receipt: Receipt) -> None:
    """Asked only when it is stored: whoever erases this moment either finds it, or was done before."""
    receipt.raw, receipt.state, receipt.effect, receipt.applied_at = b"", Receipt.State.APPLIED, ERASED, timezone.now()
    Receipt.objects.filter(pk=receipt.pk).update(raw=b"", state=receipt.state, effect=ERASED, applied_at=receipt.applied_at)


def what_needs_no_worker(handoff: Handoff, raw: bytes, signed: bool) -> dict[str, object]:
    """Most calls of a desk mean nothing new to a visitor: these are written down as applied, and no worker is called for them."""
    try:
        events = registry.provider_class(handoff.system).parse(raw)
        note_echoes(handoff, events)
        effects = [at_the_door(handoff, event, signed) for event in events]
    except Exception:
        # A bug in reading it must not keep us from storing it.
        log.exception("A call for handoff %s could not be read at the door.", handoff.pk)
        return {}
    if None in effects:
        return {}
    return {"state": Receipt.State.APPLIED, "effect": "; ".join(filter(None, effects))[:2000], "applied_at": timezone.now()}


def at_the_door(handoff: Handoff, event: base.Event, signed: bool) -> str | None:
    """What an event does that needs no worker: nothing, or hardly anything. None if it needs one."""
    if isinstance(event, base.AgentTyping):
        # Too late a moment later; and anybody may say so in an unsigned call.
        return desk.hear(handoff, event) if signed else "nothing: typing, in a call that is not signed"
    if desk.is_known(handoff, event):
        return f"nothing: {event.why}" if isinstance(event, base.Ignored) else "nothing new"
    return None


def note_echoes(handoff: Handoff, events: Sequence[base.Event]) -> None:
    """Nobody but the desk knows our keys, so this holds for unsigned calls too."""
    for event in events:
        if isinstance(event, base.OurEcho):
            outbox.echoed(handoff, event.key)
            if handoff.probe_key is not None:
                handoff.note_probe(event.key)


def apply(receipt_id: int) -> None:
    """Do what a receipt says, once. A failure is kept on the receipt and tried again by the sweeper."""
    receipt = Receipt.objects.select_related("handoff").get(pk=receipt_id)
    if receipt.state != Receipt.State.STORED:
        return
    try:
        effects = act_on(receipt)
    except desk.NotYet as early:
        put_off(receipt, str(early))
    except Exception:
        log.exception("Receipt %s could not be applied.", receipt.pk)
        put_off(receipt, traceback.format_exc())
    else:
        Receipt.objects.filter(pk=receipt.pk).update(
            state=Receipt.State.APPLIED, effect="; ".join(effects)[:2000], error="", applied_at=timezone.now()
        )


def act_on(receipt: Receipt) -> list[str]:
    """Each event is harmless to hear twice, so a crash before the receipt is marked does no harm."""
    events = registry.provider_class(receipt.handoff.system).parse(bytes(receipt.raw))
    believed = [event for event in events if receipt.signed and not isinstance(event, base.ThreadChanged)]
    asked = {event.thread for event in events if event not in believed and not isinstance(event, base.Ignored)}
    return believe(receipt.handoff, believed) + [line for thread in asked for line in ask_the_desk(receipt.handoff, thread)]


@transaction.atomic
def believe(handoff: Handoff, events: Sequence[base.Event]) -> list[str]:
    return [desk.hear(handoff, event) for event in events]


def ask_the_desk(handoff: Handoff, thread: base.ThreadRef) -> list[str]:
    """Read the thread ourselves instead of believing the call.

    An unsigned call may be forged. And a thread said to be changed may have changed again since (webhooks come in any order, a thread may
    serve a second transfer), while the agent's last words may still be on their way: reading brings them first.
    """
    transfer = desk.transfer_of(handoff, thread)
    if transfer is None:
        return [f"nothing: thread {thread.conversation_id} is none of ours"]
    return [f"asked the desk: {line}" for line in reconcile.read(transfer) or ["nothing new"]]


def put_off(receipt: Receipt, why: str) -> None:
    attempts = receipt.attempts + 1
    wait = timedelta(seconds=min(LONGEST_WAIT, 2**attempts))
    state = Receipt.State.FAILED if attempts >= MOST_ATTEMPTS else Receipt.State.STORED
    Receipt.objects.filter(pk=receipt.pk).update(state=state, attempts=attempts, due_at=timezone.now() + wait, error=why)
