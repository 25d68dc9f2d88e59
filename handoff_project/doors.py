"""What stands before Django at the HTTP door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1024 * 1024 + 64 * 1024


class LimitBody:
    """Hands no request body over that is larger than anything we take: Django would spool it to disk before a view could refuse it."""

    def __init__(self, app: App, limit: int = LARGEST_BODY) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, self.limit) if scope["type"] == "http" else b""
        if body is None:
            await refuse(send)
        else:
            await self.app(scope, Replay(body, receive), send)


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


async def refuse(send: Send) -> None:
    body = b'{"code": "too_large", "detail": "A request may have at most 1 MiB."}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


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
