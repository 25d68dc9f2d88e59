from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse

from handoffs.admin.concerns import concerns
from handoffs.admin.conversation import ConversationAdmin
from handoffs.admin.delivery import DeliveryAdmin
from handoffs.admin.handoff import HandoffAdmin
from handoffs.admin.interface import InterfaceSettingsAdmin
from handoffs.admin.message import MessageTemplateAdmin
from handoffs.admin.people import MembershipAdmin
from handoffs.admin.receipt import ReceiptAdmin
from handoffs.admin.scenario import ScenarioAdmin, overview
from handoffs.admin.workspace import WorkspaceAdmin
from handoffs.models import (
    Conversation,
    Delivery,
    Handoff,
    InterfaceSettings,
    Membership,
    MessageTemplate,
    Receipt,
    Scenario,
    Workspace,
    workspaces_of,
)

# In the order of the menu.
NOUNS: list[tuple[type[Model], type[ModelAdmin[Any]]]] = [
    (Workspace, WorkspaceAdmin),
    (Membership, MembershipAdmin),
    (Scenario, ScenarioAdmin),
    (InterfaceSettings, InterfaceSettingsAdmin),
    (MessageTemplate, MessageTemplateAdmin),
    (Handoff, HandoffAdmin),
    (Conversation, ConversationAdmin),
    (Delivery, DeliveryAdmin),
    (Receipt, ReceiptAdmin),
]
MENU = [model for model, _ in NOUNS]


class HandoffAdminSite(admin.AdminSite):
    """Registers its nouns itself.

    Django makes the default site when a first admin module registers something; with ``@register`` in our modules, importing this one would
    do that again inside, and what they registered would be lost with the inner site.
    """

    site_header = site_title = "Handoff"
    index_title = "Overview"
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        for model, pages in NOUNS:
            self.register(model, pages)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Django brings its groups along; here people have roles."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().register([model for model in models if model is not Group], admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Without Django's door from any row of any model to its page on the site: it asks nobody's role."""
        return [each for each in super().get_urls() if getattr(each, "name", None) != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        nowhere = not request.user.is_superuser and not workspaces_of(request.user).exists()
        told = {"concerns": concerns(request.user), "nowhere": nowhere, **overview(request)}
        return super().index(request, {**told, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Our nouns first, in the order in which one sets things up, then Django's."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda entry: MENU.index(entry["model"]) if entry["model"] in MENU else len(MENU))
        return sorted(apps, key=lambda app: app["app_label"] != "handoffs")
