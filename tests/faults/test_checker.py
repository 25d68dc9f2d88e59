"""The checker goes red: a run made by hand in which all is well, and every violation made in it, one at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import blame, checker, report
from tests.faults.evidence import Run
from tests.faults.scenario import BOT_TEXT, HANDOVER_PHRASE, RETURN_TEXT, WAITING_TEXT

Made = dict[str, Any]
CONVERSATION, OTHER = "conversation-1", "conversation-2"


def message(conversation: str, seq: int, author: str, text: str, **more: Any) -> Made:
    plain = {"cid": None, "undelivered": False, "revises_id": None, "remote_id": None, "ord": float(seq)}
    return {"id": f"{conversation}/{seq}", "conversation_id": conversation, "seq": seq, "author": author, "text": text, **plain, **more}


def at_desk(number: int, kind: str, text: str, thread: int = 7, **more: Any) -> Made:
    plain = {"private": False, "source_id": None, "content_attributes": {}, "created_at": 10.0 + number}
    return {"id": number, "conversation_id": thread, "message_type": kind, "content": text, **plain, **more}


def conversation(client: str, name: str) -> list[Made]:
    """Bot, human, bot: what the hub has of it."""
    said = [
        ("visitor", f"[{client}.1] hello"),
        ("bot", BOT_TEXT),
        ("visitor", f"[{client}.2] {HANDOVER_PHRASE}"),
        ("bot", WAITING_TEXT),
        ("visitor", f"[{client}.3]"),
        ("agent", "[a7.1] Good day" if client == "v01" else "[a8.3] Good day"),
        ("visitor", f"[{client}.4] ok"),
        ("agent", "[a7.2] Good day" if client == "v01" else "[a8.4] Good day"),
        ("bot", RETURN_TEXT),
    ]
    rows = [message(name, seq, author, text) for seq, (author, text) in enumerate(said, 1)]
    for row in rows:
        if row["author"] == "visitor":
            row["cid"] = f"cid {row['text']}"
    for number, row in enumerate((row for row in rows if row["author"] == "agent"), 102 if client == "v01" else 202):
        row["remote_id"] = number
    return rows


def page(rows: list[Made]) -> list[Made]:
    shown = ("id", "seq", "ord", "text", "cid")
    return [{**{key: row[key] for key in shown}, "delivery": None, "kind": row["author"]} for row in rows]


def told(client: str, rows: list[Made]) -> list[Made]:
    mine = [row for row in rows if row["author"] == "visitor"]
    ops = [{"op": "say", "client": client, "cid": row["cid"], "i": i, "text": row["text"]} for i, row in enumerate(mine, 1)]
    ops += [{"op": "acked", "client": client, "cid": row["cid"], "seq": row["seq"], "id": row["id"]} for row in mine]
    ops += [{"op": "seen", "client": client, **row} for row in page(rows)]
    return ops + [{"op": "final", "client": client, "kept": page(rows), "fresh": page(rows)}]


@pytest.fixture
def good() -> Made:
    one, other = conversation("v01", CONVERSATION), conversation("v02", OTHER)
    hub = {
        "message": one + other,
        "transfer": [{"conversation_id": CONVERSATION}, {"conversation_id": OTHER}],
        "receipt": [{"id": 1, "state": "applied", "error": ""}],
    }
    hub["conversation"] = [{"id": name, "epoch": 1, "last_seq": 9} for name in (CONVERSATION, OTHER)]
    owed = [row for row in one + other if row["text"].endswith((".3]", ".4] ok"))]
    hub["delivery"] = [{"message_id": row["id"], "kind": "message", "state": "sent", "last_error": ""} for row in owed]
    desk = [
        at_desk(100, "outgoing", "Before the handover:", private=True, source_id="handoff:brief"),
        at_desk(101, "incoming", "[v01.3]", source_id="handoff:3"),
        at_desk(102, "outgoing", "[a7.1] Good day"),
        at_desk(104, "incoming", "[v01.4] ok", source_id="handoff:4"),
        at_desk(103, "outgoing", "[a7.2] Good day"),
        at_desk(201, "incoming", "[v02.3]", 8),
        at_desk(202, "outgoing", "[a8.3] Good day", 8),
        at_desk(203, "outgoing", "[a8.4] Good day", 8),
        at_desk(204, "incoming", "[v02.4] ok", 8),
        at_desk(300, "outgoing", "CANARY of a stranger", 9),
    ]
    history = [*told("v01", one), *told("v02", other), {"op": "quiesced", "reasons": []}]
    history += [{"op": "begin", "id": 1, "fault": "f8", "what": "stop", "t": 100.0}, {"op": "end", "id": 1, "fault": "f8", "t": 110.0}]
    return {"history": [{"t": 0.0, **op} for op in history], "hub": hub, "desk": {"messages": desk, "conversations": []}}


def violations(made: Made) -> list[tuple[str, str]]:
    return [(found.invariant, found.what) for found in checker.check(Run(made["history"], made["hub"], made["desk"]))]


def hub_row(made: Made, seq: int) -> Made:
    return next(row for row in made["hub"]["message"] if (row["conversation_id"], row["seq"]) == (CONVERSATION, seq))


def desk_row(made: Made, number: int) -> Made:
    return next(row for row in made["desk"]["messages"] if row["id"] == number)


def op(made: Made, name: str, **values: Any) -> Made:
    found = (each for each in made["history"] if each["op"] == name)
    return next(each for each in found if all(each[key] == value for key, value in values.items()))


def add(made: Made, name: str, **what: Any) -> None:
    made["history"].append({"t": 5.0, "op": name, **what})


def test_a_run_in_which_all_is_well_is_green(good: Made) -> None:
    assert violations(good) == []


def test_a_removed_copy_of_what_was_stored_late_is_no_copy(good: Made) -> None:
    good["desk"]["messages"].append(at_desk(105, "incoming", "deleted", source_id="handoff:3", content_attributes={"deleted": True}))
    good["history"].append({"t": 5.0, "op": "desk", "applied": {"late": 1}, "webhooks": {}})
    assert violations(good) == []


def test_a_parked_message_need_not_be_at_the_desk(good: Made) -> None:
    good["desk"]["messages"].remove(desk_row(good, 101))
    parked = next(row for row in good["hub"]["delivery"] if row["message_id"] == hub_row(good, 5)["id"])
    parked.update(state="parked", last_error="Chatwoot does not accept this content (422).")
    assert violations(good) == []


BREAKS: dict[str, tuple[str, str, Callable[[Made], object]]] = {
    "acked, not stored": ("I1", "0 times in the hub", lambda made: made["hub"]["message"].remove(hub_row(made, 1))),
    "acked with another text": ("I1", "something else", lambda made: hub_row(made, 1).update(text="[v01.1] hullo")),
    "acked with another number": ("I1", "something else", lambda made: op(made, "acked", client="v01", seq=1).update(seq=2)),
    "not at the desk": ("I1", "lost", lambda made: made["desk"]["messages"].remove(desk_row(made, 101))),
    "twice at the desk": ("I1", "doubled", lambda made: made["desk"]["messages"].append(at_desk(105, "incoming", "[v01.4] ok"))),
    "twice for a while": (
        "I1",
        "for a while",
        lambda made: desk_row(made, 300).update(source_id="handoff:9", content_attributes={"deleted": True}),
    ),
    "the bot's at the desk": (
        "I1",
        "the bot had the floor",
        lambda made: made["desk"]["messages"].append(at_desk(105, "incoming", "[v01.1] hello")),
    ),
    "both answer": ("I1", "answered for the human", lambda made: hub_row(made, 6).update(author="bot", text=BOT_TEXT, remote_id=None)),
    "nobody answers": ("I1", "said nothing", lambda made: hub_row(made, 2).update(author="system")),
    "another answer": ("I1", "another answer", lambda made: hub_row(made, 2).update(text=WAITING_TEXT)),
    "an agent not heard": ("I1", "0 times in the hub", lambda made: hub_row(made, 6).update(remote_id=999)),
    "an agent in another chat": ("I1", "not as said", lambda made: hub_row(made, 6).update(conversation_id=OTHER)),
    "inverted at the desk": ("I2", "inverted at the desk", lambda made: desk_row(made, 101).update(id=105)),
    "inverted in the hub": ("I2", "inverted in the hub", lambda made: op(made, "say", client="v01", i=1).update(i=9)),
    "inverted on the page": (
        "I2",
        "on the page",
        lambda made: op(made, "final", client="v01")["kept"].insert(0, page([hub_row(made, 8)])[0]),
    ),
    "invented at the desk": ("I3", "the desk has words", lambda made: made["desk"]["messages"].append(at_desk(105, "incoming", "[v01.9]"))),
    "invented in the hub": (
        "I3",
        "the hub has words of a visitor",
        lambda made: made["hub"]["message"].append(message(OTHER, 10, "visitor", "?")),
    ),
    "an agent invented": ("I3", "words of an agent", lambda made: hub_row(made, 6).update(text="[a7.1] Good night")),
    "invented on the page": ("I3", "a page was told", lambda made: op(made, "seen", client="v01", seq=2).update(text="Something else")),
    "one key twice": ("I3", "one delivery", lambda made: desk_row(made, 104).update(source_id="handoff:3")),
    "a note on the page": ("I4", "leaked", lambda made: op(made, "seen", client="v01", seq=6).update(text="[a7.5] CANARY between us")),
    "a note in a frame": ("I4", "canary", lambda made: add(made, "leaked", client="v01", raw="CANARY")),
    "another visitor's words": ("I4", "leaked", lambda made: op(made, "seen", client="v01", seq=1).update(text="[v02.1] hello")),
    "another visitor's agent": ("I4", "leaked", lambda made: op(made, "seen", client="v01", seq=6).update(text="[a8.3] Good day")),
    "two in a thread": ("I4", "several visitors", lambda made: desk_row(made, 201).update(conversation_id=7)),
    "two threads of one": ("I1", "more threads", lambda made: desk_row(made, 101).update(conversation_id=11)),
    "another page": ("I5", "differs from a fresh load", lambda made: op(made, "final", client="v01")["kept"].pop()),
    "another fresh page": (
        "I5",
        "differs from the hub",
        lambda made: [op(made, "final", client="v01")[each].pop() for each in ("kept", "fresh")],
    ),
    "no page": ("I5", "no final page", lambda made: made["history"].remove(op(made, "final", client="v01"))),
    "a hole": ("I5", "number 3 after number 1", lambda made: made["history"].remove(op(made, "seen", client="v01", seq=2))),
    "a repeat": ("I5", "number 2 after number 9", lambda made: add(made, "seen", client="v01", **page([hub_row(made, 2)])[0])),
    "a reset": ("I5", "could not be resumed", lambda made: add(made, "reload", client="v01", why="reset")),
    "a delivery in limbo": ("I6", "a delivery is unknown", lambda made: made["hub"]["delivery"][0].update(state="unknown")),
    "parked without a reason": ("I6", "a delivery is parked", lambda made: made["hub"]["delivery"][0].update(state="parked")),
    "a receipt in limbo": ("I6", "a receipt is stored", lambda made: made["hub"]["receipt"][0].update(state="stored")),
    "given up without a reason": ("I6", "a receipt is failed", lambda made: made["hub"]["receipt"][0].update(state="failed")),
    "never acked": ("I6", "never acked", lambda made: add(made, "say", client="v01", cid="?", i=5, text="[v01.5]")),
    "refused": ("I6", "refused", lambda made: add(made, "refused", client="v01", cid="?", code="conflict")),
    "restless": ("I6", "did not settle", lambda made: add(made, "quiesced", reasons=["1 deliveries pending"])),
    "a gap": ("I6", "a gap", lambda made: made["hub"]["conversation"][0].update(last_seq=10)),
    "an exception": ("I7", "an exception", lambda made: add(made, "traceback", process="web0", line="KeyError: 'x'", head="")),
    "a 5xx out of the blue": ("I7", "status 500", lambda made: add(made, "http", client="v01", status=500, path="/")),
    "a 400": (
        "I7",
        "status 400",
        lambda made: made["history"].append({"t": 105.0, "op": "http", "client": "v01", "status": 400, "path": "/"}),
    ),
    "a closed socket": ("I7", "closed with 4400", lambda made: add(made, "closed", client="v01", code=4400)),
    "a process gone": ("I7", "ended by itself", lambda made: add(made, "died", process="web0")),
    "a fault left out": ("I7", "did not happen", lambda made: add(made, "skipped", fault="f1", why="?")),
}


@pytest.mark.parametrize("name", BREAKS)
def test_every_violation_is_seen(good: Made, name: str) -> None:
    invariant, what, break_it = BREAKS[name]
    made = copy.deepcopy(good)
    break_it(made)
    assert [found for found in violations(made) if found[0] == invariant and what in found[1]], violations(made)


def test_what_a_fault_explains_is_no_violation(good: Made) -> None:
    good["history"] += [
        {"t": 125.0, "op": "http", "client": "v01", "status": 500, "path": "/"},
        {"t": 105.0, "op": "closed", "client": "v01", "code": 1011},
        {"t": 1.0, "op": "traceback", "process": "web0", "line": "django.db.utils.OperationalError: gone", "head": ""},
    ]
    assert violations(good) == []


def test_a_fault_explains_nothing_long_after_it_is_over(good: Made) -> None:
    good["history"].append({"t": 131.0, "op": "http", "client": "v01", "status": 500, "path": "/"})
    assert violations(good) == [("I7", "status 500 for input that is in order")]


def test_exceptions_in_a_log_are_counted_once_a_chain(tmp_path: Path) -> None:
    log = tmp_path / "web0.log"
    log.write_text(
        "ERROR one:\nTraceback (most recent call last):\n  File x\nValueError: a\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n  File y\nKeyError: b\nWARNING fine\n"
        "ERROR two:\nTraceback (most recent call last):\n  File z\nTypeError: c\n"
    )
    found = [(each["head"], each["line"]) for each in blame.exceptions_in(log)]
    assert found == [("ERROR one:", "KeyError: b"), ("ERROR two:", "TypeError: c")]


def test_the_table_counts_what_is_wrong(good: Made) -> None:
    good["desk"]["messages"].remove(desk_row(good, 101))
    run = Run(good["history"], good["hub"], good["desk"])
    figures = report.figures(run, checker.check(run), 3.0)
    assert (figures["said"], figures["acked"], figures["lost"], figures["doubled"], figures["faults"]) == (8, 8, 1, 0, {"f8": 1})
    assert "lost" in report.table("run", figures) and "[v01.3]" in report.complaints(checker.check(run))
