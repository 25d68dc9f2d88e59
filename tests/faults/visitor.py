"""Somebody in the widget: talks in bursts, changes doors in the middle of one, loses lines and pages, and writes down all they are told."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from typing import Any

from tests.faults.doors import Lost, PollingDoor, SocketDoor, side_by_side
from tests.faults.history import History
from tests.faults.scenario import HANDOVER_PHRASE, KEY
from tests.faults.view import Item, Outbox, View, in_order, shown
from tests.faults.wire import NoAnswer, ask

LONGEST_PAUSE = 2.0
CANARY = "CANARY"
# What people type that machines stumble over.
SPICE = (
    "",
    " ok",
    " ünïcode 😀",
    " <b>bold</b>",
    " {{ contact.name }}",
    " 100 %s",
    " two\nlines",
    ' "quoted" \\ back',
    " ‮right",
    " a" * 300,
)


class Visitor:
    def __init__(self, number: int, ports: list[int], history: History, seed: int) -> None:
        self.name = f"v{number:02}"
        self.ports, self.history = ports, history
        self.dice = random.Random(f"{seed} {self.name}")
        self.tab = str(uuid.uuid4())
        self.view, self.outbox = View(), Outbox()
        self.token = self.conversation = ""
        self.said = 0
        self.floor = "bot"
        self.stir = asyncio.Event()
        self.restless = True
        self.crashed = False
        self.line: asyncio.Task[None] | None = None

    def tell(self, op: str, **what: Any) -> None:
        self.history.add(op, client=self.name, **what)

    # --- What a door asks and brings ------------------------------------------------------------------------------------------------------

    def hello(self) -> dict[str, Any]:
        return {"type": "hello", "token": self.token, "tab": self.tab, "epoch": self.view.epoch, "last": self.view.last}

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def news(self, patience: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.stir.wait()
        self.stir.clear()

    def heard(self, frame: dict[str, Any], raw: str = "") -> None:
        if CANARY in raw:
            self.tell("leaked", raw=raw[:300])
        match frame["type"]:
            case "message":
                self.see(frame)
            case "ack":
                self.settled(frame)
            case "nak":
                self.refused(frame)
            case "reset":
                self.begin_anew(frame["epoch"])
            case "ready":
                self.view.epoch, self.floor = frame["epoch"], frame["floor"]["mode"]
                self.stir.set()
            case "floor":
                self.floor = frame["floor"]["mode"]
            case "beat" if frame["last"] > self.view.last:
                raise Lost("a hole, says the beat")

    def heard_page(self, page: dict[str, Any], raw: str) -> dict[str, Any]:
        if page["reset"]:
            self.begin_anew(page["epoch"])
        for message in page["messages"]:
            self.heard({"type": "message", **message}, raw)
        self.view.epoch, self.floor = page["epoch"], page["floor"]["mode"]
        return page

    def see(self, message: dict[str, Any]) -> None:
        self.tell("seen", **shown(message))
        if not self.view.take(message):
            raise Lost("a hole")
        if message["cid"]:
            self.settled(message)

    def settled(self, ack: dict[str, Any]) -> None:
        if self.outbox.settle(ack["cid"]):
            self.tell("acked", cid=ack["cid"], seq=ack["seq"], id=ack["id"])
            self.stir.set()

    def refused(self, nak: dict[str, Any]) -> None:
        if self.outbox.refused(nak, time.monotonic()):
            self.tell("refused", cid=nak["cid"], code=nak["code"])
        self.stir.set()

    def begin_anew(self, epoch: int) -> None:
        """A page that has heard nothing yet is only told the epoch."""
        if self.view.epoch is None and self.view.last == 0:
            self.view.forget(epoch)
        else:
            self.forget("reset", epoch)

    def forget(self, why: str, epoch: int | None = None) -> None:
        self.tell("reload", why=why)
        self.view.forget(epoch)

    # --- Living ---------------------------------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """For ever: one line after the other, over changing doors to changing servers."""
        while not self.token:
            await self.arrive()
        while True:
            door = self.dice.choice((SocketDoor, SocketDoor, PollingDoor))(self, self.dice.choice(self.ports))
            self.line = asyncio.ensure_future(self.stay(door))
            await asyncio.wait([self.line])
            if self.crashed:
                self.crashed = False
                self.forget("crash")
            await self.pause(self.line)

    async def stay(self, door: SocketDoor | PollingDoor) -> None:
        await side_by_side(door.run(), self.grow_restless(self.dice.uniform(2, 12)))

    async def grow_restless(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while not self.restless:
            await asyncio.sleep(1)

    async def pause(self, line: asyncio.Task[None]) -> None:
        """A changed door is entered at once, a lost one after a while, by chance so that not all come back together."""
        problem = None if line.cancelled() else line.exception()
        if problem is not None and not isinstance(problem, Lost):
            raise problem
        if problem is not None:
            await asyncio.sleep(self.dice.uniform(0, LONGEST_PAUSE / 2) + problem.after)

    async def arrive(self) -> None:
        port = self.dice.choice(self.ports)
        try:
            answer = await ask(port, "POST", "/webchat/session", {"scenario": KEY}, {"Origin": f"http://localhost:{port}"})
            if answer.status == 201:
                self.token, self.conversation = answer.body["token"], answer.body["conversation"]
                return
            self.tell("http", status=answer.status, path="/webchat/session", body=answer.raw[:200])
        except NoAnswer:
            pass
        await asyncio.sleep(self.dice.uniform(0.1, LONGEST_PAUSE))

    def crash(self) -> None:
        """The page dies and is loaded again: what it had shown is gone, what it had not got rid of was kept."""
        self.crashed = True
        if self.line:
            self.line.cancel()

    # --- Talking --------------------------------------------------------------------------------------------------------------------------

    async def talk(self, messages: int, seconds: float) -> None:
        """So many messages within so many seconds, in bursts."""
        ends = time.monotonic() + seconds
        while self.said < messages:
            burst = min(self.dice.choice((1, 1, 2, 3, 6)), messages - self.said)
            gap = 2.6 * max(ends - time.monotonic(), 0.1) / max(messages - self.said, 1)
            await asyncio.sleep(self.dice.uniform(0, 2 * gap) * burst / 2.6)
            for _ in range(burst):
                self.say()

    def say(self) -> None:
        self.said += 1
        asks = self.floor == "bot" and self.dice.random() < 0.5
        words = f" {HANDOVER_PHRASE}" if asks else self.dice.choice(SPICE)
        item = Item(f"[{self.name}.{self.said}]{words}".rstrip())
        self.outbox.add(item)
        self.tell("say", cid=item.cid, i=self.said, text=item.text)
        self.stir.set()

    # --- The end --------------------------------------------------------------------------------------------------------------------------

    async def compare(self) -> None:
        """What this page has, after reading on from its cursor, and what a page opened now gets."""
        await PollingDoor(self, self.ports[0]).read(wait=0)
        kept = self.view.listed()
        fresh: list[dict[str, Any]] = []
        page: dict[str, Any] = {"more": True, "epoch": "null"}
        while page["more"]:
            path = f"/webchat/events?after={fresh[-1]['seq'] if fresh else 0}&epoch={page['epoch']}"
            page = (await ask(self.ports[-1], "GET", path, headers=self.bearer(), patience=30)).body
            fresh += [shown(message) for message in page["messages"]]
        self.tell("final", kept=kept, fresh=in_order(fresh))
