"""Publish: what to paste into a website, which ones may have it, and whether it is seen there."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from handoffs.admin.editable import hold
from handoffs.admin.own import Role, own_scenario
from handoffs.forms.interface import OriginsForm
from handoffs.models import Conversation, InterfaceSettings, Scenario, workspaces_of
from handoffs.models.conversation import VisitorToken

MOST_SITES = 20


def urls(site: AdminSite) -> list[URLPattern]:
    return [
        path("<int:pk>/publish/", site.admin_view(publish_view(site)), name="handoffs_scenario_publish"),
        path("<int:pk>/publish/identity/", site.admin_view(require_POST(identity_view(site))), name="handoffs_scenario_identity"),
    ]


def publish_view(site: AdminSite) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        if request.method == "POST":
            return save_origins(site, request, pk)
        scenario = own_scenario(request, pk)
        return page(site, request, scenario, form=OriginsForm(instance=scenario.interface))

    return view


@transaction.atomic
def save_origins(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    hold(InterfaceSettings, pk)
    scenario = own_scenario(request, pk, Role.EDITOR)
    form = OriginsForm(request.POST, instance=scenario.interface)
    if not form.is_valid():
        return page(site, request, scenario, form=form)
    # Nothing else of the interface, which somebody may be editing.
    form.instance.save(update_fields=["allowed_origins", "edition"])
    site.get_model_admin(InterfaceSettings).log_change(request, form.instance, "Changed the websites.")
    messages.success(request, "The websites were saved.")
    return redirect("admin:handoffs_scenario_publish", pk)


def identity_view(site: AdminSite) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        """A new secret is in this answer and nowhere else; nobody can look it up later."""
        scenario = own_scenario(request, pk, Role.ADMIN)
        if request.POST.get("do") == "forget":
            keep_secret(scenario, "")
            messages.success(request, "The identity secret was deleted. Visitors cannot be signed any more.")
            return redirect("admin:handoffs_scenario_publish", pk)
        if request.POST.get("do") != "make":
            raise PermissionDenied
        secret = secrets.token_urlsafe(32)
        keep_secret(scenario, secret)
        return page(site, request, scenario, form=OriginsForm(instance=scenario.interface), new_secret=secret)

    return view


@transaction.atomic
def keep_secret(scenario: Scenario, secret: str) -> None:
    scenario.identity_secret = secret
    Scenario.objects.filter(pk=scenario.pk).update(identity_secret_sealed=scenario.identity_secret_sealed)


def page(site: AdminSite, request: HttpRequest, scenario: Scenario, **more: Any) -> TemplateResponse:
    own = workspaces_of(request.user, Role.EDITOR).filter(pk=scenario.workspace_id)
    # A form that was refused has put what was typed into the settings; what is in force is what is stored.
    interface = InterfaceSettings.objects.get(pk=scenario.pk)
    shown = {
        **site.each_context(request),
        "opts": Scenario._meta,
        "title": "Publish",
        "subtitle": None,
        "scenario": scenario,
        "embed_code": embed_code(scenario),
        "hub": settings.PUBLIC_URL,
        "origins": interface.origins(),
        "chat_page": settings.PUBLIC_URL + scenario.get_absolute_url(),
        "sample_page": reverse("sample", args=[scenario.key]),
        "seen": seen_on(scenario),
        "may_change": own.exists(),
        "is_admin": workspaces_of(request.user, Role.ADMIN).filter(pk=scenario.workspace_id).exists(),
        "has_secret": bool(scenario.identity_secret_sealed),
        **more,
    }
    return TemplateResponse(request, "admin/handoffs/scenario/publish.html", shown)


def embed_code(scenario: Scenario) -> str:
    source = settings.PUBLIC_URL + static("webchat/embed.js")
    return f'<script async src="{source}" data-scenario="{scenario.key}"></script>'


def seen_on(scenario: Scenario) -> QuerySet[VisitorToken, Any]:
    """The websites on which visitors have talked, the latest first."""
    live = VisitorToken.objects.filter(visitor__scenario=scenario, visitor__conversation__desk=Conversation.Desk.LIVE)
    sites = live.exclude(origin__in=["", settings.PUBLIC_URL]).values("origin")
    return sites.annotate(last_at=Max("used_at"), visitors=Count("visitor", distinct=True)).order_by("-last_at")[:MOST_SITES]
