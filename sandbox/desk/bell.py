"""Tells open desk pages that something changed. It rings and carries nothing: the page asks again for what it shows."""

import asyncio
import json
from collections.abc import AsyncIterator

from sandbox.store import Event, Store

HEARTBEAT = 15.0
CHANGED = "event: changed\ndata: {}\n\n"


class Bell:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._pages: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}
        self._closed = False

    def start(self) -> None:
        self._store.subscribe(self._hear)

    def close(self) -> None:
        """End every stream. Called twice on the way down, and harmless the second time."""
        if not self._closed:
            self._closed = True
            self._store.unsubscribe(self._hear)
            self._tell(None)

    def _hear(self, event: Event) -> None:
        if event.name.startswith("conversation_typing_"):
            self._ring_for_typing(event)
        else:
            self.ring()

    def ring(self) -> None:
        self._tell(CHANGED)

    def _ring_for_typing(self, event: Event) -> None:
        """Only a contact's: it is the one whose webhook shape has no type."""
        if "type" in event.data["user"]:
            return
        conversation = self._store.find("conversations", id=event.subject)
        data = {"conversation_id": conversation["display_id"], "on": event.name.endswith("_on")}
        self._tell(f"event: typing\ndata: {json.dumps(data)}\n\n")

    def _tell(self, frame: str | None) -> None:
        """From whichever thread committed, into the loop of each page."""
        for queue, loop in list(self._pages.items()):
            loop.call_soon_threadsafe(queue.put_nowait, frame)

    async def listen(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._pages[queue] = asyncio.get_running_loop()
        try:
            yield CHANGED
            while not self._closed:
                frame = await _next(queue)
                if frame is None:
                    return
                yield frame
        finally:
            del self._pages[queue]


async def _next(queue: asyncio.Queue[str | None]) -> str | None:
    try:
        return await asyncio.wait_for(queue.get(), HEARTBEAT)
    except TimeoutError:
        return ": still here\n\n"
