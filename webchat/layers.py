"""The channel layer of the embedded shape: in memory, and safe to ring from any thread.

``InMemoryChannelLayer`` puts into an asyncio queue from whichever thread calls; the loop that waits on that queue sleeps on until something
else wakes it (measured: seconds). So a ring hops to the loop of the receiver first.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from channels.layers import InMemoryChannelLayer


class InProcessChannelLayer(InMemoryChannelLayer):  # type: ignore[misc]
    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.loops: dict[str, asyncio.AbstractEventLoop] = {}

    async def group_add(self, group: str, channel: str) -> None:
        self.loops[channel] = asyncio.get_running_loop()
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self.loops.pop(channel, None)
        await super().group_discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for channel in list(self.groups.get(group, ())):
            loop = self.loops.get(channel)
            if loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(self._put, channel, message)

    def _put(self, channel: str, message: dict[str, Any]) -> None:
        """In the receiver's loop. A ring carries nothing, so one that is already waiting is enough."""
        queue = self.channels.setdefault(channel, asyncio.Queue(maxsize=self.get_capacity(channel)))
        if queue.empty():
            queue.put_nowait((time.time() + self.expiry, dict(message)))
