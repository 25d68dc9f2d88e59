"""The protocol over HTTP: what its doors have in common, and asking what was said."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, cast

from channels.layers import get_channel_layer
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from handoffs import announce, switchboard
from webchat import frames, history, sessions
from webchat.consumers import in_thread

Told = TypeVar("Told")

waits: Counter[uuid.UUID] = Counter()
# A held question occupies a thread (the middleware is synchronous); what is over is answered at once.
MOST_WAITS = 32
MOST_WAITS_EACH = 2
LONGEST_WAIT = 25
LARGEST_BODY = frames.LARGEST_FRAME


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's errors in the protocol's words: ``{"code", "detail"}``."""
    response = exception_handler(NO_SESSION if isinstance(error, sessions.ENDED) else error, context)
    if response is not None:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        code = getattr(detail, "code", "error")
        response.data = {"code": code, "detail": str(detail), "after": getattr(error, "wait", None)}
    return response


class Problem(exceptions.APIException):
    """``after``: seconds until asking again makes sense."""

    def __init__(self, status: int, code: str, detail: str, after: float | None = None) -> None:
        super().__init__(detail, code)
        self.status_code, self.wait = status, after


NO_SESSION = Problem(401, "token", "Your session has ended.")


class VisitorAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; ``request.user`` is the visitor's session."""

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def authenticate(self, request: Request) -> tuple[sessions.Session, None]:
        try:
            return sessions.recognise(bearer(get_authorization_header(request).decode("latin-1"))), None
        except sessions.NotRecognised:
            raise NO_SESSION from None


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


class VisitorView(APIView):
    """A door for whoever holds a visitor's token, and for their conversation only."""

    authentication_classes = [VisitorAuthentication]
    permission_classes = [IsVisitor]


def read(reader: Callable[..., Told], *given: Any) -> Told:
    """What a reader of frames makes of a body. Raises ``Problem``."""
    try:
        return reader(*given)
    except frames.Malformed as error:
        raise Problem(400, "malformed", str(error)) from None
    except switchboard.Refusal as refusal:
        raise Problem(400, refusal.code, refusal.detail) from None


async def events(request: HttpRequest) -> JsonResponse:
    """``GET /webchat/events``: what was said after the cursor; with ``wait``, as soon as something is."""
    try:
        session = await in_thread(sessions.recognise, bearer(request.headers.get("Authorization", "")))
        page = await answer(session, *read_question(request))
    except sessions.ENDED:
        return JsonResponse({"code": "token", "detail": str(NO_SESSION)}, status=401)
    except frames.Malformed as error:
        return JsonResponse({"code": "malformed", "detail": str(error)}, status=400)
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
    return await in_thread(read_later, session, cursor, tab)


def read_later(session: sessions.Session, cursor: frames.Cursor, tab: Any) -> history.Page:
    """Much may have happened while we waited."""
    if not sessions.still_holds(session):
        raise sessions.NotRecognised
    return history.read_on(session.conversation_id, cursor, tab)
