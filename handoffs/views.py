"""The webhook door: whatever a desk sends comes in here, and nothing else does."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from handoffs import inbox, workspaces
from handoffs.models import Handoff
from handoffs.providers import base, registry
from handoffs.relay import wake

log = logging.getLogger(__name__)

# Anybody may send an unsigned call, and it is kept.
LARGEST_HINT = 64 * 1024
HINTS = "120/min"
DATABASE_SECONDS = 10


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "A webhook may be at most 1 MiB."


class DatabaseAway(exceptions.APIException):
    """The desk may take it for failed; what it wanted to say is read from it once the database is back."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    default_detail = "This cannot be stored just now."
    wait = DATABASE_SECONDS


class DeskSignature(BaseAuthentication):
    """Who sends this? ``request.auth`` becomes two lists of handoffs: those that may believe the call, and those that take it as a hint.

    A handoff with a webhook secret takes only what that secret signed, over the exact bytes. One without a secret takes the call as a hint.
    """

    def authenticate_header(self, request: Request) -> str:
        return "Webhook-Signature"

    def authenticate(self, request: Request) -> tuple[None, tuple[list[Handoff], list[Handoff]]]:
        raw = raw_body(request)
        view = request.parser_context["view"].kwargs
        candidates = addressed(request, raw, view["system"], view.get("slug"))
        signed, complaints = split_by_signature(candidates, request.headers, raw)
        hinted = [handoff for handoff in candidates if takes_hints(handoff)]
        if signed or hinted:
            return None, (signed, hinted)
        raise exceptions.AuthenticationFailed("; ".join(complaints))


def raw_body(request: Request) -> bytes:
    try:
        return request._request.body
    except RequestDataTooBig:
        raise TooLarge from None


def addressed(request: Request, raw: bytes, system: str, slug: str | None) -> list[Handoff]:
    """The handoffs of this workspace that the body claims to be for. Nothing of the body is believed yet."""
    workspace = workspaces.meant_by(request, slug)
    try:
        recipient = registry.provider_class(system).recipient(raw)
    except LookupError:
        raise Http404("No such system.") from None
    except base.Malformed as error:
        raise exceptions.ParseError(str(error)) from None
    found = list(Handoff.objects.addressed(workspace.pk, system, recipient).select_related("scenario"))
    if not found:
        raise exceptions.NotFound("No handoff of this workspace uses this account and inbox.")
    return found


def split_by_signature(candidates: list[Handoff], headers: Any, raw: bytes) -> tuple[list[Handoff], list[str]]:
    """The candidates whose secret signed these bytes, and what was wrong for the others."""
    signed, complaints = [], []
    for handoff in candidates:
        try:
            handoff.provider().verify(headers, raw, time.time())
            signed.append(handoff)
        except base.BadSignature as error:
            complaints.append(str(error))
    return signed, complaints


def takes_hints(handoff: Handoff) -> bool:
    return not handoff.webhook_secret and handoff.seen_signed_at is None


class HintsPerHandoff(SimpleRateThrottle):
    """Anybody may send hints, and each is kept: a flood of them must not fill the disk. What is signed is never put off."""

    rate = HINTS
    here = LocMemCache("hints", {})

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        signed, hinted = request.auth  # type: ignore[misc]
        return None if signed else "hints:" + ",".join(sorted(str(handoff.pk) for handoff in hinted))

    def allow_request(self, request: Request, view: Any) -> bool:
        """Without the cache each process counts for itself."""
        try:
            return super().allow_request(request, view)
        except Exception:
            log.warning("The cache that counts unsigned webhooks cannot be reached.")
            self.cache = self.here
            return super().allow_request(request, view)


class IncomingWebhook(APIView):
    """``POST /incoming-<system>``: 200 stored, 400 unreadable, 401 not signed as agreed, 404 no such workspace or inbox, 413 over 1 MiB,
    429 too many unsigned ones, 503 the database is away.
    """

    authentication_classes = [DeskSignature]
    throttle_classes = [HintsPerHandoff]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(DatabaseAway() if isinstance(exc, OperationalError | InterfaceError) else exc)

    def post(self, request: Request, system: str, slug: str | None = None) -> Response:
        signed, hinted = request.auth  # type: ignore[misc]
        delivery_id = request.headers.get(registry.provider_class(system).delivery_header, "")
        raw = raw_body(request)
        for handoff in signed:
            handoff.note_signed()
            if handoff.note_sign_of_life():
                wake(handoff)
            inbox.store(handoff, raw, signed=True, delivery_id=delivery_id)
        if hinted and not signed and len(raw) > LARGEST_HINT:
            raise TooLarge("An unsigned webhook may be at most 64 KiB; enter the webhook secret to take larger ones.")
        for handoff in hinted:
            inbox.store(handoff, raw, signed=False, delivery_id=delivery_id)
        return Response({"stored": len(signed) + len(hinted)})
