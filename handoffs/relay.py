"""The outbox worker: claims a conversation, sends what it owes in order, one at a time, and writes down what came of it.

No transaction is open and no lock is held while the desk is being talked to. A lease keeps others away meanwhile; its fence keeps a worker
that slept through its lease from overwriting its successor's work.
"""

from __future__ import annotations

import logging
import random
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone

from handoffs import controls, introduce, outbox, switchboard
from handoffs.models import Conversation, Delivery, Handoff, Transfer
from handoffs.providers import base

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
# Opening a thread takes several calls, and files take their time.
LONG_LEASE = timedelta(minutes=4)
# How long a desk may still be storing what we got no answer for. Looking earlier could miss it, and sending again would double it.
SETTLE = timedelta(seconds=30)
LONGEST_BACKOFF = 300.0
# A desk that does not let us in is asked again this often, so that mending things at the desk is enough.
LOCKED_OUT = timedelta(minutes=5)


@dataclass(frozen=True)
class Claim:
    conversation_id: uuid.UUID
    fence: int

    def deliveries(self) -> QuerySet[Delivery]:
        """The rows this claim may write: none once another worker has claimed the conversation."""
        return Delivery.objects.open().filter(conversation_id=self.conversation_id, conversation__fence=self.fence)

    def renew(self, lease: timedelta) -> None:
        self.conversation().update(lease_until=timezone.now() + lease)

    def conversation(self) -> QuerySet[Conversation]:
        """The conversation while it is ours; nothing once another worker has claimed it."""
        return Conversation.objects.filter(pk=self.conversation_id, fence=self.fence)

    def mark(self, delivery: Delivery, state: Delivery.State, **more: object) -> bool:
        return bool(Delivery.objects.filter(pk__in=self.deliveries().filter(pk=delivery.pk).values("pk")).update(state=state, **more))


def relay(conversation_id: uuid.UUID) -> None:
    """Send everything due of one conversation. Harmless when another worker is at it, or when nothing is due."""
    while is_due(conversation_id):
        claim = take(conversation_id)
        if claim is None:
            return
        try:
            while deliver_next(claim):
                pass
        finally:
            release(claim)


def is_due(conversation_id: uuid.UUID) -> bool:
    oldest = Delivery.objects.open().filter(conversation_id=conversation_id).order_by("id").first()
    return oldest is not None and oldest.due_at <= timezone.now()


def take(conversation_id: uuid.UUID) -> Claim | None:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    if not Conversation.objects.filter(free, pk=conversation_id).update(lease_until=now + LEASE, fence=F("fence") + 1):
        return None
    return Claim(conversation_id, Conversation.objects.values_list("fence", flat=True).get(pk=conversation_id))


def release(claim: Claim) -> None:
    claim.conversation().update(lease_until=None)


def deliver_next(claim: Claim) -> bool:
    """Try the oldest open delivery; True when the next one may be tried at once."""
    delivery = (
        claim.deliveries()
        .select_related("transfer__handoff", "transfer__conversation__visitor", "transfer__conversation__scenario", "message__answers")
        .order_by("id")
        .first()
    )
    if delivery is None or delivery.due_at > timezone.now():
        return False
    if delivery.state == Delivery.State.SENDING:
        # Whoever was sending it died before the answer.
        delivery.state = Delivery.State.UNKNOWN
    if not delivery.transfer.handoff.may_call():
        return wait_with_the_others(claim, delivery)
    claim.renew(LEASE if delivery.transfer.thread_id and not delivery.message.files.exists() else LONG_LEASE)
    return attempt(claim, delivery)


def attempt(claim: Claim, delivery: Delivery) -> bool:
    try:
        remote_id = deliver(claim, delivery)
    except base.Locked as refusal:
        return wait_for_admin(claim, delivery, refusal)
    except base.Gone as refusal:
        return start_thread_anew(claim, delivery, refusal)
    except base.Refused as refusal:
        return park(claim, delivery, refusal)
    except base.Unavailable as error:
        return put_off(claim, delivery, error)
    except base.Uncertain as error:
        return wait_and_look(claim, delivery, error)
    claim.mark(delivery, Delivery.State.SENT, remote_id=remote_id, sent_at=timezone.now(), last_error="")
    if delivery.transfer.handoff.note_success():
        wake(delivery.transfer.handoff)
    return True


