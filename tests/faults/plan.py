"""Which fault comes when, in five lanes side by side: processes, stores, network, desk, webhooks. Same seed, same plan."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

LEAD_IN = 4.0
GAP = (0.5, 2.5)

TOXICS = ("latency", "reset", "throttle", "cut", "blackhole", "refuse")
# The ways of each fault, and about how many seconds one takes.
WAYS: dict[str, dict[str, dict[str, float]]] = {
    "processes": {
        "f1": {"parent": 3, "child": 1, "threads": 3, "sweeper": 2},
        "f2": {"web0": 5, "web1": 5},
        "f3": {"all": 15},
    },
    "stores": {
        "f4": {"flush": 1},
        "f5": {"kill": 3},
        "f6": {"stop": 11},
        "f7": {"full": 5},
        "f8": {"stop": 5},
        "f9": {"transaction": 4, "commit": 4},
    },
    "network": {"f10": dict.fromkeys(TOXICS, 5), "f13": {"cut": 5, "crash": 3}},
    "desk": {
        "f11": {
            "stored, then 500": 6,
            "stored, then 422": 5,
            "stored, then hangs": 6,
            "throttled": 4,
            "late": 6,
            "resets": 5,
            "opening": 6,
            "down": 8,
        },
    },
    "webhooks": {
        "f12": {"drop": 6, "double": 4, "reorder": 5, "delay": 6, "everything": 8},
    },
}
KINDS = tuple(kind for lane in WAYS.values() for kind in lane)
# What one process has: no Redis, no PostgreSQL, and a kill -9 of the one is a kill -9 of all.
EMBEDDED_KINDS = ("f2", "f3", "f10", "f11", "f12", "f13")
# Those that keep the product busy for long after they are over.
LONG = {"stored, then hangs", "late", "down"}
EMBEDDED_WAYS = {"f2": {"all": 6}, "f3": {"all": 8}}


@dataclass(frozen=True)
class Slot:
    at: float
    lane: str
    kind: str
    way: str
    seconds: float
    seed: str

    @property
    def ends(self) -> float:
        return self.at + self.seconds


def kinds_of(shape: str, wanted: str) -> list[str]:
    """``all`` or a comma list, without those that this shape cannot have. Raises ``ValueError`` for unknown ones."""
    asked = list(KINDS) if wanted == "all" else [kind.strip().lower() for kind in wanted.split(",") if kind.strip() not in ("", "none")]
    if unknown := set(asked) - set(KINDS) - {"f16"}:
        raise ValueError(f"Unknown faults: {', '.join(sorted(unknown))}. There are {', '.join(KINDS)}; f16 is always on.")
    return [kind for kind in KINDS if kind in asked and (shape == "production" or kind in EMBEDDED_KINDS)]


def schedule(shape: str, kinds: list[str], seed: int, seconds: float, *, brief: bool = False) -> list[Slot]:
    """Every way of every kind once (``brief``: one quick way of each), then again until the time is filled."""
    slots = [slot for lane in WAYS for slot in fill(lane, ways(shape, lane, kinds), seed, seconds, brief)]
    return sorted(slots, key=lambda slot: slot.at)


def ways(shape: str, lane: str, kinds: list[str]) -> dict[str, dict[str, float]]:
    own = EMBEDDED_WAYS if shape == "embedded" else {}
    return {kind: own.get(kind, each) for kind, each in WAYS[lane].items() if kind in kinds}


def fill(lane: str, found: dict[str, dict[str, float]], seed: int, seconds: float, brief: bool) -> Iterator[Slot]:
    dice = random.Random(f"{seed} {lane}")
    at, rounds = LEAD_IN, 0
    while found and (rounds == 0 or at < seconds):
        for kind, way, length in one_round(found, dice, brief):
            if rounds and at + length > seconds:
                return
            at += dice.uniform(*GAP)
            yield Slot(round(at, 2), lane, kind, way, length, f"{seed} {lane} {at:.2f}")
            at += length
        rounds += 1


def one_round(found: dict[str, dict[str, float]], dice: random.Random, brief: bool) -> list[tuple[str, str, float]]:
    chosen = {kind: [dice.choice(sorted(set(each) - LONG))] if brief else sorted(each) for kind, each in found.items()}
    slots = [(kind, way, found[kind][way]) for kind, some in chosen.items() for way in some]
    dice.shuffle(slots)
    return slots


def length(slots: list[Slot], least: float) -> float:
    """Seconds until the last fault is over."""
    return max([least, *(slot.ends + GAP[1] for slot in slots)])
