"""The webhook door: whatever a desk sends comes in here, and nothing else does."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from handoffs import inbox, workspaces
from handoffs.models import Handoff
from handoffs.providers import base, registry
from handoffs.relay import wake

log = logging.getLogger(__name__)

# Anybody may send an unsigned call, and it is kept.
LARGEST_HINT = 64 * 1024


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "A webhook may be at most 1 MiB."


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


class IncomingWebhook(APIView):
    """``POST /incoming-<system>``: 200 stored, 400 unreadable, 401 not signed as agreed, 404 no such workspace or inbox, 413 over 1 MiB."""

    authentication_classes = [DeskSignature]
    throttle_classes: list[Any] = []

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
