"""The list of conversations: what can be asked of it, and what a line of it tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.urls import reverse

from handoffs import attributes
from handoffs.admin.base import cut
from handoffs.models import Author, Conversation, Delivery, Message, Scenario, Transfer, workspaces_of

FLOORS = {"bot": "Bot", "invited": "Invited to say why", "waiting": "Waiting for a human", "agent": "With a human"}
FLOOR_LOOKS = {"bot": "quiet", "invited": "warn", "waiting": "warn", "agent": "good"}
SHORT_NAME = re.compile(r"(?:visitor\s+)?([0-9a-f]{1,6})", re.IGNORECASE)
LONGEST_SEARCH = 200
LONGEST_WORDS = 140

Conversations = QuerySet[Conversation]


# --- What is known of each without asking for each ----------------------------------------------------------------------------------------


def with_floor(conversations: Conversations) -> Conversations:
    """``floor`` of each, by the rule of ``switchboard.floor``, without asking for each."""
    open_ones = Transfer.objects.open().filter(conversation=OuterRef("pk"))
    mode = Case(
        When(Exists(open_ones.exclude(agent_name="")), then=Value("agent")),
        When(Exists(open_ones.filter(state=Transfer.State.REQUESTED)), then=Value("invited")),
        When(Exists(open_ones), then=Value("waiting")),
        default=Value("bot"),
        output_field=CharField(),
    )
    return conversations.annotate(floor=mode)


def with_last_words(conversations: Conversations) -> Conversations:
    """``last_said`` and ``last_said_at`` of each; ``failed``: the states in which a delivery of it is stuck."""
    said = Message.objects.filter(conversation=OuterRef("pk"), revises=None).order_by("-seq")
    return conversations.annotate(
        last_said=Subquery(said.values("pk")[:1]),
        last_said_at=Subquery(said.values("said_at")[:1]),
        refused=Exists(deliveries_in(Delivery.State.PARKED)),
        unanswered=Exists(deliveries_in(Delivery.State.UNKNOWN)),
    )


def deliveries_in(*states: Delivery.State) -> QuerySet[Delivery]:
    return Delivery.objects.filter(conversation=OuterRef("pk"), state__in=states)


def said_like(conversations: Conversations, term: str) -> Conversations:
    """By the visitor's short name as it is shown, their name or e-mail address, or anything that was said."""
    term = " ".join(term.split())[:LONGEST_SEARCH]
    if not term:
        return conversations
    said = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=term)
    found = Exists(said) | Q(context__user__name__icontains=term) | Q(context__user__email__icontains=term)
    if short := SHORT_NAME.fullmatch(term):
        found |= Q(visitor__id__startswith=short[1].lower())
    return conversations.filter(found)


# --- Filters ------------------------------------------------------------------------------------------------------------------------------


class Choice(admin.SimpleListFilter):
    """One of ``choices_of``; anything else, an empty one too, leaves the list as it is."""

    def choices_of(self, request: HttpRequest) -> dict[str, str]:
        raise NotImplementedError

    def only(self, conversations: Conversations, value: str) -> Conversations:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.choices_of(request).items())

    def queryset(self, request: HttpRequest, queryset: Conversations) -> Conversations:
        value = self.value()
        return self.only(queryset, value) if value and value in dict(self.lookup_choices) else queryset


class ScenarioFilter(Choice):
    title = "scenario"
    parameter_name = "scenario__id__exact"

    def choices_of(self, request: HttpRequest) -> dict[str, str]:
        own = Scenario.objects.filter(workspace__in=workspaces_of(request.user)).order_by("name")
        return {str(pk): name for pk, name in own.values_list("pk", "name")}

    def only(self, conversations: Conversations, value: str) -> Conversations:
        return conversations.filter(scenario=int(value))


class FloorFilter(Choice):
    title = "who has the floor"
    parameter_name = "floor"

    def choices_of(self, request: HttpRequest) -> dict[str, str]:
        return FLOORS

    def only(self, conversations: Conversations, value: str) -> Conversations:
        return conversations.filter(floor=value)  # type: ignore[misc]


