from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Case, CharField, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from handoffs.admin.base import ReadOnlyAdmin, preformatted
from handoffs.models import Conversation, Delivery, Message, Receipt, Transfer
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


class ConversationAdmin(ReadOnlyAdmin[Conversation]):
    list_display = ["visitor", "scenario", "floor", "last_seq", "created_at"]
    list_filter = [FloorFilter, "scenario"]
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

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        found = history_of(conversation) if conversation and self.has_view_permission(request, conversation) else {}
        return super().change_view(request, object_id, form_url, {**found, **(extra_context or {})})


def history_of(conversation: Conversation) -> dict[str, Any]:
    """What the page lists below the conversation's own fields; of very long ones the latest part."""
    said = conversation.messages.filter(revises=None).order_by("-ord", "-seq")
    sendings = Prefetch("deliveries", Delivery.objects.filter(kind=Delivery.Kind.MESSAGE), to_attr="sendings")
    messages: list[Message] = list(said.select_related("transfer__handoff").prefetch_related(sendings)[:MOST_MESSAGES])
    transfers = list(conversation.transfers.select_related("handoff"))
    return {
        "messages_said": messages[::-1],
        "earlier_left_out": len(messages) == MOST_MESSAGES,
        "transfers": transfers,
        "deliveries": Delivery.objects.filter(conversation=conversation).select_related("message")[:MOST_MESSAGES],
        "receipts": receipts_about(transfers),
    }


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
