"""The protocol over HTTP: opening a session, saying something, and asking what was said."""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections import Counter
from typing import Any, cast

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView, exception_handler

from handoffs import announce, switchboard
from handoffs.models import Scenario
from webchat import frames, history, origins, sessions
from webchat.consumers import in_thread
from webchat.limits import Bucket

log = logging.getLogger(__name__)

waits: Counter[uuid.UUID] = Counter()
without_cache = Bucket(size=settings.SESSIONS_PER_MINUTE, per_second=settings.SESSIONS_PER_MINUTE / 60)

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
POLL_SECONDS = 3
# A held question occupies a thread (the middleware is synchronous); what is over is answered at once.
MOST_WAITS = 32
MOST_WAITS_EACH = 2
LONGEST_WAIT = 25
LARGEST_BODY = frames.LARGEST_FRAME


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's errors in the protocol's words: ``{"code", "detail"}``."""
    response = exception_handler(error, context)
    if response is not None:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        code = getattr(detail, "code", "error")
        response.data = {"code": code, "detail": str(detail), "after": getattr(error, "wait", None)}
    return response


class Problem(exceptions.APIException):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail, code)
        self.status_code = status


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


class VisitorAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; ``request.user`` is the visitor's session."""

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def authenticate(self, request: Request) -> tuple[sessions.Session, None]:
        try:
            return sessions.recognise(bearer(get_authorization_header(request).decode("latin-1"))), None
        except sessions.NotRecognised:
            raise Problem(401, "token", "Your session has ended.") from None


def bearer(value: str) -> str:
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise sessions.NotRecognised
    return token


def session_of(request: Request) -> sessions.Session:
    return cast(sessions.Session, request.user)


class IsVisitor(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, sessions.Session)


def body_of(request: Request) -> dict[str, Any]:
    try:
        raw = request._request.body
    except RequestDataTooBig:
        raw = b"x" * (LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        raise Problem(413, "too_large", f"A request here may have at most {LARGEST_BODY} bytes.")
    try:
        return frames.json_object(raw)
    except frames.Malformed as error:
        raise Problem(400, "malformed", str(error)) from None


class OpenSession(APIView):
    """``POST /webchat/session``: a new visitor, with the welcome said."""

    throttle_classes = [SessionsPerAddress]

    def post(self, request: Request) -> Response:
        key = body_of(request).get("scenario")
        if not isinstance(key, str):
            raise Problem(400, "malformed", "“scenario” must be the scenario's key.")
        scenario = find_active(request, key)
        if not origins.may_start(request._request, scenario.interface.origins()):
            raise Problem(403, "origin", "This page may not open a chat here.")
        token, conversation = switchboard.begin(scenario, request.headers["Origin"])
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


class SayMessage(APIView):
    """``POST /webchat/messages``: the body of ``say`` with the tab's id; answers with the ``ack`` or the ``nak``."""

    authentication_classes = [VisitorAuthentication]
    permission_classes = [IsVisitor]

    def post(self, request: Request) -> Response:
        body = body_of(request)
        try:
            words = frames.read_words(body, frames.uuid_at(body, "tab"))
            said = switchboard.visitor_says(session_of(request).conversation_id, words)
        except frames.Malformed as error:
            raise Problem(400, "malformed", str(error)) from None
        except switchboard.Refusal as refusal:
            return Response(frames.nak(body["cid"], refusal), status=status_of(refusal))
        return Response(frames.ack(words.cid, said.message, dup=said.dup), status=200 if said.dup else 201)


class RetryMessage(APIView):
    """``POST /webchat/retry``: the body of ``retry``; the message comes again among the events, with its new state."""

    authentication_classes = [VisitorAuthentication]
    permission_classes = [IsVisitor]

    def post(self, request: Request) -> Response:
        try:
            message_id = frames.uuid_at(body_of(request), "message")
        except frames.Malformed as error:
            raise Problem(400, "malformed", str(error)) from None
        return Response({"tried": switchboard.visitor_tries_again(session_of(request).conversation_id, message_id)})


def status_of(refusal: switchboard.Refusal) -> int:
    return {"order": 409, "conflict": 409, "rate": 429}.get(refusal.code, 422)


async def events(request: HttpRequest) -> JsonResponse:
    """``GET /webchat/events``: what was said after the cursor; with ``wait``, as soon as something is."""
    try:
        session = await in_thread(sessions.recognise, bearer(request.headers.get("Authorization", "")))
        asked = read_question(request)
    except sessions.NotRecognised:
        return JsonResponse({"code": "token", "detail": "Your session has ended."}, status=401)
    except frames.Malformed as error:
        return JsonResponse({"code": "malformed", "detail": str(error)}, status=400)
    cursor, tab, wait = asked
    page = await answer(session, cursor, tab, wait)
    return JsonResponse(vars(page))


async def answer(session: sessions.Session, cursor: frames.Cursor, tab: Any, wait: int) -> history.Page:
    if not wait or waits.total() >= MOST_WAITS or waits[session.conversation_id] >= MOST_WAITS_EACH:
        return await in_thread(history.read_on, session.conversation_id, cursor, tab)
    waits[session.conversation_id] += 1
    try:
        return await wait_for_news(session, cursor, tab, wait)
    finally:
        waits.subtract([session.conversation_id])
        if not waits[session.conversation_id]:
            del waits[session.conversation_id]


def read_question(request: HttpRequest) -> tuple[frames.Cursor, Any, int]:
    given = request.GET
    cursor = frames.read_cursor(whole(given.get("epoch", "")), whole(given.get("after", "")) or 0)
    tab = frames.uuid_at(given.dict(), "tab") if "tab" in given else None
    wait = whole(given.get("wait", "")) or 0
    if wait > LONGEST_WAIT:
        raise frames.Malformed(f"“wait” may be at most {LONGEST_WAIT} seconds.")
    return cursor, tab, wait


def whole(text: str) -> int | None:
    if text in ("", "null"):
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise frames.Malformed("“after”, “epoch” and “wait” are whole numbers.")
    return int(text)


async def wait_for_news(session: sessions.Session, cursor: frames.Cursor, tab: Any, seconds: int) -> history.Page:
    """Subscribe first, then read, then wait: nothing said in between is missed."""
    layer, group = get_channel_layer(), announce.group_of(session.conversation_id)
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    try:
        page = await in_thread(history.read_on, session.conversation_id, cursor, tab)
        if page.messages or page.reset:
            return page
        await asyncio.wait_for(layer.receive(channel), seconds)
    except TimeoutError:
        pass
    finally:
        await layer.group_discard(group, channel)
    return await in_thread(history.read_on, session.conversation_id, cursor, tab)