class FailedFilter(Choice):
    title = "deliveries"
    parameter_name = "failed"

    def choices_of(self, request: HttpRequest) -> dict[str, str]:
        return {"any": "Something failed", "parked": "Refused by the desk", "unknown": "Sent without an answer", "given_up": "Given up"}

    def only(self, conversations: Conversations, value: str) -> Conversations:
        states = Delivery.FAILED if value == "any" else (Delivery.State(value),)
        return conversations.filter(Exists(deliveries_in(*states)))


class ReasonFilter(Choice):
    title = "how it ended with humans"
    parameter_name = "reason"

    def choices_of(self, request: HttpRequest) -> dict[str, str]:
        return dict(Transfer.Reason.choices)

    def only(self, conversations: Conversations, value: str) -> Conversations:
        return conversations.filter(Exists(Transfer.objects.filter(conversation=OuterRef("pk"), reason=value)))


class KindFilter(Choice):
    title = "kind"
    parameter_name = "desk"

    def choices_of(self, request: HttpRequest) -> dict[str, str]:
        return KINDS

    def only(self, conversations: Conversations, value: str) -> Conversations:
        return conversations.filter(desk=value)


KINDS: dict[str, str] = {
    Conversation.Desk.LIVE: "Of visitors",
    Conversation.Desk.REHEARSAL: "Rehearsals",
    Conversation.Desk.REAL: "Previews with the real desk",
}
FILTERS = [ScenarioFilter, FloorFilter, FailedFilter, ReasonFilter, KindFilter]


@dataclass(frozen=True)
class Select:
    """A filter as a field of the page's form."""

    name: str
    label: str
    choices: list[tuple[str, str, bool]]


def selects(specs: Iterable[Any]) -> list[Select]:
    return [select(spec) for spec in specs]


def select(spec: Any) -> Select:
    offered = [("", "Any", not spec.value()), *((value, label, spec.value() == value) for value, label in spec.lookup_choices)]
    return Select(spec.parameter_name, spec.title[0].upper() + spec.title[1:], offered)


# --- Lines --------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """``also``: the short name, if the visitor goes by another one. ``pills``: (look, words)."""

    address: str
    who: str
    also: str
    scenario: Scenario
    pills: list[tuple[str, str]]
    last_by: str
    last: str
    last_at: datetime


def lines(listed: Iterable[Any]) -> list[Line]:
    """In as many queries for one as for fifty."""
    listed = list(listed)
    last = Message.objects.prefetch_related("files").in_bulk([each.last_said for each in listed if each.last_said])
    return [line(each, last.get(each.last_said)) for each in listed]


def line(conversation: Any, last: Message | None) -> Line:
    who = known_as(conversation)
    return Line(
        address=reverse("admin:handoffs_conversation_change", args=[conversation.pk]),
        who=who or conversation.visitor.name(),
        also=conversation.visitor.name() if who else "",
        scenario=conversation.scenario,
        pills=list(pills(conversation)),
        last_by=spoken_by(last) if last else "",
        last=in_short(last) if last else "Nothing was said yet.",
        last_at=conversation.last_said_at or conversation.created_at,
    )


def known_as(conversation: Conversation) -> str:
    """The visitor's name or e-mail address, if the scenario knows one."""
    user = attributes.group(conversation.context, "user")
    given = (str(user.get(name) or "").strip() for name in ("name", "email"))
    return cut(next(filter(None, given), ""), 80)


def pills(conversation: Any) -> Iterable[tuple[str, str]]:
    yield FLOOR_LOOKS[conversation.floor], FLOORS[conversation.floor]
    if conversation.refused:
        yield "bad", "Not delivered"
    if conversation.unanswered:
        yield "warn", "Perhaps not delivered"
    if conversation.desk != Conversation.Desk.LIVE:
        yield "quiet", "Rehearsal" if conversation.desk == Conversation.Desk.REHEARSAL else "Preview"


def spoken_by(message: Message) -> str:
    return {Author.VISITOR: "Visitor", Author.BOT: "Bot", Author.AGENT: message.name or "Agent"}.get(Author(message.author), "")


def in_short(message: Message) -> str:
    if message.gone:
        return "(deleted by the agent)"
    files = [f"[{file.name}]" for file in message.files.all()]
    pictured = [message.picture.get("alt") or "[picture]"] if message.picture else []
    offered = [button["label"] for button in message.buttons]
    return cut(" ".join(message.text.split()) or " ".join([*files, *pictured, *offered]) or "…", LONGEST_WORDS)
