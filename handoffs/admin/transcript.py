"""One conversation as its page tells it: what was said and what happened in between, in one line of time."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from handoffs.introduce import asked_for
from handoffs.models import Author, Conversation, Delivery, Message, Transfer

MOST_MESSAGES = 500
MOST_DELIVERIES = 500
WHO: dict[str, str] = {Author.VISITOR: "Visitor", Author.BOT: "Bot", Author.AGENT: "Agent", Author.SYSTEM: "System"}


@dataclass(frozen=True)
class Day:
    date: date
    kind: str = "day"


@dataclass(frozen=True)
class Sending:
    """How a thing came to the desk. ``look``: of its mark. ``failed``: it may be tried again (``refused``) or given up."""

    delivery: Delivery
    look: str
    mark: str
    words: str
    detail: str = ""

    @property
    def refused(self) -> bool:
        return self.delivery.state == Delivery.State.PARKED

    @property
    def failed(self) -> bool:
        return self.delivery.state in Delivery.FAILED


@dataclass(frozen=True)
class Said:
    """``name``: who said it; ``role``: what they are, if the name does not say it. ``reached``: how far it got to the visitor."""

    message: Message
    name: str
    role: str
    picture: str
    offers: list[str]
    reached: str
    sendings: list[Sending]
    kind: str = "said"

    @property
    def at(self) -> datetime:
        return self.message.said_at


@dataclass(frozen=True)
class Happened:
    """A step of a transfer. ``step``: asked, joined or ended."""

    transfer: Transfer
    step: str
    words: str
    at: datetime
    kind: str = "happened"


@dataclass(frozen=True)
class Transcript:
    """``earlier``: the number to ask for what was said before this page, None if nothing was. ``is_latest``: nothing came after it."""

    entries: list[Day | Said | Happened]
    earlier: int | None
    is_latest: bool


# --- One page of it -----------------------------------------------------------------------------------------------------------------------


def transcript_of(conversation: Conversation, transfers: list[Transfer], before: int | None = None) -> Transcript:
    """The latest messages, or those before number ``before``; in between what happened in that time."""
    newest = place_of(conversation, before)
    said = conversation.messages.filter(revises=None).order_by("-ord", "-seq")
    upto = said.filter(Q(ord__lt=newest.ord) | Q(ord=newest.ord, seq__lt=newest.seq)) if newest else said
    found = list(loaded(upto)[: MOST_MESSAGES + 1])
    page = found[:MOST_MESSAGES][::-1]
    more = len(found) > MOST_MESSAGES
    since = page[0].said_at if page and more else None
    until = page[-1].said_at if page and newest else None
    happened = [each for each in steps(transfers) if (since is None or each.at >= since) and (until is None or each.at <= until)]
    entries = in_order([told(message, conversation) for message in page], sorted(happened, key=lambda each: each.at))
    return Transcript(list(with_days(entries)), page[0].seq if more else None, newest is None)


def place_of(conversation: Conversation, before: int | None) -> Message | None:
    return conversation.messages.filter(revises=None, seq=before).first() if before else None


def loaded(messages: QuerySet[Message]) -> QuerySet[Message]:
    sendings = Prefetch("deliveries", Delivery.objects.filter(kind__in=Delivery.WORDS), to_attr="sendings")
    return messages.select_related("answers").prefetch_related(sendings, "files")


def in_order(said: list[Said], happened: list[Happened]) -> Iterator[Said | Happened]:
    """By the time; a message keeps its place among the messages, also one that came late."""
    latest, timed = None, []
    for place, each in enumerate(said):
        latest = max(latest, each.at) if latest else each.at
        timed.append((latest, 0, place, each))
    rest = [(each.at, 1, place, each) for place, each in enumerate(happened)]
    merged: Iterable[tuple[datetime, int, int, Said | Happened]] = heapq.merge(timed, rest, key=lambda entry: entry[:3])
    return (each for _, _, _, each in merged)


def with_days(entries: Iterable[Said | Happened]) -> Iterator[Day | Said | Happened]:
    day = None
    for each in entries:
        today = timezone.localdate(each.at)
        if day is None or today > day:
            day = today
            yield Day(day)
        yield each


# --- What was said ------------------------------------------------------------------------------------------------------------------------


def told(message: Message, conversation: Conversation) -> Said:
    role = WHO[message.author]
    return Said(
        message=message,
        name=message.name or role,
        role=role if message.name else "",
        picture=address_of(message.picture),
        offers=[button["label"] for button in message.buttons] or asked_for(message.control or {}),
        reached=reached(message, conversation),
        sendings=[sending(delivery) for delivery in message.sendings],  # type: ignore[attr-defined]
    )


def address_of(picture: dict[str, Any] | None) -> str:
    """Where the scenario's picture is served; empty where the visitors' pages are not part of this."""
    if not picture:
        return ""
    try:
        return reverse("picture", args=[picture["key"], picture["id"]])
    except (NoReverseMatch, KeyError):
        return ""


def reached(message: Message, conversation: Conversation) -> str:
    """Browsers tell this of agents' words only."""
    if message.author != Author.AGENT or message.gone:
        return ""
    if message.seq <= conversation.seen_seq:
        return "Seen"
    return "Delivered" if message.seq <= conversation.got_seq else "Not delivered yet"


