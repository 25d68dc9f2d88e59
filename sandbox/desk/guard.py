"""Keeps other websites out of the desk, which has no login: it answers to names of this machine and to its own page only."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.api.call import json_response

LOOPBACK = ("localhost", "127.0.0.1", "::1")
BODIES = ("application/json", "multipart/form-data")

PAGE_HEADERS = {
    "Content-Security-Policy": ("default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class DeskGuard:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_desk(scope["path"]):
            await self._app(scope, receive, send)
        elif reason := refusal(scope["method"], Headers(scope=scope)):
            await json_response({"error": reason}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, _with_page_headers(send))


def _is_desk(path: str) -> bool:
    return path == "/" or path.startswith("/desk")


def refusal(method: str, headers: Headers) -> str | None:
    """Why this request may not reach the desk."""
    host = headers.get("host", "")
    if not _is_loopback(_hostname(host)):
        return "The desk answers only to localhost"  # DNS rebinding: another site's name that points here
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and headers.get("sec-fetch-mode") != "navigate":
        return "Other websites may not use the desk"
    if method in ("GET", "HEAD"):
        return None
    return _refusal_to_write(host, headers)


def _refusal_to_write(host: str, headers: Headers) -> str | None:
    """A header of our own makes a browser ask first, and nobody answers that question. Files come as forms, all else as JSON."""
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return "Other websites may not use the desk"
    if not headers.get("content-type", "").startswith(BODIES):
        return "The desk takes JSON and files only"
    return None if "x-desk-agent" in headers else "Say who you are in X-Desk-Agent"


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _is_loopback(name: str) -> bool:
    return name in LOOPBACK or name.endswith(".localhost")


def _with_page_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in PAGE_HEADERS.items():
                headers[name] = value
        await send(message)

    return send_with_headers
