"""Which web page a request comes from. Stops browsers only: it is not authentication, the visitor's token is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import validate_host


def header(scope: dict[str, Any], name: bytes) -> str:
    """The value of a header; empty when it is missing, sent twice, or not ASCII."""
    found = [value for key, value in scope["headers"] if key == name]
    try:
        return found[0].decode("ascii") if len(found) == 1 else ""
    except UnicodeDecodeError:
        return ""


def own_socket(scope: dict[str, Any]) -> bool:
    """Does the socket come from a page of ours? Scheme, host and port must be exactly those it was opened to."""
    host = header(scope, b"host").lower()
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    return is_allowed_host(host) and header(scope, b"origin") == f"{scheme}://{host}"


def is_allowed_host(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def may_start(request: HttpRequest, allowed: Iterable[str]) -> bool:
    """May this page start a session? Ours may, and those the scenario lists; a missing or ``null`` origin is nobody's."""
    own = f"{request.scheme}://{request.get_host().lower()}"
    return request.headers.get("Origin") in {own, *allowed}