def deliver(claim: Claim, delivery: Delivery) -> int | None:
    """The remote id of the delivery, sent now unless it turns out to be there already. Raises ``ProviderError``."""
    provider = delivery.transfer.handoff.provider()
    if delivery.kind in Delivery.REPORTS:
        return tell(provider, delivery)
    if delivery.kind == Delivery.Kind.ANSWER and not delivery.transfer.thread_id:
        raise base.Rejected("The thread in which this was asked is gone.")
    if delivery.kind == Delivery.Kind.NOTE and (not delivery.transfer.thread_id or delivery.message.gone):
        # Whoever it is for, or what it is about, is not there any more.
        return None
    thread = reach(claim, delivery.transfer, provider)
    if delivery.kind == Delivery.Kind.REMOVAL:
        return remove(provider, thread, delivery)
    if delivery.state != Delivery.State.PENDING:
        found = provider.find(thread, str(delivery.key), first_sent(delivery.transfer) - 1)
        if found is not None:
            return found
    sending = {"attempts": F("attempts") + 1, "due_at": timezone.now() + SETTLE}
    if not claim.mark(delivery, Delivery.State.SENDING, **sending):
        raise base.Unavailable("Another worker has taken over.")
    delivery.state = Delivery.State.SENDING
    return send(provider, thread, delivery)


def reach(claim: Claim, transfer: Transfer, provider: base.Provider) -> base.Thread:
    """The transfer's thread, opened at the desk if we have none yet."""
    if transfer.thread_id:
        return transfer.thread()
    thread = provider.open(introduce.person(transfer), introduce.request(transfer))
    mine = Transfer.objects.filter(pk=transfer.pk, conversation__in=claim.conversation())
    if not mine.update(person_id=thread.person_id, thread_id=thread.conversation_id, door=thread.door):
        raise base.Unavailable("Another worker has taken over.")
    transfer.person_id, transfer.thread_id, transfer.door = thread.person_id, thread.conversation_id, thread.door
    return transfer.thread()


def send(provider: base.Provider, thread: base.Thread, delivery: Delivery) -> int | None:
    message, key = delivery.message, str(delivery.key)
    match delivery.kind:
        case Delivery.Kind.BRIEF:
            return provider.send(thread, base.Outgoing(key, introduce.brief(delivery.transfer, message), private=True))
        case Delivery.Kind.NOTE:
            return provider.send(thread, base.Outgoing(key, introduce.note(delivery.transfer, message), private=True))
        case Delivery.Kind.ANSWER:
            return provider.answer(thread, answer_of(delivery))
        case _:
            attached = tuple(base.Attachment(file.name, file.type, file.content()) for file in message.files.select_related("bytes"))
            return provider.send(thread, base.Outgoing(key, message.text, files=attached, said_at=message.said_at))


def answer_of(delivery: Delivery) -> base.Answer:
    message = delivery.message
    kept = controls.stored(message.text, message.answer or {})
    asked = message.answers.remote_id if message.answers else None
    return base.Answer(str(delivery.key), asked or 0, kept.text, kept.values, kept.rating, kept.comment, kept.email)


def tell(provider: base.Provider, delivery: Delivery) -> int | None:
    """Reports may be made twice, so nobody looks first. Without a thread, or in one that is gone, there is nobody to tell."""
    thread, remote_id = delivery.transfer.thread(), delivery.message.remote_id
    if not thread.conversation_id:
        return remote_id
    try:
        match delivery.kind:
            case Delivery.Kind.DELIVERED:
                provider.delivered(thread, remote_id or 0)
            case Delivery.Kind.SEEN:
                provider.seen(thread)
            case Delivery.Kind.CLOSE:
                provider.close(thread)
    except base.Gone:
        log.info("Delivery %s: there is nobody to tell any more.", delivery.pk)
    except base.Uncertain as error:
        raise base.Unavailable(str(error)) from None
    return remote_id


def remove(provider: base.Provider, thread: base.Thread, delivery: Delivery) -> int:
    copy = delivery.remote_id or 0
    provider.remove(thread, copy)
    log.warning("Delivery %s had been stored twice by the desk; copy %s is removed.", delivery.pk, copy)
    return copy


def first_sent(transfer: Transfer) -> int:
    """The lowest remote id of what the thread got from us; the rest has higher ones, in whatever order it went (parked ones go late)."""
    ours = transfer.deliveries.filter(kind__in=(*Delivery.NOTES, *Delivery.WORDS))
    return ours.aggregate(first=Min("remote_id"))["first"] or 0


def pass_typing(conversation_id: uuid.UUID, on: bool) -> None:
    """Tell the desk that the visitor types, if it has them. Worth no second try."""
    open_ones = Transfer.objects.open().filter(conversation_id=conversation_id, handoff__rests_until=None).exclude(thread_id="")
    transfer = open_ones.select_related("handoff", "conversation__visitor").first()
    if transfer is not None:
        try:
            transfer.handoff.provider().typing(transfer.thread(), on)
        except base.ProviderError as error:
            log.info("Handoff %s was not told who types: %s", transfer.handoff_id, error)


