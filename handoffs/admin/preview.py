"""Preview: the scenario in the real widget beside what happens inside, and a desk to rehearse with."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from csp.decorators import csp_update
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from handoffs import attributes, previews, rehearsal, stage, switchboard, tickets
from handoffs.admin.conversation import receipts_about
from handoffs.admin.own import own_scenario
from handoffs.models import Block, Conversation, Delivery, Explanation, Handoff, Receipt, Scenario, Transfer, workspaces_of
from handoffs.rehearsal import CannotRehearse
from handoffs.relay import wake

Desk = Conversation.Desk
MOST = 100
NOT_YET = "The desk hears of a visitor when they say something after being handed over. Ask for a human in the chat, then write."
DOWN = "The desk is down, so it has not heard of this chat. It will, once it is back."


def urls(site: AdminSite) -> list[URLPattern]:
    def at(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
        return path(f"<int:pk>/preview/{address}", site.admin_view(view), name=f"handoffs_scenario_preview{name}")

    return [
        path("<int:pk>/preview/", site.admin_view(page_of(site)), name="handoffs_scenario_preview"),
        at("start/", require_POST(start), "_start"),
        at("state/", require_GET(state), "_state"),
        at("attribute/", require_POST(set_attribute), "_attribute"),
        at("desk/", desk, "_desk"),
    ]


# --- The page -----------------------------------------------------------------------------------------------------------------------------


def page_of(site: AdminSite) -> Callable[..., HttpResponseBase]:
    def page(request: HttpRequest, pk: int) -> HttpResponseBase:
        scenario = own_scenario(request, pk)
        shown = {
            **site.each_context(request),
            "title": f"Preview of {scenario}",
            "scenario": scenario,
            "real_desks": real_desks(scenario) if may_call_agents(request, scenario) else [],
        }
        framing = csp_update({"frame-src": ["'self'"]})
        return framing(lambda request: TemplateResponse(request, "admin/handoffs/scenario/preview.html", shown))(request)

    return page


def real_desks(scenario: Scenario) -> list[Handoff]:
    """Whom the scenario's tiles would call."""
    named = Block.objects.filter(template__scenario=scenario, kind=Block.Kind.HANDOVER).values("handoff")
    return list(Handoff.objects.real().filter(pk__in=named, active=True))


def may_call_agents(request: HttpRequest, scenario: Scenario) -> bool:
    return workspaces_of(request.user, tickets.LEAST[Desk.REAL]).filter(pk=scenario.workspace_id).exists()


# --- Beginning ----------------------------------------------------------------------------------------------------------------------------


def start(request: HttpRequest, pk: int) -> HttpResponse:
    """A ticket for the chat page. What was previewed before is left: its humans learn that the visitor went away."""
    wanted = Desk.REAL if request.POST.get("desk") == "real" else Desk.REHEARSAL
    scenario = own_scenario(request, pk, tickets.LEAST[wanted])
    if wanted == Desk.REAL and "sure" not in request.POST:
        return refused("Tick that real agents may be called, then start again.")
    before = own_preview(request, scenario) if request.POST.get("key") else None
    if before is not None:
        switchboard.visitor_ends(before.pk)
    after = before.ticket if before is not None and request.POST.get("visitor") == "returning" else None
    ticket = tickets.give(scenario, request.user, wanted, after)
    address = f"{reverse('chat', args=[scenario.key])}?preview={ticket.text()}"
    return JsonResponse({"key": str(ticket.key), "address": address, "desk": wanted.value, "note": note_on(scenario, wanted)})


def note_on(scenario: Scenario, wanted: Desk) -> str:
    """What stands in the way of a rehearsal, in words; empty when nothing does."""
    if wanted == Desk.REAL:
        return ""
    try:
        hidden = rehearsal.prepare(scenario)
    except CannotRehearse as error:
        return str(error)
    if hidden.plays_down():
        # Whoever starts anew has seen enough of that.
        befall(hidden, "up")
    return ""


def refused(why: str) -> JsonResponse:
    """As a form that comes back with an error: the request itself was fine."""
    return JsonResponse({"error": why})


def own_preview(request: HttpRequest, scenario: Scenario) -> Conversation | None:
    """Everybody sees and drives their own previews only."""
    key = request.GET.get("key") or request.POST.get("key") or ""
    try:
        found = previews.found(scenario, uuid.UUID(key))
    except ValueError:
        raise Http404("There is no such preview.") from None
    return found if found and found.previewed_by_id == request.user.pk else None


# --- What happens inside ------------------------------------------------------------------------------------------------------------------


