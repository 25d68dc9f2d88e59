"""What the website around the chat tells of its visitor, over HTTP (docs/embedding.md, “Who your visitor is”)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from handoffs import identity
from webchat import frames, limits
from webchat.api import Problem, VisitorView, body_of, read, session_of


class Identify(VisitorView):
    """``POST /webchat/identify`` with ``{"id", "name", "email", "hash"}``: 200 ``{"verified": bool}``; for a wrong hash 403."""

    def post(self, request: Request) -> Response:
        claim = read(read_claim, body_of(request))
        not_too_often(request)
        try:
            return Response({"verified": identity.identify(session_of(request).conversation_id, claim)})
        except identity.NotTaken as problem:
            raise Problem(STATUSES.get(problem.code, 422), problem.code, str(problem)) from None


class SetAttributes(VisitorView):
    """``POST /webchat/attributes`` with ``{"attributes": {path: value}}``: 204; 422 and nothing kept if one of them cannot be."""

    def post(self, request: Request) -> Response:
        told = read(read_attributes, body_of(request))
        not_too_often(request)
        try:
            identity.describe(session_of(request).conversation_id, told)
        except identity.NotTaken as problem:
            raise Problem(STATUSES.get(problem.code, 422), problem.code, str(problem)) from None
        return Response(status=204)


STATUSES = {"bad_hash": 403, "no_secret": 403, "other_visitor": 409}


def not_too_often(request: Request) -> None:
    if not limits.told.take(session_of(request).conversation_id):
        raise Problem(429, "rate", "The website tells too much at once.", after=1)


def read_claim(body: dict[str, Any]) -> identity.Claim:
    told = {name: text_of(body, name) for name in ("id", "name", "email", "hash")}
    if len(told["id"]) > identity.LONGEST_ID:
        raise frames.Malformed(f"“id” may have at most {identity.LONGEST_ID} characters.")
    return identity.Claim(told["id"], told["name"], told["email"], told["hash"])


def text_of(body: dict[str, Any], name: str) -> str:
    """Ids are often numbers; a number is its digits."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and frames.is_count(abs(value)):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise frames.Malformed(f"“{name}” must be a text.")
    return frames.storable(value or "")


def read_attributes(body: dict[str, Any]) -> dict[str, Any]:
    told = body.get("attributes")
    if not isinstance(told, dict):
        raise frames.Malformed('“attributes” must be values by attribute, such as {"user.plan": "gold"}.')
    return told
