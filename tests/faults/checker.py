"""Judges a run by what was written down: the history and the dumps of the two stores. It reads nothing else and runs nothing.

I1  what was acked exists once: in the hub, and at the desk if a human had the floor; what agents said exists once in the hub
I2  the order at the desk is the order of seq; the order of agents' words on the page is the order of their remote ids
I3  nothing exists that nobody said
I4  no private note and nothing of another conversation reaches a page
I5  what a page has is what a fresh load gives; what it was told has no hole, no repeat
I6  nothing is left undecided: deliveries, receipts, and words the server never took
I7  no 5xx, no closed socket and no exception but those that a fault explains
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from tests.faults import blame
from tests.faults.evidence import CANARY, OWNER, Row, Run, client_of
from tests.faults.scenario import BACK_TEXT, HANDOVER_PHRASE, RETURN_TEXT, WAITING_TEXT

# What is said when the floor changes hands, and whether humans have it then.
FLOORS = {WAITING_TEXT: True, RETURN_TEXT: False, BACK_TEXT: True}


class Violation(NamedTuple):
    invariant: str
    what: str
    evidence: Any


def to_humans(rows: list[Row]) -> set[str]:
    """Ids of a conversation's messages that a human had the floor for, by nothing but the order of what was said."""
    humans, mine = False, set()
    for row in rows:
        if row["author"] == "visitor" and humans:
            mine.add(row["id"])
        elif row["text"] in FLOORS and row["author"] in ("bot", "system"):
            humans = FLOORS[row["text"]]
    return mine


def check(run: Run) -> list[Violation]:
    rules = (
        acked_is_kept,
        humans_get_it,
        copies_are_late,
        bots_answer,
        agents_are_heard,
        desk_order,
        page_order,
        nobody_invents,
        nothing_leaks,
    )
    rules += (pages_agree, told_without_holes, nothing_undecided, numbers_are_gapless, blame.unexplained)
    return [Violation(*found) for rule in rules for found in rule(run)]


Found = Iterator[tuple[str, str, Any]]


# --- I1: once, and all of it --------------------------------------------------------------------------------------------------------------


def acked_is_kept(run: Run) -> Found:
    kept = Counter(row["cid"] for row in run.hub["message"] if row["cid"])
    rows = {row["cid"]: row for row in run.hub["message"] if row["cid"]}
    for cid, ack in run.acked.items():
        row, say = rows.get(cid), run.says[cid]
        if row is None or kept[cid] != 1:
            yield "I1", f"acked, but {kept[cid]} times in the hub", {"say": say, "acked": ack}
        elif (row["text"], row["seq"], row["id"]) != (say["text"], ack["seq"], ack["id"]):
            yield "I1", "acked as something else than the hub has", {"say": say, "acked": ack, "hub": row}


def humans_get_it(run: Run) -> Found:
    at_desk: dict[str, list[Row]] = defaultdict(list)
    for row in run.incoming:
        at_desk[row["content"]].append(row)
    for conversation in run.clients.values():
        human = to_humans(run.said[conversation])
        for row in (row for row in run.said[conversation] if row["author"] == "visitor"):
            copies, wanted = at_desk[row["text"]], int(row["id"] in human and row["id"] not in run.parked)
            if len(copies) < wanted and row["id"] not in run.owed:
                yield "I1", "lost: a human had the floor, and the desk has not got it", {"hub": row, "acked": run.acked.get(row["cid"])}
            elif len(copies) > max(wanted, int(row["id"] in run.parked)):
                what = "doubled: visible more than once at the desk" if wanted else "at the desk although the bot had the floor"
                yield "I1", what, {"hub": row, "desk": copies}


def copies_are_late(run: Run) -> Found:
    """A copy that was removed is forgiven only where the desk had stored the first one late."""
    removed = [row for row in run.desk["messages"] if (row["content_attributes"] or {}).get("deleted") and row["source_id"]]
    late = sum(op["applied"].get("late", 0) for op in run.ops("desk"))
    if len(removed) > late:
        yield "I1", f"doubled for a while: {len(removed)} copies were removed, and the desk was late {late} times", removed