def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked every second; answered with 304 while nothing changes."""
    conversation = own_preview(request, own_scenario(request, pk))
    body = json.dumps(inside(conversation) if conversation else {"begun": False}, sort_keys=True)
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    return HttpResponse(body, content_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})


def inside(conversation: Conversation) -> dict[str, Any]:
    transfers = list(conversation.transfers.select_related("handoff"))
    deliveries = Delivery.objects.filter(conversation=conversation).select_related("message").order_by("-pk")[:MOST]
    explanations = conversation.explanations.order_by("-pk")[:MOST]
    return {
        "begun": True,
        "context": conversation.context,
        "floor": transfers[0].state if transfers else "",
        "why": [told_why(each) for each in explanations],
        "transfers": [told_transfer(each) for each in transfers],
        "deliveries": [told_delivery(each) for each in deliveries],
        "receipts": [told_receipt(each) for each in receipts_about(transfers)],
    }


def told_why(each: Explanation) -> dict[str, Any]:
    address = reverse("admin:handoffs_messagetemplate_change", args=[each.template_id]) if each.template_id else ""
    return {
        "id": each.pk,
        "said": each.said,
        "message": each.template_name,
        "address": address,
        "why": each.why,
        "problem": each.problem,
        "at": clock(each.created_at),
    }


def told_transfer(each: Transfer) -> dict[str, Any]:
    steps = [
        ("Requested", each.requested_at),
        ("Waiting since", each.waiting_since),
        ("Agent joined", each.joined_at),
        ("Ended", each.ended_at),
    ]
    return {
        "id": str(each.pk),
        "state": each.state,
        "words": each.get_state_display() + (f": {each.get_reason_display()}" if each.reason else ""),
        "handoff": each.handoff.name,
        "asked_by": each.asked_by,
        "agent": each.agent_name,
        "steps": [[name, clock(moment)] for name, moment in steps if moment],
    }


def told_delivery(each: Delivery) -> dict[str, Any]:
    return {
        "id": each.pk,
        "address": reverse("admin:handoffs_delivery_change", args=[each.pk]),
        "what": f"{each.get_kind_display()} · number {each.message.seq}",
        "state": each.state,
        "words": each.get_state_display(),
        "attempts": each.attempts,
        "error": each.last_error,
    }


def told_receipt(each: Receipt) -> dict[str, Any]:
    return {
        "id": each.pk,
        "address": reverse("admin:handoffs_receipt_change", args=[each.pk]),
        "what": each.effect or "Not applied yet",
        "state": each.state,
        "words": each.get_state_display(),
        "error": each.error.strip().rpartition("\n")[2],
    }


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


# --- Setting an attribute -----------------------------------------------------------------------------------------------------------------


def set_attribute(request: HttpRequest, pk: int) -> HttpResponse:
    conversation = own_preview(request, own_scenario(request, pk))
    if conversation is None:
        return refused("The chat has not begun yet. Wait until it has greeted you.")
    try:
        switchboard.set_attribute(conversation.pk, request.POST.get("path", "").strip(), meant(request.POST.get("value", "")))
    except ValueError as error:
        return refused(str(error))
    return JsonResponse({})


def meant(typed: str) -> attributes.Plain:
    """True, false and numbers as what they are; everything else is words."""
    known = {"true": True, "false": False}
    if typed.strip().lower() in known:
        return known[typed.strip().lower()]
    for number in (int, float):
        try:
            return number(typed) if len(typed) <= 20 and attributes.is_plain(number(typed)) else typed
        except ValueError:
            continue
    return typed


# --- The desk -----------------------------------------------------------------------------------------------------------------------------


def desk(request: HttpRequest, pk: int) -> HttpResponse:
    scenario = own_scenario(request, pk)
    conversation = own_preview(request, scenario)
    if request.method == "POST":
        return act(request, scenario, conversation)
    body = desk_view(scenario, conversation)
    tag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    return JsonResponse(body, headers={"ETag": tag, "Cache-Control": "no-cache"})


def desk_view(scenario: Scenario, conversation: Conversation | None) -> dict[str, Any]:
    hidden = rehearsal.hidden_handoff(scenario.pk)
    view: dict[str, Any] = {"down": is_down(hidden), "messages": [], "status": "", "note": ""}
    scene = stage.scene_of(conversation.latest_transfer()) if conversation else None
    if scene is None:
        return view | {"note": why_no_thread(hidden)}
    try:
        return view | stage.shown(scene)
    except CannotRehearse as error:
        return view | {"note": str(error)}


def is_down(hidden: Handoff | None) -> bool:
    return hidden is not None and hidden.plays_down()


def why_no_thread(hidden: Handoff | None) -> str:
    return DOWN if is_down(hidden) else NOT_YET


def act(request: HttpRequest, scenario: Scenario, conversation: Conversation | None) -> HttpResponse:
    """What the agent does, or what befalls the desk."""
    wanted = request.POST.get("act", "")
    hidden = rehearsal.hidden_handoff(scenario.pk)
    if wanted in ("down", "up"):
        if hidden is None:
            return refused("There is no rehearsal desk here.")
        return befall(hidden, wanted)
    if wanted not in stage.SITUATIONS:
        return refused("This is nothing an agent can do here.")
    scene = stage.scene_of(conversation.latest_transfer()) if conversation else None
    if scene is None:
        return refused(why_no_thread(hidden))
    try:
        stage.SITUATIONS[wanted](scene, request.POST.get("text", ""))
    except CannotRehearse as error:
        return refused(str(error))
    return JsonResponse({})


def befall(hidden: Handoff, what: str) -> HttpResponse:
    if what == "down":
        stage.take_down(hidden)
    else:
        stage.bring_back(hidden)
        wake(hidden)
    return JsonResponse({})
