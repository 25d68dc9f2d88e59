"""Opening a chat: a new visitor gets a token and the welcome."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from handoffs import switchboard
from handoffs.models import Scenario
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
        scenario = find_active(request, opening["scenario"])
        if not origins.may_start(request._request, scenario.interface.origins()):
            raise Problem(403, "origin", "This page may not open a chat here.")
        token, conversation = switchboard.begin(scenario, request.headers["Origin"], told)
        websockets = scenario.interface.use_websockets
        opened = {"token": token, "conversation": str(conversation.pk), "websockets": websockets, "poll_seconds": POLL_SECONDS}
        return Response(opened, status=201)


def find_active(request: Request, key: str) -> Scenario:
    """Unknown, inactive and another workspace's are one answer: nobody learns which keys exist."""
    active = Scenario.objects.active().in_workspace(request._request.workspace).select_related("interface")  # type: ignore[attr-defined]
    scenario = active.filter(key=key).first() if KEY.fullmatch(key) else None
    if scenario is None:
        raise Problem(404, "unknown_scenario", "This chat is not available.")
    return scenario
