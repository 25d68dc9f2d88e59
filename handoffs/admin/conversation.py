from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, CharField, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString

from handoffs.admin.base import ReadOnlyAdmin, preformatted
from handoffs.admin.own import OwnRelated, OwnWorkspaces, Role
from handoffs.introduce import asked_for
from handoffs.models import Author, Conversation, Delivery, File, Message, Receipt, Transfer
from handoffs.providers import base, registry

MOST_MESSAGES = 500
MOST_RECEIPTS = 200
FLOORS = {"bot": "Bot", "invited": "Invited to say why", "waiting": "Waiting for a human", "agent": "With a human"}


def with_floor(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
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


class FloorFilter(admin.SimpleListFilter):
    title = "who has the floor"
    parameter_name = "floor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(FLOORS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(floor=self.value()) if self.value() in FLOORS else queryset  # type: ignore[misc]


class ConversationAdmin(ReadOnlyAdmin[Conversation], OwnWorkspaces[Conversation]):
    list_display = ["visitor", "scenario", "floor", "last_seq", "created_at"]
    list_filter = [FloorFilter, ("scenario", OwnRelated)]
    list_select_related = ["visitor", "scenario"]
    search_fields = ["visitor__id__startswith"]
    search_help_text = "The six characters of a visitor’s name"
    fields = ["visitor", "scenario", "floor", "created_at", "context_json"]
    readonly_fields = ["floor", "context_json"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return with_floor(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """A visitor's name may be pasted as it is shown: “Visitor 1a2b3c”."""
        return super().get_search_results(request, queryset, search_term.lower().replace("visitor", "").strip())

    @admin.display(description="Floor", ordering="floor")
    def floor(self, conversation: Conversation) -> str:
        return FLOORS[conversation.floor]  # type: ignore[attr-defined]

    @admin.display(description="Context")
    def context_json(self, conversation: Conversation) -> SafeString:
        return preformatted(json.dumps(conversation.context, indent=2, ensure_ascii=False, sort_keys=True))

    def get_urls(self) -> list[URLPattern]:
        address = "<uuid:pk>/files/<uuid:file>/"
        return [path(address, self.admin_site.admin_view(self.file_view), name="handoffs_conversation_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, pk: uuid.UUID, file: uuid.UUID) -> HttpResponse:
        """A file to save, whatever it claims to be: nothing a visitor sent is ever opened here."""
        found = get_object_or_404(File.objects.select_related("conversation", "bytes"), pk=file, conversation=pk, state=File.State.READY)
        if not self.has_view_permission(request, found.conversation):
            raise PermissionDenied
        to_save = content_disposition_header(True, found.name) or "attachment"
        return HttpResponse(found.content(), content_type="application/octet-stream", headers={"Content-Disposition": to_save})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        found = history_of(conversation) if conversation and self.has_view_permission(request, conversation) else {}
        if found and not self.may(request, Role.ADMIN, conversation):
            found["receipts"] = []
        return super().change_view(request, object_id, form_url, {**found, **(extra_context or {})})


@dataclass(frozen=True)
class Said:
    """A message as the page shows it. ``reached``: how far it got on the way to the visitor, in words."""

    message: Message
    reached: str

    def offers(self) -> list[str]:
        return [button["label"] for button in self.message.buttons] or asked_for(self.message.control or {})


@dataclass(frozen=True)
class Episode:
    """A transfer as the page shows it, with how long the visitor waited and how long the humans took."""

    transfer: Transfer
    waited: str
    took: str


def history_of(conversation: Conversation) -> dict[str, Any]:
    """What the page lists below the conversation's own fields; of very long ones the latest part."""
    said = conversation.messages.filter(revises=None).order_by("-ord", "-seq")
    sendings = Prefetch("deliveries", Delivery.objects.filter(kind__in=Delivery.WORDS), to_attr="sendings")
    shown = said.select_related("transfer__handoff", "answers").prefetch_related(sendings, "files")
    messages: list[Message] = list(shown[:MOST_MESSAGES])
    transfers = list(conversation.transfers.select_related("handoff"))
    return {
        "messages_said": [Said(message, reached(message, conversation)) for message in reversed(messages)],
        "earlier_left_out": len(messages) == MOST_MESSAGES,
        "episodes": [episode(transfer) for transfer in transfers],
        "deliveries": Delivery.objects.filter(conversation=conversation).select_related("message")[:MOST_MESSAGES],
        "receipts": receipts_about(transfers),
    }


def reached(message: Message, conversation: Conversation) -> str:
    """Browsers tell this of agents' words only."""
    if message.author != Author.AGENT or message.gone:
        return ""
    if message.seq <= conversation.seen_seq:
        return "Seen"
    return "Delivered" if message.seq <= conversation.got_seq else "Not delivered yet"


def episode(transfer: Transfer) -> Episode:
    until = transfer.ended_at or timezone.now()
    return Episode(transfer, duration(transfer.waiting_since, transfer.joined_at or until), duration(transfer.joined_at, until))


def duration(since: datetime | None, until: datetime) -> str:
    """Such as 1:02:03, without fractions of a second; empty for what has not begun."""
    return str(until - since).partition(".")[0] if since and until >= since else ""


def receipts_about(transfers: list[Transfer]) -> list[Receipt]:
    """The latest webhook calls about the threads of ``transfers``. A receipt does not know its transfer, so the bodies are read."""
    threads = {(transfer.handoff_id, transfer.thread_id) for transfer in transfers if transfer.thread_id}
    if not threads:
        return []
    since = min(transfer.requested_at for transfer in transfers)
    near = Receipt.objects.filter(Q(handoff__in={handoff for handoff, _ in threads}), received_at__gte=since).select_related("handoff")
    return [receipt for receipt in near[:MOST_RECEIPTS] if {(receipt.handoff_id, thread) for thread in threads_of(receipt)} & threads]


def threads_of(receipt: Receipt) -> set[str]:
    try:
        events = registry.provider_class(receipt.handoff.system).parse(bytes(receipt.raw))
    except (base.Malformed, LookupError):
        return set()
    return {event.thread.conversation_id for event in events if not isinstance(event, base.Ignored)}
