"""Forgetting a visitor: first at the desks, then here. Afterwards nothing here knows that they were."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Min, Sum

from handoffs import announce, relay
from handoffs.models import Conversation, Erased, Handoff, Receipt, Transfer, Visitor
from handoffs.providers import base, registry
from handoffs.sealed import CannotUnseal

BATCH = 200
# Seconds; an admin waits for it.
PATIENCE, LOOK_EVERY = 5.0, 0.05


class Busy(Exception):
    """A worker is sending something of this conversation at this moment: it could make the person at the desk anew."""


class NotThere(Exception):
    """It was erased already."""


@dataclass(frozen=True)
class Asked:
    """A desk that was asked to delete its copy. ``trouble``: why it did not, in words; empty if it did."""

    handoff: Handoff
    trouble: str


@dataclass(frozen=True)
class Outcome:
    erased: bool
    asked: tuple[Asked, ...]

    def failed(self) -> list[Asked]:
        return [each for each in self.asked if each.trouble]


@dataclass(frozen=True)
class Extent:
    """How much there is to erase."""

    messages: int
    files: int
    bytes: int
    transfers: int
    deliveries: int
    desks: list[Handoff] = field(default_factory=list)


def extent(conversation: Conversation) -> Extent:
    return Extent(
        messages=conversation.messages.filter(revises=None).count(),
        files=conversation.files.count(),
        bytes=conversation.files.aggregate(all=Sum("size"))["all"] or 0,
        transfers=conversation.transfers.count(),
        deliveries=conversation.deliveries.count(),
        desks=desks_of(conversation),
    )


def desks_of(conversation: Conversation) -> list[Handoff]:
    """The handoffs whose desks may hold a copy: those that were owed something."""
    heard = conversation.transfers.filter(deliveries__isnull=False).values("handoff")
    return list(Handoff.objects.filter(pk__in=heard).select_related("scenario").order_by("name"))


def erase(conversation_id: uuid.UUID, *, go_on: bool = False) -> Outcome:
    """Ask the desks to delete the person, then delete the visitor and whatever speaks of them here.

    If a desk does not do it, nothing is deleted here, unless ``go_on`` says so. Raises ``Busy`` and ``NotThere``; safe to repeat.
    The relay is kept away meanwhile: what it sends would make the person at the desk anew.
    """
    claim = take_patiently(conversation_id)
    claim.renew(relay.LONG_LEASE)
    try:
        return erase_claimed(claim, go_on=go_on)
    finally:
        relay.release(claim)


def take_patiently(conversation_id: uuid.UUID) -> relay.Claim:
    """A visitor who goes on writing must not keep themselves from being erased: between two messages there is a moment."""
    until = time.monotonic() + PATIENCE
    while True:
        if not Conversation.objects.filter(pk=conversation_id).exists():
            raise NotThere
        if claim := relay.take(conversation_id):
            return claim
        if time.monotonic() > until:
            raise Busy
        time.sleep(LOOK_EVERY)


def erase_claimed(claim: relay.Claim, *, go_on: bool) -> Outcome:
    conversation = claim.conversation().select_related("visitor", "scenario").first()
    if conversation is None:
        raise NotThere
    asked = tuple(Asked(handoff, ask(claim, handoff, conversation)) for handoff in desks_of(conversation))
    if any(each.trouble for each in asked) and not go_on:
        return Outcome(erased=False, asked=asked)
    traces = traces_of(conversation)
    last = forget_receipts(traces, claim=claim)
    forget(claim)
    # Those that came while the others were looked through.
    forget_receipts(traces, after=last)
    return Outcome(erased=True, asked=asked)


def ask(claim: relay.Claim, handoff: Handoff, conversation: Conversation) -> str:
    claim.renew(relay.LONG_LEASE)
    had = [transfer.thread() for transfer in conversation.transfers.filter(handoff=handoff).exclude(thread_id="")]
    try:
        handoff.provider().erase(conversation.visitor.desk_key, had)
    except (base.ProviderError, CannotUnseal) as error:
        return str(error)
    except LookupError:
        return "There is no such desk any more."
    return ""


@transaction.atomic
def forget(claim: relay.Claim) -> None:
    """Under the conversation's lock, like everything that is written into it. Its open pages are rung: they find their session ended."""
    conversation = Conversation.objects.select_for_update(of=("self",)).filter(pk=claim.conversation_id, fence=claim.fence).first()
    if conversation is None:
        raise Busy
    visitor = Visitor.objects.select_for_update().get(pk=conversation.visitor_id)
    Erased.remember(visitor.desk_key)
    visitor.delete()
    announce.conversation_changed(claim.conversation_id)


# --- Receipts -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Traces:
    """By what a webhook's body is known to speak of the visitor. ``threads``: by handoffs whose webhooks come from a desk they were at."""

    threads: dict[uuid.UUID, frozenset[str]]
    needles: tuple[bytes, ...]
    since: datetime | None


def traces_of(conversation: Conversation) -> Traces:
    """Two handoffs may lead to one desk, one after the other: a thread's webhooks are then to be found with both."""
    transfers = list(conversation.transfers.select_related("handoff"))
    at_desk: dict[tuple[str, str, int], set[str]] = {}
    for transfer in transfers:
        at_desk.setdefault(desk_of(transfer.handoff), set()).update(filter(None, [transfer.thread_id]))
    neighbours = Handoff.objects.filter(scenario__workspace=conversation.scenario.workspace_id)
    return Traces(
        threads={each.pk: frozenset(at_desk[desk_of(each)]) for each in neighbours if desk_of(each) in at_desk},
        needles=tuple(text.encode() for text in [conversation.visitor.desk_key, *(str(transfer.pk) for transfer in transfers)]),
        since=Transfer.objects.filter(conversation=conversation).aggregate(first=Min("requested_at"))["first"],
    )


def desk_of(handoff: Handoff) -> tuple[str, str, int]:
    return handoff.system, handoff.domain, handoff.account_id


def forget_receipts(traces: Traces, *, after: int = 0, claim: relay.Claim | None = None) -> int:
    """Delete those that speak of the visitor, a batch at a time; returns the last one looked at."""
    for batch in batches(traces, after):
        if claim is not None:
            claim.renew(relay.LONG_LEASE)
        Receipt.objects.filter(pk__in=[receipt.pk for receipt in batch if speaks_of(receipt, traces)]).delete()
        after = batch[-1].pk
    return after


def batches(traces: Traces, after: int) -> Iterator[list[Receipt]]:
    if not traces.threads:
        return
    theirs = Receipt.objects.filter(handoff__in=traces.threads, received_at__gte=traces.since).select_related("handoff").order_by("pk")
    while batch := list(theirs.filter(pk__gt=after)[:BATCH]):
        yield batch
        after = batch[-1].pk


def speaks_of(receipt: Receipt, traces: Traces) -> bool:
    """Private notes and the like are no events of ours, but their bodies name the person too."""
    raw = bytes(receipt.raw)
    return any(needle in raw for needle in traces.needles) or bool(threads_in(receipt) & traces.threads[receipt.handoff_id])


def threads_in(receipt: Receipt) -> set[str]:
    try:
        events = registry.provider_class(receipt.handoff.system).parse(bytes(receipt.raw))
    except (base.Malformed, LookupError):
        return set()
    return {event.thread.conversation_id for event in events if not isinstance(event, base.Ignored)}
