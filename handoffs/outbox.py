"""The outbox: what we owe a desk, and what came of it. Sending is the relay's."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from handoffs import announce
from handoffs.models import Conversation, Delivery, Handoff, Message, Transfer

Kind, State = Delivery.Kind, Delivery.State


def owe(transfer: Transfer, message: Message, kind: Delivery.Kind = Kind.MESSAGE) -> None:
    """Write down that the desk is to get this. A report that is owed already, or was made, is owed anew. Under the caller's lock."""
    row, fresh = Delivery.objects.get_or_create(
        message=message, kind=kind, defaults={"conversation_id": transfer.conversation_id, "transfer": transfer}
    )
    if not fresh:
        Delivery.objects.filter(pk=row.pk).exclude(state__in=Delivery.OPEN).update(state=State.PENDING, due_at=timezone.now())
    announce.delivery_due(transfer.conversation_id)


def owe_brief_anew(transfer: Transfer, before: Message) -> None:
    """The thread is another one now: whoever gets it is told again what came before ``before``."""
    anew = {"key": uuid.uuid4(), "message": before, "state": State.PENDING, "remote_id": None, "attempts": 0, "due_at": timezone.now()}
    transfer.deliveries.filter(kind=Kind.BRIEF).update(**anew)


# --- Not delivered ------------------------------------------------------------------------------------------------------------------------


def refused(delivery: Delivery) -> None:
    """The desk will not take it: the visitor sees it."""
    mark_undelivered(delivery, True)


def send_again(delivery: Delivery, states: Iterable[str] = (State.PARKED,)) -> bool:
    """Try again what the desk refused; it is looked for first, so trying twice sends once. False if it is in none of ``states``."""
    parked = Delivery.objects.filter(pk=delivery.pk, state__in=states)
    if not parked.update(state=State.UNKNOWN, due_at=timezone.now(), last_error="", given_up_by="", given_up_at=None):
        return False
    mark_undelivered(delivery, False)
    announce.delivery_due(delivery.conversation_id)
    return True


@transaction.atomic
def give_up(delivery: Delivery, by: str) -> bool:
    """Somebody decides that it is not tried any more; what comes after it goes on. False if that is nothing to decide (any more).

    Should it turn out to be at the desk after all (it may come back), it counts as sent.
    """
    given_up = {"state": State.GIVEN_UP, "given_up_by": by[:150], "given_up_at": timezone.now()}
    if not Delivery.objects.filter(pk=delivery.pk, state__in=Delivery.FAILED).update(**given_up):
        return False
    mark_undelivered(delivery, True)
    announce.delivery_due(delivery.conversation_id)
    return True


@transaction.atomic
def mark_undelivered(delivery: Delivery, undelivered: bool) -> None:
    """Show whether the visitor's message reached the desk, under a number of its own so that whoever is away learns it too."""
    if delivery.kind not in Delivery.WORDS:
        return
    conversation = Conversation.objects.locked(delivery.conversation_id)
    message = conversation.messages.get(pk=delivery.message_id)
    if message.undelivered == undelivered:
        return
    message.undelivered = undelivered
    message.save(update_fields=["undelivered"])
    conversation.say_again(message)
    announce.conversation_changed(conversation.pk)


# --- Came back ----------------------------------------------------------------------------------------------------------------------------


def echoed(handoff: Handoff, key: str) -> None:
    """A webhook brought back what we had sent, so webhooks arrive."""
    Delivery.objects.filter(key=key, transfer__handoff=handoff, echoed_at=None).update(echoed_at=timezone.now())
    handoff.webhooks_are_back()


def is_settled(handoff: Handoff, key: str, remote_id: int) -> bool:
    """Whether we know already that this is where it is."""
    return Delivery.objects.filter(key=key, transfer__handoff=handoff, state=State.SENT, remote_id=remote_id).exists()


def came_back(handoff: Handoff, key: str, remote_id: int) -> str:
    """What we sent came back: proof that it arrived, whether or not we ever got the answer. A second copy is owed a removal."""
    delivery = Delivery.objects.filter(key=key, transfer__handoff=handoff).first()
    if delivery is None:
        return f"nothing: message {remote_id} was sent by somebody with our mark"
    if Delivery.objects.filter(pk=delivery.pk).exclude(state=State.SENT).update(**settled(remote_id)):
        mark_undelivered(delivery, False)
        return f"our own message {remote_id} came back and settled its delivery"
    return copy_came_back(delivery, remote_id) or f"our own message {remote_id} came back"


def settled(remote_id: int) -> dict[str, Any]:
    return {
        "state": State.SENT,
        "remote_id": remote_id,
        "sent_at": timezone.now(),
        "last_error": "",
        "given_up_by": "",
        "given_up_at": None,
    }


@transaction.atomic
def copy_came_back(delivery: Delivery, remote_id: int) -> str:
    """Empty, unless the desk holds the message under another id as well: then the younger copy is to be removed."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if remote_id == delivery.remote_id or delivery.transfer.deliveries.filter(kind=Kind.REMOVAL, remote_id=remote_id).exists():
        return ""
    older, younger = sorted((remote_id, delivery.remote_id or remote_id))
    Delivery.objects.filter(pk=delivery.pk).update(remote_id=older)
    delivery.transfer.deliveries.create(
        conversation_id=delivery.conversation_id, message_id=delivery.message_id, kind=Kind.REMOVAL, remote_id=younger
    )
    announce.delivery_due(delivery.conversation_id)
    return f"our own message {remote_id} came back a second time: copy {younger} is to be removed"


# --- Reports ------------------------------------------------------------------------------------------------------------------------------


def report(conversation: Conversation, got: int, seen: int) -> None:
    """Owe the desk what the visitor's page newly has and what they have newly seen.

    Seeing says that it arrived, unless the desk believes it did not.
    """
    for message in reported(conversation, conversation.got_seq, got).filter(Q(seq__gt=seen) | Q(desk_failed=True)):
        owe_report(message, Kind.DELIVERED)
    if newest := reported(conversation, conversation.seen_seq, seen).last():
        owe_report(newest, Kind.SEEN)


def reported(conversation: Conversation, after: int, upto: int) -> Any:
    said = conversation.messages.filter(seq__gt=after, seq__lte=upto, gone=False, transfer__isnull=False, remote_id__isnull=False)
    return said.select_related("transfer").order_by("seq")


def owe_report(message: Message, kind: Delivery.Kind) -> None:
    if message.transfer is not None and message.transfer.thread_id:
        owe(message.transfer, message, kind)


@transaction.atomic
def desk_believes_lost(message: Message) -> str:
    """The desk shows its agent that this did not reach the visitor: it is told better as soon as it has."""
    conversation = Conversation.objects.locked(message.conversation_id)
    Message.objects.filter(pk=message.pk).update(desk_failed=True)
    if conversation.got_seq < message.seq:
        return f"message {message.remote_id} is on its way, whatever the desk believes"
    owe_report(message, Kind.DELIVERED)
    return f"message {message.remote_id} had arrived; the desk is told so"
