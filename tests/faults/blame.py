"""I7: which errors a fault explains. What is not on this list, or came when nothing was wrong, is the product's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.history import Op

if TYPE_CHECKING:
    from tests.faults.evidence import Run

# A fault may be felt a little longer than it lasts: pools and breakers notice late.
GRACE = 20.0

DATABASE = {"f8", "f9", "f10", "f2", "f3"}
BROKER = {"f4", "f5", "f6", "f7", "f10", "f3"}
DESK = {"f10", "f11"}
# The last line of an exception in a log → the faults that may cause it.
EXPECTED = {
    r"(django\.db\.utils|psycopg)\.(OperationalError|InterfaceError)\b": DATABASE,
    r"psycopg\.errors\.(AdminShutdown|CrashShutdown|CannotConnectNow|IdleSessionTimeout)\b": DATABASE,
    r"psycopg_pool\.PoolTimeout\b": DATABASE,
    r"redis\.exceptions\.(ConnectionError|TimeoutError|BusyLoadingError|OutOfMemoryError)\b": BROKER,
    r"kombu\.exceptions\.OperationalError\b": BROKER,
    r"(ConnectionResetError|ConnectionRefusedError|BrokenPipeError)\b": DATABASE | BROKER,
    r"handoffs\.providers\.base\.(Unavailable|Uncertain|Throttled)\b": DESK,
    # Celery's own: a child that was killed, and a broker that came and went.
    r"billiard\.exceptions\.WorkerLostError\b": {"f1"},
    r"billiard\.einfo\.ExceptionWithTraceback\b": {"f1"},
    r"billiard\.exceptions\.RestartFreqExceeded\b": BROKER,
    # uvicorn's own: a request, such as a long poll, that outlives the time a restart gives it.
    r"asyncio\.exceptions\.CancelledError\b": {"f3"},
}
# Celery's own, by the line it is logged under: a broker that goes away while a worker connects, or that is full, ends the worker.
GIVES_UP = r".* (CRITICAL celery\.worker: Unrecoverable error|ERROR celery\.bootsteps: Error on stopping)"
# channels_redis' own: its receiver stumbles over a connection that was cut while it was used, says so, and connects anew a second later.
RECEIVES_AGAIN = r".* ERROR channels_redis\.pubsub: Unexpected exception in receive task"
# A process that ended by itself → the faults that may cause it.
DEATHS = {"worker": BROKER}
FAILED = (500, 502, 503)
# The server's own trouble, and a hello that a slow line held back.
CLOSED = {1011: DATABASE | BROKER, 4408: {"f10", "f13"}}
RESTARTS = 1012


def unexplained(run: Run) -> Iterator[tuple[str, str, Any]]:
    windows = [(begin["fault"], begin["t"], end_of(begin, run)) for begin in run.ops("begin")]
    injected = {fault for fault, _, _ in windows}
    for op in run.ops("traceback"):
        if not explained(op, injected):
            yield "I7", f"an exception in {op['process']}", {"line": op["line"], "head": op["head"]}
    for op in run.ops("http"):
        if op["status"] not in FAILED or not excused(op, windows, DATABASE | BROKER):
            yield "I7", f"status {op['status']} for input that is in order", op
    for op in run.ops("closed"):
        if op["code"] != RESTARTS and not excused(op, windows, CLOSED.get(op["code"], set())):
            yield "I7", f"a socket was closed with {op['code']}", op
    for op in run.ops("died"):
        if not DEATHS.get(op["process"].partition("-")[0], set()) & injected:
            yield "I7", f"{op['process']} ended by itself", op
    yield from (("I7", "a fault did not happen: the run proves less than it says", op) for op in run.ops("skipped"))


def explained(op: Op, injected: set[str]) -> bool:
    if re.match(GIVES_UP, op["head"]) or re.match(RECEIVES_AGAIN, op["head"]):
        return bool(BROKER & injected)
    return any(re.match(pattern, op["line"]) and causes & injected for pattern, causes in EXPECTED.items())


def end_of(begin: Op, run: Run) -> float:
    ends = (op["t"] for op in run.ops("end") if op["id"] == begin["id"])
    return next(ends, float("inf"))


def excused(op: Op, windows: list[tuple[str, float, float]], causes: set[str]) -> bool:
    return any(fault in causes and begin <= op["t"] <= end + GRACE for fault, begin, end in windows)


# --- Exceptions in logs -------------------------------------------------------------------------------------------------------------------

FIRST = "Traceback (most recent call last):"
CHAINED = ("The above exception was the direct cause", "During handling of the above exception")


def exceptions_in(log: Path) -> Iterator[dict[str, str]]:
    """Each exception as its last line, and the line it was logged under. Of a chain only the last one counts."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    place = 0
    while place < len(lines):
        if FIRST in lines[place]:
            head = lines[place - 1] if place else ""
            place, last = end_of_chain(lines, place)
            yield {"process": log.stem, "line": last.strip(" |+"), "head": head}
        place += 1


def end_of_chain(lines: list[str], place: int) -> tuple[int, str]:
    """The place and text of the last line of the exception that begins here."""
    while True:
        place = next((at for at in range(place + 1, len(lines)) if lines[at] and not lines[at].startswith(" ")), len(lines) - 1)
        following = next((at for at in range(place + 1, min(place + 4, len(lines))) if lines[at].startswith(CHAINED)), None)
        if following is None:
            return place, lines[place]
        place = next((at for at in range(following, len(lines)) if FIRST in lines[at]), len(lines) - 1)
