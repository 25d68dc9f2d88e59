"""The two ways into the hub, from the visitor's side of docs/protocol.md. Each runs until it is lost or told to go."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.faults.view import IN_FLIGHT
from tests.faults.wire import HOST, Answer, NoAnswer, ask

if TYPE_CHECKING:
    from tests.faults.visitor import Visitor

READY_SECONDS = 10.0
MISSED_BEATS = 2.5
ACK_SECONDS = 20.0
GLANCE = 0.25
LONG_POLL = 5


class Lost(Exception):
    """The line is gone; begin anew from the cursor. ``after``: not before so many seconds."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


async def side_by_side(*works: Coroutine[Any, Any, None]) -> None:
    """Until the first of them ends, one way or the other."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class SocketDoor:
    window = IN_FLIGHT

    def __init__(self, visitor: Visitor, port: int) -> None:
        self.visitor, self.port = visitor, port
        self.ready = False
        self.waiting_since: float | None = None

    async def run(self) -> None:
        # localhost is the name the browser would use; the connection goes to where the rig listens.
        url, origin = f"ws://localhost:{self.port}/webchat/socket", f"http://localhost:{self.port}"
        settings: dict[str, Any] = {"open_timeout": 10, "close_timeout": 0.5, "compression": None, "proxy": None, "host": HOST}
        try:
            async with connect(url, subprotocols=["handoff.v1"], origin=origin, **settings) as socket:  # type: ignore[list-item, arg-type]
                try:
                    await socket.send(json.dumps(self.visitor.hello()))
                    await side_by_side(self.listen(socket), self.speak(socket))
                finally:
                    socket.transport.abort()
        except ConnectionClosed as ending:
            raise self.lost(ending) from None
        except (OSError, EOFError, TimeoutError, WebSocketException) as error:
            raise Lost(type(error).__name__) from None

    def lost(self, ending: ConnectionClosed) -> Lost:
        code = ending.rcvd.code if ending.rcvd else 1006
        if code not in (1000, 1006):
            self.visitor.tell("closed", code=code)
        return Lost(f"closed {code}", after=1.0 if code in (4429, 1011) else 0.0)

    async def listen(self, socket: ClientConnection) -> None:
        patience = READY_SECONDS
        while True:
            # Not wait_for: in Python 3.11 it may swallow being cancelled.
            async with asyncio.timeout(patience):
                raw = await socket.recv()
            frame = json.loads(raw)
            if frame["type"] == "ready":
                patience = frame["beat"] * MISSED_BEATS
                self.ready = True
                self.visitor.outbox.restart(frame["n"])
            elif frame["type"] == "beat":
                await socket.send('{"type": "beat"}')
            self.visitor.heard(frame, str(raw))

    async def speak(self, socket: ClientConnection) -> None:
        outbox = self.visitor.outbox
        while True:
            for item in outbox.take(self.window, time.monotonic()) if self.ready else []:
                await socket.send(json.dumps({"type": "say", "cid": item.cid, "n": item.n, "text": item.text}))
            self.expect_acks()
            await self.visitor.news(GLANCE)

    def expect_acks(self) -> None:
        """A line that acknowledges nothing is no line."""
        head = self.visitor.outbox.items[0].cid if self.visitor.outbox.flying else None
        if head is None or head != getattr(self, "head", None):
            self.head, self.waiting_since = head, time.monotonic()
        elif time.monotonic() - (self.waiting_since or 0) > ACK_SECONDS:
            raise Lost("no ack")


class PollingDoor:
    """Asks and says side by side, one of each at a time."""

    def __init__(self, visitor: Visitor, port: int) -> None:
        self.visitor, self.port = visitor, port

    async def run(self) -> None:
        try:
            page = await self.read(wait=0)
            self.visitor.outbox.restart(page["n"])
            await side_by_side(self.listen(), self.speak())
        except NoAnswer as silence:
            raise Lost(str(silence)) from None

    async def listen(self) -> None:
        while True:
            page = await self.read(wait=LONG_POLL)
            if not page["messages"]:
                await self.visitor.news(GLANCE)

    async def read(self, wait: int) -> dict[str, Any]:
        view = self.visitor.view
        epoch = "null" if view.epoch is None else view.epoch
        path = f"/webchat/events?after={view.last}&epoch={epoch}&tab={self.visitor.tab}&wait={wait}"
        answer = await ask(self.port, "GET", path, headers=self.visitor.bearer(), patience=wait + 15)
        return self.visitor.heard_page(self.expect(answer, path, 200), answer.raw)

    async def speak(self) -> None:
        visitor = self.visitor
        while True:
            for item in visitor.outbox.take(1, time.monotonic()):
                said = {"cid": item.cid, "tab": visitor.tab, "n": item.n, "text": item.text}
                answer = await ask(self.port, "POST", "/webchat/messages", said, visitor.bearer(), patience=15)
                frame = self.expect(answer, "/webchat/messages", 200, 201, 409, 422, 429)
                visitor.heard({"type": "nak" if "code" in frame else "ack", **frame}, answer.raw)
            if visitor.outbox.flying or not visitor.outbox.items or time.monotonic() < visitor.outbox.held_until:
                await visitor.news(GLANCE)

    def expect(self, answer: Answer, path: str, *statuses: int) -> dict[str, Any]:
        if answer.status in statuses and isinstance(answer.body, dict):
            return answer.body
        self.visitor.tell("http", status=answer.status, path=path.partition("?")[0], body=answer.raw[:200])
        raise Lost(f"status {answer.status}", after=0.5)