def bots_answer(run: Run) -> Found:
    """Bot and human never both answer, and never neither."""
    for rows in map(run.said.__getitem__, run.clients.values()):
        human = to_humans(rows)
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            answered = following is not None and following["author"] == "bot" and following["text"] != RETURN_TEXT
            if row["author"] == "visitor" and answered == (row["id"] in human):
                yield "I1", "the bot answered for the human" if answered else "the bot had the floor and said nothing", [row, following]
            if row["author"] == "visitor" and answered and (HANDOVER_PHRASE in row["text"]) != (following["text"] == WAITING_TEXT):
                yield "I1", "the bot gave another answer than the scenario has", [row, following]


def agents_are_heard(run: Run) -> Found:
    kept: dict[int, list[Row]] = defaultdict(list)
    for row in run.hub["message"]:
        if row["remote_id"] is not None and row["author"] == "agent":
            kept[row["remote_id"]].append(row)
    for said in run.from_agents:
        conversation = run.clients.get(run.owner_of_thread[said["conversation_id"]])
        rows = kept[said["id"]]
        if len(rows) != 1 or (rows[0]["text"], rows[0]["conversation_id"]) != (said["content"], conversation):
            yield "I1", f"an agent's message is {len(rows)} times in the hub, or not as said", {"desk": said, "hub": rows}
    at_the_desk = {row["id"] for row in run.public}
    for op in run.ops("agent_said"):
        if op["id"] is not None and op["id"] not in at_the_desk:
            yield "I1", "an agent's message is not at the desk: the rig is wrong", op


# --- I2: in order -------------------------------------------------------------------------------------------------------------------------


def desk_order(run: Run) -> Found:
    place = {row["text"]: (row["conversation_id"], row["seq"]) for row in run.hub["message"] if row["cid"]}
    yield from descents(run, ((row["conversation_id"], place.get(row["content"], ("", 0))[1], row) for row in run.incoming), "at the desk")
    said = ((row["conversation_id"], run.says[row["cid"]]["i"], row) for row in run.hub["message"] if row["cid"] in run.says)
    yield from descents(run, said, "in the hub", key=lambda row: row["seq"])


def page_order(run: Run) -> Found:
    remote = {row["id"]: row["remote_id"] for row in run.hub["message"]}
    for op in run.ops("final"):
        agents = ((op["client"], remote.get(row["id"]) or 0, row) for row in op["kept"] if row["kind"] == "agent")
        yield from descents(run, agents, "on the page", key=None)


def descents(run: Run, placed: Iterable[tuple[Any, int, Row]], where: str, key: Any = lambda row: row["id"]) -> Found:
    """Neighbours in the order of ``key`` (None: as they come) whose places go down."""
    lists: dict[Any, list[tuple[int, Row]]] = defaultdict(list)
    for group, place, row in placed:
        lists[group].append((place, row))
    for pairs in lists.values():
        ordered = sorted(pairs, key=lambda pair: key(pair[1])) if key else pairs
        for (before, one), (after, other) in pairwise(ordered):
            if after < before:
                yield "I2", f"inverted {where}", [one, other]


# --- I3, I4: nobody else's words ----------------------------------------------------------------------------------------------------------


def nobody_invents(run: Run) -> Found:
    texts = {say["text"] for say in run.says.values()}
    agents = {(row["id"], row["content"]) for row in run.desk["messages"]}
    rows = {row["id"]: row for row in run.hub["message"]}
    yield from (("I3", "the desk has words of a visitor who said none", row) for row in run.incoming if row["content"] not in texts)
    for row in run.hub["message"]:
        if row["author"] == "visitor" and not row["revises_id"] and row["cid"] not in run.says:
            yield "I3", "the hub has words of a visitor who said none", row
        if row["author"] == "agent" and not row["revises_id"] and (row["remote_id"], row["text"]) not in agents:
            yield "I3", "the hub has words of an agent who said none", row
    for op in run.ops("seen"):
        if op["id"] not in rows or rows[op["id"]]["text"] != op["text"]:
            yield "I3", "a page was told what the hub has not got", op
    keys = Counter(
        row["source_id"] for row in run.desk["messages"] if row["source_id"] and not (row["content_attributes"] or {}).get("deleted")
    )
    yield from (("I3", "one delivery is visible more than once at the desk", {key: count}) for key, count in keys.items() if count > 1)


