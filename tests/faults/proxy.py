"""A TCP proxy that spoils what passes: one per link between two processes, all of them in one thread with an event loop of its own.

Dice are seeded per link and connection, so that the nth connection of a link fares alike in every run of a seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"
CHUNK = 64 * 1024
NOTICE = 0.05

Address = tuple[str, int]


@dataclass(frozen=True)
class Toxics:
    """What befalls the bytes of a link while it is in force; nothing, by default."""

    latency: float = 0.0
    # Bytes a second.
    rate: float | None = None
    # Nothing passes, and nobody is told.
    blackhole: bool = False
    # New connections are reset at once, with this likelihood.
    refuse: float = 0.0
    # A connection is cut after so many bytes, drawn anew for each.
    cut_after: tuple[int, int] | None = None
    # A connection is cut right after a piece with these bytes has passed, with this likelihood.
    cut_on: tuple[bytes, float] | None = None


CLEAN = Toxics()


class Piper:
    """One connection through a link: two streams of bytes."""

    def __init__(self, link: Link, number: int) -> None:
        self.link = link
        self.dice = random.Random(f"{link.seed} {link.name} {number}")
        self.ends: list[asyncio.StreamWriter] = []
        self.budget: tuple[Toxics, int] | None = None
        self.passed = 0
        self.gone = False

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ends.append(writer)
        try:
            if self.dice.random() < self.link.toxics.refuse:
                return self.cut()
            beyond, onward = await self.link.connect()
            self.ends.append(onward)
            await asyncio.gather(self.pipe(reader, onward), self.pipe(beyond, writer))
        except OSError:
            self.cut()
        finally:
            for end in self.ends:
                end.close()

    async def pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self.spoil(data, writer)
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def spoil(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if latency := self.link.toxics.latency:
            await asyncio.sleep(latency)
        while data:
            while self.link.toxics.blackhole:
                await asyncio.sleep(NOTICE)
            piece = data[: self.most()]
            data = data[len(piece) :]
            writer.write(piece)
            await writer.drain()
            self.count(piece)
            if self.link.toxics.rate:
                await asyncio.sleep(len(piece) / self.link.toxics.rate)

    def most(self) -> int:
        """How much may pass at once. With a rate, ten pieces a second; before a cut, exactly what is left."""
        rate = self.link.toxics.rate
        return max(min(int(rate / 10) if rate else CHUNK, self.left()), 1)

    def left(self) -> int:
        toxics = self.link.toxics
        if toxics.cut_after is None:
            return CHUNK
        if self.budget is None or self.budget[0] is not toxics:
            self.budget, self.passed = (toxics, self.dice.randint(*toxics.cut_after)), 0
        return self.budget[1] - self.passed

    def count(self, piece: bytes) -> None:
        self.passed += len(piece)
        cut_on = self.link.toxics.cut_on
        if self.left() <= 0 or (cut_on and cut_on[0] in piece and self.dice.random() < cut_on[1]):
            self.cut()

    def cut(self) -> None:
        """A reset to both sides; what is still under way is lost."""
        self.link.cuts += not self.gone
        self.gone = True
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()


class Link:
    """A door of our own to one service, or to several that are tried in turn as a load balancer would."""

    def __init__(self, name: str, upstreams: list[Address], seed: int) -> None:
        self.name, self.upstreams, self.seed = name, upstreams, seed
        self.toxics = CLEAN
        self.pipers: set[Piper] = set()
        self.connections = self.cuts = 0
        self.port = 0

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self.serve, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        piper = Piper(self, self.connections)
        self.connections += 1
        self.pipers.add(piper)
        try:
            await piper.run(reader, writer)
        finally:
            self.pipers.discard(piper)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        turn = self.connections % len(self.upstreams)
        for host, port in self.upstreams[turn:] + self.upstreams[:turn]:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(host, port)
        raise ConnectionRefusedError(f"Nobody answers behind {self.name}.")

    def reset(self) -> None:
        for piper in list(self.pipers):
            piper.cut()


class Network:
    """The links of a rig, by name. Its methods may be called from any thread."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.links: dict[str, Link] = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="network", daemon=True)
        self.thread.start()

    def add(self, name: str, *places: int | Address) -> int:
        """The port of a new link to these places; a number is a port of this machine."""
        link = Link(name, [(HOST, place) if isinstance(place, int) else place for place in places], self.seed)
        asyncio.run_coroutine_threadsafe(link.listen(), self.loop).result(10)
        self.links[name] = link
        return link.port

    def spoil(self, name: str, toxics: Toxics) -> None:
        self.links[name].toxics = toxics

    def heal(self) -> None:
        for link in self.links.values():
            link.toxics = CLEAN

    def reset(self, name: str) -> None:
        """Cut every connection that is open now."""
        self.call(self.links[name].reset)

    def call(self, act: Callable[[], Any]) -> Any:
        done: Future[Any] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(act()))
        return done.result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.hang_up(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    async def hang_up(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for link in self.links.values():
            link.reset()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
