"""The chat page, and a sample shop that embeds it."""

from __future__ import annotations

from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt

from handoffs.models import Scenario
from webchat.routing import SOCKET_PATH


def active_scenario(request: HttpRequest, key: str) -> Scenario | None:
    active = Scenario.objects.active().in_workspace(request.workspace)  # type: ignore[attr-defined]
    return None if "\0" in key else active.select_related("interface").filter(key=key).first()


def unavailable(request: HttpRequest) -> HttpResponse:
    """Unknown, inactive and another workspace's look the same."""
    return render(request, "webchat/unavailable.html", status=404)


@xframe_options_exempt
def chat(request: HttpRequest, key: str) -> HttpResponseBase:
    """``/chat/<key>/``: the chat as a page of its own, and inside the widget's frame on the websites the scenario allows."""
    scenario = active_scenario(request, key)
    if scenario is None:
        return unavailable(request)
    shown = {"scenario": scenario, "interface": scenario.interface, "socket_path": f"/{SOCKET_PATH}"}
    # Files come with the visitor's token, so the page fetches them and shows blobs.
    files = {"img-src": ["'self'", "blob:"], "media-src": ["blob:"]}
    policy = csp_replace({"frame-ancestors": ["'self'", *scenario.interface.origins()], **files})
    return policy(lambda request: render(request, "webchat/chat.html", shown))(request)


def sample(request: HttpRequest, key: str) -> HttpResponseBase:
    """``/chat/<key>/sample/``: somebody's shop with the widget embedded, and the policy such a shop needs."""
    scenario = active_scenario(request, key)
    if scenario is None:
        return unavailable(request)
    shown = {"scenario": scenario, "hub": settings.PUBLIC_URL}
    embedding = csp_update({"script-src": settings.PUBLIC_URL, "frame-src": settings.PUBLIC_URL})
    return embedding(lambda request: render(request, "webchat/sample.html", shown))(request)