def try_again(handoff: Handoff) -> None:
    """An admin has looked after the handoff: forget its trouble and send what waits for it."""
    handoff.forget_trouble()
    wake(handoff)


def wake(handoff: Handoff) -> None:
    """What waits for this desk is due now; the sweeper takes it from there, so many at a time.

    What may have reached the desk already keeps its time: looking for it sooner could miss it there, and sending it again would double it.
    """
    Delivery.objects.filter(transfer__handoff=handoff, state=Delivery.State.PENDING).update(due_at=timezone.now())


# --- What came of it ----------------------------------------------------------------------------------------------------------------------


def wait_with_the_others(claim: Claim, delivery: Delivery) -> bool:
    """The desk rests. One message will try it when the rest is over, and wake the others."""
    rest = delivery.transfer.handoff.rests_until or timezone.now()
    claim.mark(delivery, Delivery.State(delivery.state), due_at=max(rest, timezone.now()) + jitter(5))
    return False


def put_off(claim: Claim, delivery: Delivery, error: base.Unavailable) -> bool:
    """The desk cannot take it now: later, and later still each time."""
    backoff = jitter(min(LONGEST_BACKOFF, 2.0 ** (delivery.attempts + 1)))
    pause = timedelta(seconds=error.retry_after) if error.retry_after else backoff
    if isinstance(error, base.Throttled):
        delivery.transfer.handoff.rest(pause)
    else:
        delivery.transfer.handoff.note_failure()
    claim.mark(delivery, unsent(delivery), due_at=timezone.now() + pause, attempts=delivery.attempts + 1, last_error=str(error))
    return False


def wait_and_look(claim: Claim, delivery: Delivery, error: base.Uncertain) -> bool:
    """Nobody knows whether it was stored: give the desk time to finish, then look before sending again."""
    delivery.transfer.handoff.note_failure()
    claim.mark(delivery, Delivery.State.UNKNOWN, due_at=timezone.now() + SETTLE, last_error=str(error))
    return False


def unsent(delivery: Delivery) -> Delivery.State:
    """The state after a call that stored nothing: what was unknown before it still is, and must be looked up before it is sent again."""
    return Delivery.State.UNKNOWN if delivery.state == Delivery.State.UNKNOWN else Delivery.State.PENDING


def wait_for_admin(claim: Claim, delivery: Delivery, refusal: base.Refused) -> bool:
    """The desk accepts nothing from us: keep the messages, tell the admin, ask again now and then."""
    delivery.transfer.handoff.rest(LOCKED_OUT, str(refusal))
    claim.mark(delivery, unsent(delivery), due_at=timezone.now() + LOCKED_OUT + jitter(5), last_error=str(refusal))
    log.error("Handoff %s is refused by its desk: %s", delivery.transfer.handoff_id, refusal)
    return False


def jitter(seconds: float) -> timedelta:
    return timedelta(seconds=random.uniform(0.1, seconds))  # noqa: S311 — jitter, not a secret


@transaction.atomic
def start_thread_anew(claim: Claim, delivery: Delivery, refusal: base.Refused) -> bool:
    """The thread is gone at the desk: open another one and tell whoever gets it what came before; gone at once as well, give it up."""
    if delivery.last_error == str(refusal) or delivery.kind in (Delivery.Kind.ANSWER, Delivery.Kind.NOTE):
        return park(claim, delivery, refusal)
    if not claim.mark(delivery, Delivery.State.PENDING, due_at=timezone.now(), last_error=str(refusal)):
        return False
    nowhere = {"person_id": "", "thread_id": "", "door": "", "cursor": 0, "state_at": None}
    Transfer.objects.filter(pk=delivery.transfer_id).update(**nowhere)
    switchboard.thread_was_lost(delivery.transfer_id)
    if delivery.kind == Delivery.Kind.MESSAGE:
        outbox.owe_brief_anew(delivery.transfer, delivery.message)
    return True


@transaction.atomic
def park(claim: Claim, delivery: Delivery, refusal: base.Refused) -> bool:
    """The desk will not take this one: the visitor and the admin see why, the next ones go on. Without a thread it takes none of them."""
    if not claim.mark(delivery, Delivery.State.PARKED, last_error=str(refusal)):
        return False
    outbox.refused(delivery)
    if not delivery.transfer.thread_id:
        switchboard.end(delivery.transfer, Transfer.Reason.DESK_REFUSED)
    return True