def sending(delivery: Delivery) -> Sending:
    state, why = Delivery.State(delivery.state), delivery.last_error
    match state:
        case Delivery.State.SENT:
            return Sending(delivery, "good", "✓", "At the desk")
        case Delivery.State.PARKED:
            return Sending(delivery, "bad", "✕", "Not delivered: refused by the desk", why)
        case Delivery.State.GIVEN_UP:
            return Sending(delivery, "bad", "✕", given_up(delivery), why)
        case Delivery.State.UNKNOWN if why:
            return Sending(delivery, "warn", "?", "Perhaps delivered: the desk gave no answer, it is looked up again", why)
        case Delivery.State.UNKNOWN:
            return Sending(delivery, "warn", "…", "Tried again: it is looked up at the desk first")
        case Delivery.State.SENDING:
            return Sending(delivery, "quiet", "…", "Being sent")
        case _:
            return Sending(delivery, "warn" if why else "quiet", "…", "Stored, waiting to be sent", why)


def given_up(delivery: Delivery) -> str:
    at = timezone.localtime(delivery.given_up_at).strftime("%Y-%m-%d %H:%M") if delivery.given_up_at else "an unknown time"
    return f"Not delivered – given up by {delivery.given_up_by or 'somebody'} at {at}"


# --- What happened ------------------------------------------------------------------------------------------------------------------------


def steps(transfers: Iterable[Transfer]) -> Iterator[Happened]:
    for transfer in transfers:
        yield Happened(transfer, "asked", asked(transfer), transfer.requested_at)
        if transfer.joined_at:
            yield Happened(transfer, "joined", joined(transfer), transfer.joined_at)
        if transfer.ended_at:
            yield Happened(transfer, "ended", ended(transfer), transfer.ended_at)


def asked(transfer: Transfer) -> str:
    by = f", by the message “{transfer.asked_by}”" if transfer.asked_by else ""
    return f"Handed over to {transfer.handoff}{by}"


def joined(transfer: Transfer) -> str:
    """Who has it by now; the first one is in the system's own words beside it."""
    waited = duration(transfer.waiting_since, transfer.joined_at)
    return f"{transfer.agent_name or 'An agent'} came" + (f" after {waited}" if waited else "")


def ended(transfer: Transfer) -> str:
    took = duration(transfer.joined_at, transfer.ended_at)
    reason = Transfer.Reason(transfer.reason).label if transfer.reason else "for no known reason"
    return f"Ended: {reason}" + (f", after {took} with humans" if took else "")


def duration(since: datetime | None, until: datetime | None) -> str:
    """Such as “2 h 5 min”; empty for what has not begun."""
    if since is None or until is None or (until - since).total_seconds() < 1:
        return ""
    minutes, seconds = divmod(int((until - since).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


# --- Beside it ----------------------------------------------------------------------------------------------------------------------------


def stuck(conversation: Conversation) -> list[Sending]:
    """What failed and waits for somebody's decision."""
    failed = conversation.deliveries.filter(state__in=Delivery.FAILED).select_related("message", "transfer__handoff")
    return [sending(delivery) for delivery in failed[:MOST_DELIVERIES]]


def facts(context: Mapping[str, Any], below: str = "") -> Iterator[tuple[str, str]]:
    """(path, value) of every attribute, such as ``user.name``."""
    for name in sorted(context):
        value = context[name]
        if isinstance(value, Mapping):
            yield from facts(value, f"{below}{name}.")
        else:
            yield f"{below}{name}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
