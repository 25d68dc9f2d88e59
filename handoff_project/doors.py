"""What stands before Django at the HTTP door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from handoffs.files import LARGEST

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1024 * 1024 + 64 * 1024
# The doors that take more: a visitor's file, as it is, and the admin's forms with their pictures.
UPLOADS = "/webchat/files"
FORMS = "/admin/"


class LimitBody:
    """Hands no request body over that is larger than anything we take: Django would spool it to disk before a view could refuse it."""

    def __init__(self, app: App, limit: int = LARGEST_BODY, upload_limit: int = LARGEST) -> None:
        self.app, self.limit, self.upload_limit = app, limit, upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == UPLOADS or scope["path"].startswith(FORMS)):
            await self.pass_through(scope, receive, send)
            return
        body = await read_body(receive, self.limit) if scope["type"] == "http" else b""
        if body is None:
            await refuse(send, "A request may have at most 1 MiB.")
        else:
            await self.app(scope, Replay(body, receive), send)

    async def pass_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Files are not held in memory here. One that is too long is cut off, and then nobody has answered it yet."""
        counted = Counted(receive, self.upload_limit)
        if claimed_length(scope) <= self.upload_limit:
            await self.app(scope, counted, send)
        if claimed_length(scope) > self.upload_limit or counted.too_long:
            await refuse(send, f"A file may have at most {self.upload_limit // 2**20} MiB.")


def claimed_length(scope: Scope) -> int:
    claimed: bytes = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(claimed[:20]) if claimed.isdigit() else 0


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None as soon as it is too long."""
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(event.get("body", b""))
        length += len(parts[-1])
        more = event.get("more_body", False)
        if length > limit:
            return None
    return b"".join(parts)


async def refuse(send: Send, detail: str) -> None:
    body = f'{{"code": "too_large", "detail": "{detail}"}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Counted:
    """The body as it comes. Once it is too long, the connection counts as lost, and Django gives the request up without a word."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.receive, self.left, self.too_long = receive, most, False

    async def __call__(self) -> MutableMapping[str, Any]:
        event = await self.receive()
        self.left -= len(event.get("body", b""))
        self.too_long = self.left < 0
        return {"type": "http.disconnect"} if self.too_long else event


class Replay:
    """The body as one event, then whatever the connection says next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body: bytes | None = body
        self.receive = receive

    async def __call__(self) -> MutableMapping[str, Any]:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}
