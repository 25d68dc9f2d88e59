"""One run: a rig, people talking over it, faults coming, silence, and what the checker says to it all."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults import blame, checker, history, plan, report
from tests.faults.checker import Violation
from tests.faults.desk import Agents, open_foreign_thread
from tests.faults.evidence import Run
from tests.faults.history import History
from tests.faults.injector import Injector
from tests.faults.rigs import RIGS, Rig
from tests.faults.visitor import Visitor
from tests.faults.wire import NoAnswer

# How long it may take after the last fault until nothing moves.
SETTLE = 120.0
CALM = 3
PER_VISITOR = 8
# Messages a second, and how long people talk at least.
BUSY = 10.0
SHORTEST = 12.0


@dataclass(frozen=True)
class Options:
    shape: str = "production"
    messages: int = 2000
    faults: str = "all"
    seed: int = 1
    visitors: int = 40
    seconds: float = 0.0
    brief: bool = False
    settle: float = SETTLE
    folder: Path | None = None


@dataclass(frozen=True)
class Outcome:
    figures: dict[str, Any]
    violations: list[Violation]
    folder: Path


def run(options: Options) -> Outcome:
    kinds = plan.kinds_of(options.shape, options.faults)
    folder = options.folder or Path(tempfile.mkdtemp(prefix=f"handoff-faults-{options.shape}-"))
    folder.mkdir(parents=True, exist_ok=True)
    told = History(folder / "history.jsonl")
    told.add("run", **{**asdict(options), "folder": str(folder), "faults": kinds})
    began = time.monotonic()
    rig = RIGS[options.shape](folder, options.seed)
    try:
        rig.start()
        asyncio.run(Play(options, rig, told).perform(kinds))
        keep(folder, rig, told)
    finally:
        rig.stop()
    return judge(folder, time.monotonic() - began)


def keep(folder: Path, rig: Rig, told: History) -> None:
    """What the checker reads beside the history."""
    (folder / "hub.json").write_text(json.dumps(rig.dump(), ensure_ascii=False))
    (folder / "desk.json").write_text(json.dumps(rig.desk.dump(), ensure_ascii=False))
    for log in rig.logs():
        for found in blame.exceptions_in(log):
            told.add("traceback", **found)


def judge(folder: Path, seconds: float = 0.0) -> Outcome:
    stores = (json.loads((folder / name).read_text()) for name in ("hub.json", "desk.json"))
    run = Run(history.read(folder / "history.jsonl"), *stores)
    violations = checker.check(run)
    return Outcome(report.figures(run, violations, seconds or run.history[-1]["t"] - run.history[0]["t"]), violations, folder)


class Play:
    def __init__(self, options: Options, rig: Rig, told: History) -> None:
        self.options, self.rig, self.told = options, rig, told
        count = max(1, min(options.visitors, options.messages // PER_VISITOR))
        self.visitors = [Visitor(number, rig.ports, told, options.seed) for number in range(count)]
        self.agents = Agents(rig.desk, told, options.seed)

    async def perform(self, kinds: list[str]) -> None:
        options = self.options
        slots = plan.schedule(options.shape, kinds, options.seed, options.seconds, brief=options.brief)
        seconds = plan.length(slots, max(options.seconds, options.messages / BUSY, SHORTEST))
        await asyncio.to_thread(open_foreign_thread, self.rig.desk, self.rig.credentials, self.told)
        injector = Injector(self.rig, self.told, self.visitors)
        lives = (injector.supervise(), self.agents.work(), *(visitor.live() for visitor in self.visitors))
        living = [asyncio.ensure_future(life) for life in lives]
        try:
            share = [
                options.messages // len(self.visitors) + (place < options.messages % len(self.visitors))
                for place in range(len(self.visitors))
            ]
            talking = (visitor.talk(count, seconds) for visitor, count in zip(self.visitors, share, strict=True))
            await self.unless_broken(living, injector.run(slots), *talking)
            await self.unless_broken(living, self.quiesce())
        finally:
            await self.end(living)
        await asyncio.gather(*(self.final(visitor) for visitor in self.visitors))

    async def unless_broken(self, living: list[asyncio.Task[None]], *works: Coroutine[Any, Any, None]) -> None:
        """Until all works are done; a person who breaks down is a bug of the rig, and ends the run."""
        work = asyncio.gather(*works)
        await asyncio.wait([work, *living], return_when=asyncio.FIRST_COMPLETED)
        for life in living:
            if life.done():
                work.cancel()
                life.result()
        await work

    async def end(self, living: list[asyncio.Task[None]]) -> None:
        for life in living:
            life.cancel()
        for visitor in self.visitors:
            if visitor.line:
                visitor.line.cancel()
        await asyncio.gather(*living, return_exceptions=True)

    async def final(self, visitor: Visitor) -> None:
        for attempt in range(3):
            try:
                return await visitor.compare()
            except NoAnswer:
                if attempt == 2:
                    raise

    # --- Silence --------------------------------------------------------------------------------------------------------------------------

    async def quiesce(self) -> None:
        """No more faults, words or changes of doors; wait until nothing moves any more."""
        self.agents.working = False
        for visitor in self.visitors:
            visitor.restless = False
        self.told.add("silence")
        deadline, calm, reasons = time.monotonic() + self.options.settle, 0, ["not looked yet"]
        while calm < CALM and time.monotonic() < deadline:
            await asyncio.sleep(1)
            reasons = await asyncio.to_thread(self.unsettled)
            calm = 0 if reasons else calm + 1
        activity = await asyncio.to_thread(self.rig.activity) if reasons else []
        self.told.add("quiesced", reasons=reasons, activity=activity)

    def unsettled(self) -> list[str]:
        """What is still on its way, in words."""
        hub, desk = self.rig.dump(), self.rig.desk.dump()
        reasons = [f"{len(visitor.outbox.items)} unsaid of {visitor.name}" for visitor in self.visitors if visitor.outbox.items]
        reasons += [f"{count} deliveries {state}" for state, count in states(hub["delivery"]).items() if state not in ("sent", "parked")]
        reasons += [f"{count} receipts {state}" for state, count in states(hub["receipt"]).items() if state not in ("applied", "failed")]
        seen = {row["remote_id"] for row in hub["message"]}
        run = Run([], hub, desk)
        unheard = [row["id"] for row in run.from_agents if row["id"] not in seen]
        reasons += [f"{len(unheard)} of the agents' messages not heard"] if unheard else []
        copies = sum(count - 1 for count in Counter(row["content"] for row in run.incoming).values())
        reasons += [f"{copies} copies at the desk"] if copies else []
        reasons += [f"{pending} pending at the desk"] if (pending := self.rig.desk.look("/_faults")["pending"]) else []
        last = {str(row["id"]): row["last_seq"] for row in hub["conversation"]}
        behind = [
            visitor.name for visitor in self.visitors if visitor.conversation and visitor.view.last < last.get(visitor.conversation, 0)
        ]
        return reasons + ([f"{len(behind)} pages behind"] if behind else [])


def states(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["state"] for row in rows)
