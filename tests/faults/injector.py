"""Does what the plan says to a rig, and writes down when each fault began and when it was over."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from tests.faults.history import History
from tests.faults.plan import Slot
from tests.faults.proxy import CLEAN, Toxics
from tests.faults.rigs import Embedded, Production, Rig
from tests.faults.visitor import Visitor
from tests.services import NotOurs

log = logging.getLogger(__name__)

COMMITTED = b"COMMIT"
# PostgreSQL's "ready", inside a transaction.
IN_TRANSACTION = b"Z\x00\x00\x00\x05T"
MESSAGES = r"/conversations/\d+/messages$"

TOXICS: dict[str, Callable[[random.Random], Toxics]] = {
    "latency": lambda dice: Toxics(latency=dice.uniform(0.3, 2.0)),
    "reset": lambda dice: Toxics(),
    "throttle": lambda dice: Toxics(rate=dice.choice((1, 40, 400))),
    "cut": lambda dice: Toxics(cut_after=(1, dice.choice((200, 2000, 20000)))),
    "blackhole": lambda dice: Toxics(blackhole=True),
    "refuse": lambda dice: Toxics(refuse=0.7),
}


def rule(do: str, **more: Any) -> dict[str, Any]:
    return {"name": f"{do} {more.get('status', '')}".strip(), "do": do, "method": "POST", "path": MESSAGES, **more}


# Longer than the product waits for an answer (25 s) and settles (30 s): stored when it has looked and sent again.
LATE = 60
DESK_TROUBLE: dict[str, list[dict[str, Any]]] = {
    "stored, then 500": [rule("error_after", status=500, share=0.3), rule("error_after", status=504, share=0.1)],
    "stored, then 422": [rule("error_after", status=422, share=0.3)],
    "stored, then hangs": [rule("hang_after", seconds=40, share=0.3, times=3)],
    "throttled": [rule("error_before", status=429, retry_after=2, share=0.3), rule("error_before", status=429, share=0.1, times=2)],
    "late": [rule("late", seconds=LATE, share=0.3, times=2)],
    "resets": [rule("reset_before", share=0.2), rule("reset_after", share=0.2)],
    "opening": [
        rule("error_after", status=500, path=r"/(conversations|contacts|toggle_status|custom_attributes)$", share=0.4),
        rule("error_before", method="GET", status=500, path="", share=0.2),
    ],
    "down": [{"name": "down", "do": "error_before", "status": 503}],
}
WEBHOOK_TROUBLE: dict[str, dict[str, Any]] = {
    "drop": {"drop": 0.5},
    "double": {"double": 0.5},
    "reorder": {"reorder": 0.6},
    "delay": {"delay": 0.5, "delay_seconds": [0.5, 8]},
    "everything": {"drop": 0.2, "double": 0.2, "reorder": 0.3, "delay": 0.2, "delay_seconds": [1, 15]},
}


class Injector:
    def __init__(self, rig: Rig, history: History, visitors: list[Visitor]) -> None:
        self.rig, self.history, self.visitors = rig, history, visitors
        self.numbers = itertools.count(1)
        self.trouble: dict[str, Any] = {}

    async def run(self, slots: list[Slot]) -> None:
        """The lanes side by side, each one after the other."""
        began = time.monotonic()
        lanes = {slot.lane: [each for each in slots if each.lane == slot.lane] for slot in slots}
        await asyncio.gather(*(self.lane(each, began) for each in lanes.values()))

    async def supervise(self) -> None:
        """As in any installation: what ends by itself is started again."""
        while True:
            for name, start in self.rig.died():
                self.history.add("died", process=name)
                await asyncio.to_thread(start)
            await asyncio.sleep(0.5)

    async def lane(self, slots: list[Slot], began: float) -> None:
        for slot in slots:
            await asyncio.sleep(max(0.0, began + slot.at - time.monotonic()))
            await self.inject(slot)

    async def inject(self, slot: Slot) -> None:
        number, dice = next(self.numbers), random.Random(slot.seed)
        self.history.add("begin", id=number, fault=slot.kind, what=slot.way)
        try:
            await getattr(self, slot.kind)(slot, dice)
        except NotOurs as reason:
            self.history.add("skipped", id=number, fault=slot.kind, why=str(reason))
        finally:
            self.history.add("end", id=number, fault=slot.kind)

    @property
    def production(self) -> Production:
        assert isinstance(self.rig, Production)
        return self.rig

    # --- Processes ------------------------------------------------------------------------------------------------------------------------

    async def f1(self, slot: Slot, dice: random.Random) -> None:
        threads, prefork = self.production.workers
        if slot.way == "child":
            await asyncio.to_thread(prefork.kill_a_child)
        else:
            await self.crash({"parent": prefork, "threads": threads, "sweeper": dice.choice(self.production.sweepers)}[slot.way], dice)

    async def f2(self, slot: Slot, dice: random.Random) -> None:
        if isinstance(self.rig, Embedded):
            await asyncio.to_thread(self.rig.kill)
            await asyncio.sleep(dice.uniform(0, 1.5))
            await asyncio.to_thread(self.rig.start_hub)
        else:
            await self.crash(self.production.webs[slot.way == "web1"], dice)

    async def crash(self, process: Any, dice: random.Random) -> None:
        await asyncio.to_thread(process.kill)
        await asyncio.sleep(dice.uniform(0, 1.5))
        await asyncio.to_thread(process.start)

    async def f3(self, slot: Slot, dice: random.Random) -> None:
        """Each process is told to go, and replaced when it has gone."""
        if isinstance(self.rig, Embedded):
            await asyncio.to_thread(self.rig.stop_hub)
            await asyncio.to_thread(self.rig.start_hub)
            return
        for process in self.production.processes():
            if not await asyncio.to_thread(process.stop):
                self.history.add("stubborn", process=process.name)
            await asyncio.to_thread(process.start)

    # --- Stores ---------------------------------------------------------------------------------------------------------------------------

    async def f4(self, slot: Slot, dice: random.Random) -> None:
        await asyncio.to_thread(self.production.valkey.flush)

    async def f5(self, slot: Slot, dice: random.Random) -> None:
        await self.crash(self.production.valkey, dice)

    async def f6(self, slot: Slot, dice: random.Random) -> None:
        self.production.valkey.pause()
        try:
            await asyncio.sleep(slot.seconds)
        finally:
            self.production.valkey.resume()

    async def f7(self, slot: Slot, dice: random.Random) -> None:
        await asyncio.to_thread(self.production.valkey.fill, True)
        try:
            await asyncio.sleep(slot.seconds)
        finally:
            await asyncio.to_thread(self.production.valkey.fill, False)

    async def f8(self, slot: Slot, dice: random.Random) -> None:
        await asyncio.to_thread(self.production.postgres.stop_at_once)
        await asyncio.sleep(dice.uniform(0, 3))
        await asyncio.to_thread(self.production.postgres.start)

    async def f9(self, slot: Slot, dice: random.Random) -> None:
        pattern = {"transaction": IN_TRANSACTION, "commit": COMMITTED}[slot.way]
        await self.spoiled(["web-postgres", "work-postgres"], Toxics(cut_on=(pattern, 0.15)), slot.seconds)

    # --- Network --------------------------------------------------------------------------------------------------------------------------

    async def f10(self, slot: Slot, dice: random.Random) -> None:
        names = dice.sample(self.rig.links, min(2, len(self.rig.links)))
        self.history.add("links", fault=slot.kind, what=slot.way, links=names)
        if slot.way == "reset":
            for name in names:
                self.rig.network.reset(name)
        else:
            await self.spoiled(names, TOXICS[slot.way](dice), slot.seconds)

    async def f13(self, slot: Slot, dice: random.Random) -> None:
        """Visitors' lines are cut at any byte, or their pages die."""
        if slot.way == "cut":
            await self.spoiled([name for name in self.rig.links if name.startswith("visitors")], Toxics(cut_after=(1, 6000)), slot.seconds)
        else:
            for visitor in dice.sample(self.visitors, max(1, len(self.visitors) // 3)):
                visitor.crash()
                await asyncio.sleep(slot.seconds * 3 / len(self.visitors))

    async def spoiled(self, links: list[str], toxics: Toxics, seconds: float) -> None:
        for name in links:
            self.rig.network.spoil(name, toxics)
        try:
            await asyncio.sleep(seconds)
        finally:
            for name in links:
                self.rig.network.spoil(name, CLEAN)

    # --- The desk -------------------------------------------------------------------------------------------------------------------------

    async def f11(self, slot: Slot, dice: random.Random) -> None:
        await self.misbehaving(slot, dice, rules=DESK_TROUBLE[slot.way])

    async def f12(self, slot: Slot, dice: random.Random) -> None:
        await self.misbehaving(slot, dice, webhooks=WEBHOOK_TROUBLE[slot.way])

    async def misbehaving(self, slot: Slot, dice: random.Random, **trouble: Any) -> None:
        """Rules and webhooks go wrong independently: a lost answer is worse when its echo is lost as well."""
        await self.plan(slot, dice, self.trouble | trouble)
        try:
            await asyncio.sleep(slot.seconds)
        finally:
            await self.plan(slot, dice, {name: what for name, what in self.trouble.items() if name not in trouble})

    async def plan(self, slot: Slot, dice: random.Random, trouble: dict[str, Any]) -> None:
        """A new plan counts anew, so what the last one did is written down first."""
        before, self.trouble = self.trouble, trouble
        if before:
            counts = await asyncio.to_thread(self.rig.desk.look, "/_faults")
            self.history.add("desk", what=slot.way, applied=counts["applied"], webhooks=counts["webhooks"])
        await asyncio.to_thread(self.rig.desk.plan, dice.randrange(2**31), **trouble)
