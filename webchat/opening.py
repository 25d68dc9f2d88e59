"""Opening a chat: a new visitor gets a token and the welcome."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from handoffs import previews, switchboard, tickets
from handoffs.models import Conversation, Scenario, Visitor, VisitorToken
from handoffs.models.conversation import digest_of
from handoffs.models.scenario import ScenarioQuerySet
from webchat import about, origins
from webchat.api import Problem, body_of, read
from webchat.limits import Bucket

log = logging.getLogger(__name__)

without_cache = Bucket(size=settings.SESSIONS_PER_MINUTE, per_second=settings.SESSIONS_PER_MINUTE / 60)

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
POLL_SECONDS = 3


class SessionsPerAddress(SimpleRateThrottle):
    scope = "session"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"session:{self.get_ident(request)}"

    def allow_request(self, request: Request, view: Any) -> bool:
        if self.still_allowed(request, view):
            return True
        raise Problem(429, "rate", "Too many new chats from your address; please try again in a minute.")

    def still_allowed(self, request: Request, view: Any) -> bool:
        """Without the cache the limit holds for this process as a whole: neither open to a flood nor closed to visitors."""
        try:
            return super().allow_request(request, view)
        except Exception:
            log.warning("The cache that counts new chats cannot be reached.")
            return without_cache.take()


class OpenSession(APIView):
    """``POST /webchat/session``: a new visitor, with the welcome said."""

    throttle_classes = [SessionsPerAddress]

    def post(self, request: Request) -> Response:
        opening = body_of(request)
        if not isinstance(opening.get("scenario"), str):
            raise Problem(400, "malformed", "“scenario” must be the scenario's key.")
        told = read(about.read_about, opening)
        if "preview" in opening:
            scenario, token, conversation = preview(request, opening, told)
            return opened(scenario, token, conversation)
        scenario = find_active(request, opening["scenario"])
        if not origins.may_start(request._request, scenario.interface.origins()):
            raise Problem(403, "origin", "This page may not open a chat here.")
        if "before" in opening and not may_begin_again(scenario):
            raise Problem(422, "not_allowed", "Visitors of this chat cannot start it again.")
        returning = came_before(scenario, opening.get("before"))
        token, conversation = switchboard.begin(scenario, request.headers["Origin"], told, returning=returning)
        return opened(scenario, token, conversation)


def opened(scenario: Scenario, token: str, conversation: Conversation) -> Response:
    websockets = scenario.interface.use_websockets
    told = {"token": token, "conversation": str(conversation.pk), "websockets": websockets, "poll_seconds": POLL_SECONDS}
    return Response(told, status=201)


def may_begin_again(scenario: Scenario) -> bool:
    """By the menu, or because every visit begins anew."""
    return scenario.interface.may_restart or not scenario.interface.show_history


def came_before(scenario: Scenario, token: Any) -> Visitor | None:
    """Whose token this was; one that is not good (any more), or of another scenario, is nobody's."""
    if not isinstance(token, str):
        return None
    alive = VisitorToken.objects.alive(timezone.now()).filter(
        visitor__scenario=scenario, visitor__conversation__desk=Conversation.Desk.LIVE
    )
    known = alive.filter(digest=digest_of(token)).select_related("visitor").first()
    return known.visitor if known else None


def preview(request: Request, opening: dict[str, Any], told: dict[str, Any]) -> tuple[Scenario, str, Conversation]:
    """An admin looks, also at a draft: from a page of ours, with a ticket. The same ticket again is the same conversation."""
    scenario = find(request, Scenario.objects.all(), opening["scenario"])
    if not origins.may_start(request._request, []):
        raise Problem(403, "origin", "Previews run on Handoff’s own pages only.")
    try:
        ticket = tickets.read(opening["preview"], scenario)
    except tickets.BadTicket as error:
        raise Problem(403, "ticket", str(error)) from None
    return scenario, *previews.begin(ticket, scenario, request.headers["Origin"], told)


def find_active(request: Request, key: str) -> Scenario:
    return find(request, Scenario.objects.active(), key)


def find(request: Request, scenarios: ScenarioQuerySet, key: str) -> Scenario:
    """Unknown, inactive and another workspace's are one answer: nobody learns which keys exist."""
    own = scenarios.in_workspace(request._request.workspace).select_related("interface")  # type: ignore[attr-defined]
    scenario = own.filter(key=key).first() if KEY.fullmatch(key) else None
    if scenario is None:
        raise Problem(404, "unknown_scenario", "This chat is not available.")
    return scenario
