from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs.admin.base import ReadOnlyAdmin, preformatted, shortened
from handoffs.models import Delivery


class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = ["visitor", "kind", "state", "error", "handoff", "due_at"]
    list_filter = ["state", "kind", "transfer__handoff"]
    list_select_related = ["conversation__visitor", "transfer__handoff"]
    ordering = ["-id"]
    fields = [
        "visitor",
        "handoff",
        "kind",
        "text",
        "state",
        "attempts",
        "due_at",
        "sent_at",
        "remote_id",
        "error_in_full",
        "key",
        "created_at",
    ]
    readonly_fields = ["visitor", "handoff", "text", "error_in_full", "key", "created_at"]

    @admin.display(description="Conversation", ordering="conversation")
    def visitor(self, delivery: Delivery) -> SafeString:
        address = reverse("admin:handoffs_conversation_change", args=[delivery.conversation_id])
        return format_html('<a href="{}">{}</a>', address, delivery.conversation.visitor)

    @admin.display(description="Handoff", ordering="transfer__handoff__name")
    def handoff(self, delivery: Delivery) -> str:
        return str(delivery.transfer.handoff)

    @admin.display(description="Text")
    def text(self, delivery: Delivery) -> SafeString:
        brief = delivery.kind == Delivery.Kind.BRIEF
        return preformatted("What was said before the handover." if brief else delivery.message.text)

    @admin.display(description="Last error")
    def error(self, delivery: Delivery) -> str:
        return shortened(delivery.last_error)

    @admin.display(description="Last error")
    def error_in_full(self, delivery: Delivery) -> SafeString:
        return preformatted(delivery.last_error)