def nothing_leaks(run: Run) -> Found:
    yield from (("I4", "a canary came through a door", op) for op in run.ops("leaked"))
    threads = run.owner_of_thread
    for op in run.ops("seen"):
        found = OWNER.match(op["text"])
        owner = (found[1] or threads.get(int(found[2]))) if found else op["client"]
        if CANARY in op["text"] or owner != op["client"]:
            yield "I4", "leaked: a private note, or words of another conversation", op
    both: dict[int, set[str | None]] = defaultdict(set)
    for row in run.incoming:
        both[row["conversation_id"]].add(client_of(row["content"]))
    yield from (
        ("I4", "one thread at the desk for several visitors", {thread: sorted(map(str, who))})
        for thread, who in both.items()
        if len(who) > 1
    )
    threads = Counter(run.owner_of_thread.values())
    transfers = Counter(row["conversation_id"] for row in run.hub["transfer"])
    for client, count in threads.items():
        if count > transfers[run.clients.get(client, "")]:
            yield "I1", "a visitor has more threads at the desk than transfers", {client: count}


# --- I5: what the page has ----------------------------------------------------------------------------------------------------------------


def pages_agree(run: Run) -> Found:
    hub = {client: [row["id"] for row in sorted(run.said[conversation], key=place_of)] for client, conversation in run.clients.items()}
    finals = {op["client"]: op for op in run.ops("final")}
    for client, op in finals.items():
        if op["kept"] != op["fresh"]:
            yield "I5", "a page differs from a fresh load", {"client": client, "differ": difference(op["kept"], op["fresh"])}
        if client in hub and (loaded := [row["id"] for row in op["fresh"]]) != hub[client]:
            yield "I5", "a fresh load differs from the hub's rows", {"client": client, "differ": difference(loaded, hub[client])}
    yield from (("I5", "a visitor has no final page", client) for client in run.clients if client not in finals)


def place_of(row: Row) -> tuple[float, int]:
    return row["ord"], row["seq"]


def difference(one: list[Any], other: list[Any]) -> list[Any]:
    left, right = (set(map(repr, each)) for each in (one, other))
    return [each for each in [*one, *other] if (repr(each) in left) != (repr(each) in right)][:6] or ["the order"]


def told_without_holes(run: Run) -> Found:
    last: dict[str, int] = defaultdict(int)
    for op in run.ops("seen", "reload"):
        if op["op"] == "reload":
            last[op["client"]] = 0
            if op["why"] == "reset":
                yield "I5", "a cursor could not be resumed", op
            continue
        if op["seq"] != last[op["client"]] + 1:
            yield "I5", f"told number {op['seq']} after number {last[op['client']]}", op
        last[op["client"]] = max(op["seq"], last[op["client"]])


# --- I6: nothing undecided ----------------------------------------------------------------------------------------------------------------


def nothing_undecided(run: Run) -> Found:
    for row in run.hub["delivery"]:
        if row["state"] not in ("sent", "parked") or (row["state"] == "parked" and not row["last_error"]):
            yield "I6", f"a delivery is {row['state']}, and nothing explains it", row
    for row in run.hub["receipt"]:
        if row["state"] not in ("applied", "failed") or (row["state"] == "failed" and not row["error"]):
            yield "I6", f"a receipt is {row['state']}, and nothing explains it", row
    refused = {op["cid"] for op in run.ops("refused")}
    yield from (("I6", "never acked", say) for cid, say in run.says.items() if cid not in run.acked and cid not in refused)
    yield from (("I6", "refused for good, though it is ordinary text", op) for op in run.ops("refused"))
    yield from (("I6", "the run did not settle in time", op) for op in run.ops("quiesced") if op["reasons"])


def numbers_are_gapless(run: Run) -> Found:
    seqs: dict[str, list[int]] = defaultdict(list)
    for row in run.hub["message"]:
        seqs[row["conversation_id"]].append(row["seq"])
    for row in run.hub["conversation"]:
        if sorted(seqs[row["id"]]) != list(range(1, row["last_seq"] + 1)):
            yield "I6", "numbers have a gap", {"conversation": row, "numbers": sorted(seqs[row["id"]])}
