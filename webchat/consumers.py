"""The visitor's socket. A ring only says that the conversation changed; what is sent is always read after the socket's own cursor."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from handoffs import announce, switchboard
from webchat import ending, frames, history, limits, origins, sessions
from webchat.limits import Bucket

log = logging.getLogger(__name__)

HELLO_SECONDS = 5
# Less than uvicorn's ping waits for its answer, so that the reason is told.
SLOWEST_READER_SECONDS = 10
# How a server says that the browser has left: ASGI's way, and uvicorn's once it has sent the closing frame itself.
GONE = (OSError, RuntimeError)
T = TypeVar("T")


async def in_thread(do: Callable[..., T], *args: Any) -> T:
    """In a pool: the default would run every socket's query of this process on one thread."""
    result: T = await database_sync_to_async(do, thread_sensitive=False)(*args)
    return result


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    session: sessions.Session | None = None
    tab: uuid.UUID
    floor: dict[str, Any] | None = None
    timer: asyncio.Task[None] | None = None
    left = False

    # --- Socket ---------------------------------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        self.frames = Bucket(size=60, per_second=10)
        self.cursor = frames.Cursor(None, 0)
        self.reading = asyncio.Lock()
        await self.accept(frames.PROTOCOL if frames.PROTOCOL in self.scope["subprotocols"] else None)
        if not origins.own_socket(self.scope):
            await self.leave(4403, "This page may not open a chat here.")
            return
        self.time(self.expect_hello())

    async def disconnect(self, code: int) -> None:
        if self.timer:
            self.timer.cancel()
        if self.session:
            await self.channel_layer.group_discard(announce.group_of(self.session.conversation_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame. Whatever is wrong with it ends in a ``nak`` or in a ``bye`` with a code, never in a dead socket."""
        try:
            await self.take(text_data)
        except frames.Malformed as error:
            await self.leave(error.code, str(error))
        except sessions.ENDED:
            await self.leave(4401, "Your session has ended.")
        except Exception:
            log.exception("A frame of a visitor's socket failed.")
            await self.leave(1011, "Something went wrong here; please try again.")

    async def take(self, raw: str | None) -> None:
        if self.left:
            return
        if not self.frames.take():
            await self.leave(4429, "Too many messages at once.", after=10)
        elif raw is None:
            raise frames.Malformed("Frames are text.")
        elif self.session is None:
            await self.greet(frames.read_hello(frames.read(raw, frames.LARGEST_HELLO)))
        else:
            await self.act(self.session, frames.read(raw))

    async def act(self, session: sessions.Session, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "say":
                await self.say(session, frame)
            case "retry":
                await in_thread(self.perform, session, switchboard.visitor_tries_again, frames.uuid_at(frame, "message"))
            case "typing":
                on = frames.read_typing(frame)
                if limits.typing.take(session.conversation_id):
                    await in_thread(self.perform, session, switchboard.visitor_types, on)
            case "mark":
                mark = frames.read_mark(frame)
                if limits.marks.take(session.conversation_id):
                    await in_thread(self.perform, session, switchboard.visitor_has, *mark)
            case "end":
                await in_thread(self.perform, session, ending.end)
            case "beat":
                pass
            case unknown:
                raise frames.Malformed(f"There is no frame “{unknown[:40]}”.")

    # --- Frames ---------------------------------------------------------------------------------------------------------------------------

    async def greet(self, hello: frames.Hello) -> None:
        """Subscribe first, then read: what is said in between is rung and read once more, never missed."""
        session = await in_thread(sessions.recognise, hello.token)
        self.session, self.tab, self.cursor = session, hello.tab, hello.cursor
        await self.subscribe(session)
        self.time(self.beat())
        async with self.reading:
            page = await self.catch_up(session)
            self.floor = page.floor
            await self.tell(frames.ready(page.epoch, page.last, page.floor, page.n, page.limits, page.now))

    async def subscribe(self, session: sessions.Session) -> None:
        await self.channel_layer.group_add(announce.group_of(session.conversation_id), self.channel_name)

    async def say(self, session: sessions.Session, frame: dict[str, Any]) -> None:
        try:
            words = frames.read_words(frame, self.tab)
            said = await in_thread(self.store, session, words)
        except switchboard.Refusal as refusal:
            await self.tell(frames.nak(frame["cid"], refusal))
        else:
            await self.tell(frames.ack(words.cid, said.message, dup=said.dup))
            await self.read_on(session)

    @staticmethod
    def store(session: sessions.Session, words: switchboard.Words) -> switchboard.Said:
        if not sessions.still_holds(session):
            raise sessions.NotRecognised
        return switchboard.visitor_says(session.conversation_id, words)

    def read_page(self, session: sessions.Session) -> history.Page:
        if not sessions.still_holds(session):
            raise sessions.NotRecognised
        return history.read_on(session.conversation_id, self.cursor, self.tab)

    @staticmethod
    def perform(session: sessions.Session, verb: Callable[..., object], *what: Any) -> None:
        """A verb of the switchboard on this visitor's conversation."""
        if not sessions.still_holds(session):
            raise sessions.NotRecognised
        verb(session.conversation_id, *what)

    # --- What the visitor gets to see -----------------------------------------------------------------------------------------------------

    async def conversation_changed(self, ring: dict[str, Any]) -> None:
        if self.session and not self.left:
            await self.unasked(self.read_on(self.session))

    async def read_on(self, session: sessions.Session) -> None:
        async with self.reading:
            page = await self.catch_up(session)
            if page.floor != self.floor:
                await self.tell({"type": "floor", "floor": page.floor})
            self.floor = page.floor

    async def unasked(self, reading: Coroutine[Any, Any, None]) -> None:
        """Reading that no frame asked for. When the database is away, the next beat finds what this one did not."""
        try:
            await reading
        except sessions.ENDED:
            await self.leave(4401, "Your session has ended.")
        except Exception:
            log.warning("Conversation could not be read on.", exc_info=True)

    async def catch_up(self, session: sessions.Session) -> history.Page:
        """Send everything after the cursor, page by page; returns the last page. One reader at a time: the caller sees to that."""
        while True:
            page = await in_thread(self.read_page, session)
            if page.reset:
                await self.tell({"type": "reset", "epoch": page.epoch})
            for message in page.messages:
                await self.tell(message)
            last = page.messages[-1]["seq"] if page.messages else (0 if page.reset else self.cursor.last)
            self.cursor = frames.Cursor(page.epoch, last)
            if not page.more or self.left:
                return page

    # --- Time -----------------------------------------------------------------------------------------------------------------------------

    async def expect_hello(self) -> None:
        await asyncio.sleep(HELLO_SECONDS)
        await self.leave(4408, "No “hello” came.")

    async def beat(self) -> None:
        """Tells a quiet line from a dead one, finds what a lost ring would have announced, and hears rings again once Redis is back."""
        while self.session and not self.left:
            await asyncio.sleep(frames.BEAT_SECONDS)
            await self.subscribe(self.session)
            await self.unasked(self.read_on(self.session))
            await self.tell({"type": "beat", "last": self.cursor.last})

    def time(self, what: Coroutine[Any, Any, None]) -> None:
        """Start a timer in place of the one that runs."""
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.create_task(what)

    # --- Words ----------------------------------------------------------------------------------------------------------------------------

    async def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame, unless there is nobody any more, or nobody who reads: then the socket is left to end."""
        if self.left:
            return
        try:
            await asyncio.wait_for(self.send(json.dumps(frame)), SLOWEST_READER_SECONDS)
        except TimeoutError:
            self.left = True
            # The code may not get through either; then uvicorn's own ping ends the connection.
            with suppress(TimeoutError, *GONE):
                await asyncio.wait_for(self.close(4408), 1)
        except GONE:
            # What it missed it reads after its cursor.
            self.left = True

    async def leave(self, code: int, detail: str, after: float | None = None) -> None:
        await self.tell(frames.bye(code, detail, after))
        if not self.left:
            self.left = True
            with suppress(*GONE):
                await self.close(code)
