"""The chat page, and a sample shop that embeds it."""

from __future__ import annotations

import json

from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_exempt

from handoffs import tickets
from handoffs.models import Scenario
from webchat.looks import launcher_of, look_of
from webchat.routing import SOCKET_PATH
from webchat.words import in_language, language_of

LAUNCHER_KEPT_SECONDS = 60


def active_scenario(request: HttpRequest, key: str) -> Scenario | None:
    active = Scenario.objects.active().in_workspace(request.workspace)  # type: ignore[attr-defined]
    return None if "\0" in key else active.select_related("interface").filter(key=key).first()


def scenario_of(request: HttpRequest, key: str) -> Scenario | None:
    """Drafts as well: for those who may see them."""
    own = Scenario.objects.in_workspace(request.workspace)  # type: ignore[attr-defined]
    return None if "\0" in key else own.select_related("interface").filter(key=key).first()


def unavailable(request: HttpRequest) -> HttpResponseBase:
    """Unknown, inactive and another workspace's look the same, so its language is the browser's and not the scenario's.

    Nobody knows which website may show it, and there is nothing on it to be tricked into: each may, instead of a browser's error page.
    """
    policy = csp_replace({"frame-ancestors": ["*"]})
    answer = policy(lambda request: render(request, "webchat/unavailable.html", in_language(language_of(request)), status=404))(request)
    patch_vary_headers(answer, ["Accept-Language"])
    return answer


@xframe_options_exempt
def chat(request: HttpRequest, key: str) -> HttpResponseBase:
    """``/chat/<key>/``: the chat as a page of its own, and inside the widget's frame on the websites the scenario allows."""
    if "preview" in request.GET:
        return preview(request, key)
    scenario = active_scenario(request, key)
    if scenario is None:
        return unavailable(request)
    return chat_page(request, scenario)


def preview(request: HttpRequest, key: str) -> HttpResponseBase:
    """The same page for an admin with a ticket, also of a draft. A ticket that is no good is refused in words."""
    scenario = scenario_of(request, key)
    if scenario is None:
        return unavailable(request)
    try:
        ticket = tickets.read(request.GET["preview"], scenario)
    except tickets.BadTicket as error:
        return no_preview(request, str(error))
    return chat_page(request, scenario, ticket=ticket.text(), shelf=f"preview:{ticket.key}")


def no_preview(request: HttpRequest, why: str) -> HttpResponseBase:
    """Shown in the admin's frame."""
    policy = csp_replace({"frame-ancestors": ["'self'"]})
    return policy(lambda request: render(request, "webchat/no_preview.html", {"why": why}, status=403))(request)


def chat_page(request: HttpRequest, scenario: Scenario, **more: str) -> HttpResponseBase:
    look = look_of(scenario.interface)
    shown = {"scenario": scenario, "look": look, "look_json": json.dumps(look), "socket_path": f"/{SOCKET_PATH}", **more}
    spoken = in_language(language_of(request, scenario.interface.language))
    # Files come with the visitor's token, so the page fetches them and shows blobs.
    files = {"img-src": ["'self'", "blob:"], "media-src": ["blob:"]}
    policy = csp_replace({"frame-ancestors": ["'self'", *scenario.interface.origins()], **files})
    answer = policy(lambda request: render(request, "webchat/chat.html", shown | spoken))(request)
    patch_vary_headers(answer, ["Accept-Language"])
    return answer


def launcher(request: HttpRequest, key: str) -> HttpResponse:
    """``/chat/<key>/look.mjs``: the launcher's look, as a module, so that a website's policy need not allow more than our script."""
    scenario = active_scenario(request, key)
    if scenario is None:
        return HttpResponse("// There is no such chat, or it is not active.\n", content_type="text/javascript; charset=utf-8", status=404)
    told = launcher_of(scenario.interface, request.GET.get("language", ""))
    answer = HttpResponse(f"export default {json.dumps(told)};\n", content_type="text/javascript; charset=utf-8")
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = f"public, max-age={LAUNCHER_KEPT_SECONDS}"
    return answer


@xframe_options_exempt
def peek(request: HttpRequest, key: str) -> HttpResponseBase:
    """``/chat/<key>/peek/``: a page without content that tells the launcher whether this visitor was here before."""
    scenario = active_scenario(request, key)
    if scenario is None:
        return unavailable(request)
    policy = csp_replace({"frame-ancestors": ["'self'", *scenario.interface.origins()]})
    return policy(lambda request: render(request, "webchat/peek.html", {"scenario": scenario}))(request)


def sample(request: HttpRequest, key: str) -> HttpResponseBase:
    """``/chat/<key>/sample/``: somebody's shop with the widget embedded, and the policy such a shop needs."""
    scenario = active_scenario(request, key)
    if scenario is None:
        return unavailable(request)
    shown = {"scenario": scenario, "hub": settings.PUBLIC_URL}
    embedding = csp_update({"script-src": settings.PUBLIC_URL, "frame-src": settings.PUBLIC_URL})
    return embedding(lambda request: render(request, "webchat/sample.html", shown))(request)
