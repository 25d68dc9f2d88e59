"""The channel layers: one for each shape of the program. Both carry rings only, and both may lose them."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer

log = logging.getLogger(__name__)

PATIENCE = 2.0


class InProcessChannelLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Of the embedded shape: in memory, and safe to ring from any thread.

    ``InMemoryChannelLayer`` puts into an asyncio queue from whichever thread calls; the loop that waits on that queue sleeps on until
    something else wakes it (measured: seconds). So a ring hops to the loop of the receiver first.
    """

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


class RingLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Of the production shape: Redis pub/sub, and no Redis needed to open a chat or to go on with one.

    A chat whose group could not be subscribed is served by its own requests and its beat, which also tries to subscribe again.
    """

    def _get_layer(self) -> RedisPubSubLoopLayer:
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = LoopLayer(*self._args, **self._kwargs, channel_layer=self)
        return self._layers[loop]


class LoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]
    async def new_channel(self, prefix: str = "specific.") -> str:
        """A queue in this process. Nobody sends to a single channel here, so Redis need not know of it."""
        channel = f"{self.prefix}{prefix}{uuid.uuid4().hex}"
        self.channels[channel] = asyncio.Queue()
        return channel

    async def group_add(self, group: str, channel: str) -> None:
        await patiently(super().group_add(group, channel), f"Rings for {group} are not heard for now.")

    async def group_discard(self, group: str, channel: str) -> None:
        await patiently(super().group_discard(group, channel), f"{group} could not be left.")


async def patiently(asked: Awaitable[Any], complaint: str) -> None:
    try:
        await asyncio.wait_for(asked, PATIENCE)
    except Exception as error:
        log.warning("%s (%s)", complaint, type(error).__name__)
