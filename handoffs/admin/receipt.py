from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from handoffs.admin.base import ReadOnlyAdmin, preformatted, shortened
from handoffs.admin.own import OwnRelated, OwnWorkspaces, Role
from handoffs.models import Receipt
from handoffs.providers import registry

MASK = "••••••"


class ReceiptAdmin(ReadOnlyAdmin[Receipt], OwnWorkspaces[Receipt]):
    """Bodies are personal data, so they are for admins."""

    workspace_path = "handoff__scenario__workspace"
    least_to_view = Role.ADMIN
    list_display = ["received_at", "state", "effect_in_short", "error_in_short", "handoff", "signed"]
    list_filter = ["state", "signed", ("handoff", OwnRelated)]
    list_select_related = ["handoff"]
    search_fields = ["delivery_id"]
    search_help_text = "What the desk calls the call"
    fields = [
        "handoff",
        "received_at",
        "signed",
        "delivery_id",
        "state",
        "effect",
        "attempts",
        "due_at",
        "applied_at",
        "error_in_full",
        "body",
    ]
    readonly_fields = ["received_at", "error_in_full", "body"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        # A body may have a megabyte.
        return super().get_queryset(request).defer("raw")

    @admin.display(description="Effect")
    def effect_in_short(self, receipt: Receipt) -> str:
        return shortened(receipt.effect)

    @admin.display(description="Error")
    def error_in_short(self, receipt: Receipt) -> str:
        return shortened(receipt.error)

    @admin.display(description="Error")
    def error_in_full(self, receipt: Receipt) -> SafeString:
        return preformatted(receipt.error)

    @admin.display(description="Body")
    def body(self, receipt: Receipt) -> SafeString:
        return preformatted(legible(bytes(receipt.raw), secret_names(receipt.handoff.system)))


def secret_names(system: str) -> frozenset[str]:
    try:
        return registry.provider_class(system).secret_names
    except LookupError:
        return frozenset()


def legible(raw: bytes, secrets: frozenset[str]) -> str:
    """The body as indented JSON without its secrets. What is not JSON is not shown: its secrets could not be told."""
    try:
        return json.dumps(masked(json.loads(raw), secrets), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return f"{len(raw)} bytes that are not readable as JSON."


def masked(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: MASK if name in secrets and inner else masked(inner, secrets) for name, inner in value.items()}
    return [masked(inner, secrets) for inner in value] if isinstance(value, list) else value
