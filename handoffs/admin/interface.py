"""Interface settings, with the chat itself beside them."""

from __future__ import annotations

import json
from typing import Any

from csp.decorators import csp_update
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from handoffs.admin.base import OwnScripts
from handoffs.admin.editable import EditableAdmin
from handoffs.colours import unreadable
from handoffs.forms.interface import InterfaceForm
from handoffs.forms.picture import keep_chosen
from handoffs.models import Block, InterfaceSettings, MessageTemplate, Scenario

MOST_TILES = 6
CONTROLS = ["use_websockets", "may_restart", "may_end", "may_download"]
FRAME_OF_OUR_OWN = csp_update({"frame-src": ["'self'"]})


class InterfaceSettingsAdmin(EditableAdmin[InterfaceSettings]):
    form = InterfaceForm
    change_form_template = "admin/handoffs/interfacesettings/change_form.html"

    class Media(OwnScripts.Media):
        pass

    def get_fieldsets(self, request: HttpRequest, obj: InterfaceSettings | None = None) -> Any:
        logo = ["new_logo", "no_logo"] if obj and obj.logo_id else ["new_logo"]
        avatar = ["new_bot_avatar", "no_bot_avatar"] if obj and obj.bot_avatar_id else ["new_bot_avatar"]
        if not self.has_change_permission(request, obj):
            logo, avatar = ["logo"], ["bot_avatar"]
        return [
            ("Who is speaking", {"fields": ["title", *logo, "bot_name", *avatar]}),
            ("Colours", {"fields": ["accent", "on_accent", "scheme"]}),
            ("Launcher and size", {"fields": ["launcher_text", "launcher_side", "size"]}),
            ("How the chat starts", {"fields": ["start_new", "start_returning", "start_ongoing", "show_history"]}),
            ("Chatbot Controls", {"fields": CONTROLS}),
            ("Language and consent", {"fields": ["language", "consent_text"]}),
            ("Embedding", {"fields": ["allowed_origins"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: InterfaceSettings | None = None) -> list[str]:
        return [] if self.has_change_permission(request, obj) else ["logo", "bot_avatar"]

    # --- There is one for each scenario, from the start -----------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Reached from its scenario only."""
        return False

    def has_add_permission(self, request: HttpRequest, *more: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: InterfaceSettings | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:  # type: ignore[override]
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:handoffs_scenario_changelist")

    # --- Its page -------------------------------------------------------------------------------------------------------------------------

    @method_decorator(FRAME_OF_OUR_OWN)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        interface = self.get_object(request, object_id)
        page = page_context(interface) if interface else {}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            keep_chosen(context["adminform"].form, context["scenario"])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: InterfaceSettings, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if problem := unreadable(obj.accent, obj.on_accent):
            self.message_user(request, problem, messages.WARNING)

    def response_change(self, request: HttpRequest, obj: InterfaceSettings) -> HttpResponse:
        self.message_user(request, "The interface settings were saved. Chats that are open take them on when they are loaded again.")
        return redirect(reverse("admin:handoffs_interfacesettings_change", args=[obj.pk]))


def page_context(interface: InterfaceSettings) -> dict[str, Any]:
    scenario = interface.scenario
    pictures = {name: picture_address(interface, f"{column}_id") for name, column in (("logo", "logo"), ("avatar", "bot_avatar"))}
    return {
        "title": "Interface settings",
        "scenario": scenario,
        "pictures": pictures,
        "tiles_json": json.dumps(sample(scenario)),
        "draft_address": scenario.get_absolute_url() + "draft/",
        "unreadable": unreadable(interface.accent, interface.on_accent),
    }


def sample(scenario: Scenario) -> list[dict[str, Any]]:
    """What the chat beside the settings shows: how the scenario begins with everybody, and a visitor's words."""
    welcome = scenario.templates.filter(when=MessageTemplate.When.WELCOME, conditions=[]).first()
    said = [tile_of(block) for block in welcome.blocks.all()[:MOST_TILES]] if welcome else []
    tiles = said or [{"kind": "text", "text": "Hello! How can we help?"}]
    return [*tiles, {"kind": "visitor", "text": "Hello, I have a question."}]


def tile_of(block: Block) -> dict[str, Any]:
    said = {name: getattr(block, name) for name in ("kind", "text", "alt_text", "buttons", "fields", "joined_text")}
    return {**said, "picture": str(block.picture_id) if block.picture_id else ""}


def picture_address(interface: InterfaceSettings, column: str) -> str:
    picture = getattr(interface, column)
    return reverse("picture", args=[interface.scenario.key, picture]) if picture else ""
