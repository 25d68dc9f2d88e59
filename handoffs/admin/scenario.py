from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs.admin.base import OwnScripts, StackedInline, StayAfterAdding, copyable
from handoffs.models import InterfaceSettings, Scenario


class InterfaceSettingsInline(StackedInline[InterfaceSettings, Scenario]):
    model = InterfaceSettings
    can_delete = False
    classes = ["interface-settings"]
    fieldsets = [
        (None, {"fields": ["title", "bot_name"]}),
        ("Chatbot Controls", {"fields": ["use_websockets"]}),
        ("Embedding", {"fields": ["allowed_origins"]}),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Scenario | None = None) -> bool:
        """A scenario has its settings from the start."""
        return False


class ScenarioAdmin(StayAfterAdding[Scenario]):
    list_display = ["name", "workspace", "state", "messages", "handoffs", "chat_page"]
    list_filter = ["state", "workspace"]
    list_select_related = ["workspace"]
    search_fields = ["name", "key"]
    view_on_site = False
    readonly_fields = ["chat_page", "embed_code", "parts"]

    class Media(OwnScripts.Media):
        pass

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scenario]:
        switched_on = Count("handoffs", distinct=True, filter=Q(handoffs__active=True))
        return super().get_queryset(request).annotate(message_count=Count("templates", distinct=True), handoff_count=switched_on)

    def get_fieldsets(self, request: HttpRequest, obj: Scenario | None = None) -> Any:
        own = (None, {"fields": ["workspace", "name", "state", "key", *(["parts"] if obj else [])]})
        return [own, ("Chat page and embedding", {"fields": ["chat_page", "embed_code"]})] if obj else [own]

    def get_inlines(self, request: HttpRequest, obj: Scenario | None) -> list[Any]:
        return [InterfaceSettingsInline] if obj else []

    @admin.display(description="Messages", ordering="message_count")
    def messages(self, scenario: Scenario) -> SafeString:
        return listing("messagetemplate", scenario, scenario.message_count)  # type: ignore[attr-defined]

    @admin.display(description="Active handoffs", ordering="handoff_count")
    def handoffs(self, scenario: Scenario) -> SafeString:
        return listing("handoff", scenario, scenario.handoff_count)  # type: ignore[attr-defined]

    @admin.display(description="Chat page")
    def chat_page(self, scenario: Scenario) -> SafeString:
        return format_html('<a href="{}" target="_blank" rel="noopener">Open the chat</a>', scenario.get_absolute_url())

    @admin.display(description="Embed code")
    def embed_code(self, scenario: Scenario) -> SafeString:
        source = settings.PUBLIC_URL + static("webchat/embed.js")
        return copyable("Embed code", f'<script async src="{source}" data-scenario="{scenario.key}"></script>')

    @admin.display(description="Its parts")
    def parts(self, scenario: Scenario) -> SafeString:
        messages, handoffs = listing("messagetemplate", scenario, "Messages"), listing("handoff", scenario, "Handoffs")
        return format_html("{} · {} · {}", messages, handoffs, listing("conversation", scenario, "Conversations"))


def listing(noun: str, scenario: Scenario, text: object) -> SafeString:
    """A link to the list of a scenario's own ``noun``s."""
    return format_html('<a href="{}?scenario__id__exact={}">{}</a>', reverse(f"admin:handoffs_{noun}_changelist"), scenario.pk, text)
