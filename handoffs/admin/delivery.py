from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs import introduce, outbox
from handoffs.admin.base import ReadOnlyAdmin, preformatted, shortened
from handoffs.admin.own import OwnRelated, OwnWorkspaces
from handoffs.models import Delivery, workspaces_of


class DeliveryAdmin(ReadOnlyAdmin[Delivery], OwnWorkspaces[Delivery]):
    workspace_path = "conversation__scenario__workspace"
    list_display = ["visitor", "kind", "state", "error", "handoff", "due_at"]
    list_filter = ["state", "kind", ("transfer__handoff", OwnRelated)]
    list_select_related = ["conversation__visitor", "transfer__handoff"]
    ordering = ["-id"]
    actions = ["try_again"]
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
        "echoed_at",
        "error_in_full",
        "given_up_by",
        "given_up_at",
        "key",
        "created_at",
    ]
    readonly_fields = ["visitor", "handoff", "text", "error_in_full", "key", "created_at"]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Editors may send again what a desk refused."""
        return self.may(request, self.least_to_change)

    @admin.action(description="Try again what the desk refused", permissions=["resend"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        own = chosen.filter(conversation__scenario__workspace__in=workspaces_of(request.user, self.least_to_change))
        tried = [outbox.send_again(delivery) for delivery in own]
        left = f" The other {tried.count(False)} had not been refused." if False in tried else ""
        self.message_user(request, f"{tried.count(True)} of {len(tried)} are tried again; each is looked for at the desk first.{left}")

    @admin.display(description="Conversation", ordering="conversation")
    def visitor(self, delivery: Delivery) -> SafeString:
        address = reverse("admin:handoffs_conversation_change", args=[delivery.conversation_id])
        return format_html('<a href="{}">{}</a>', address, delivery.conversation.visitor)

    @admin.display(description="Handoff", ordering="transfer__handoff__name")
    def handoff(self, delivery: Delivery) -> str:
        return str(delivery.transfer.handoff)

    @admin.display(description="Text")
    def text(self, delivery: Delivery) -> SafeString:
        return preformatted(words_of(delivery))

    @admin.display(description="Last error")
    def error(self, delivery: Delivery) -> str:
        return shortened(delivery.last_error)

    @admin.display(description="Last error")
    def error_in_full(self, delivery: Delivery) -> SafeString:
        return preformatted(delivery.last_error)


def words_of(delivery: Delivery) -> str:
    """What the agent gets to read; of a report or a removal, the message it is about."""
    match delivery.kind:
        case Delivery.Kind.BRIEF:
            return introduce.brief(delivery.transfer, delivery.message)
        case Delivery.Kind.NOTE:
            return introduce.note(delivery.transfer, delivery.message)
    files = [f"[{file}]" for file in delivery.message.files.all()]
    return "\n".join(filter(None, [delivery.message.text, *files]))
