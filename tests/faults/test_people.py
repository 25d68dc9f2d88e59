"""The rig's own people and plans: what they keep, and that a seed means the same every time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.faults import plan
from tests.faults.view import Item, Outbox, View


def message(seq: int, **more: Any) -> dict[str, Any]:
    plain = {"ord": float(seq), "text": f"text {seq}", "delivery": None, "cid": None, "author": {"kind": "bot"}}
    return {"seq": seq, "id": f"id {seq}", **plain, **more}


def nak(item: Item, code: str, **more: Any) -> dict[str, Any]:
    return {"cid": item.cid, "code": code, "final": False, "expect": None, "after": None, **more}


@pytest.fixture
def outbox() -> Outbox:
    outbox = Outbox()
    for text in "abcd":
        outbox.add(Item(text))
    return outbox


def texts(items: list[Item]) -> list[tuple[str, int | None]]:
    return [(item.text, item.n) for item in items]


def test_a_view_keeps_the_latest_state_in_the_order_of_places() -> None:
    view = View()
    assert all(view.take(each) for each in (message(1), message(2), message(3, ord=1.5), message(4, id="id 1", ord=1.0, text="changed")))
    assert [row["text"] for row in view.listed()] == ["changed", "text 3", "text 2"]


def test_a_view_takes_nothing_after_a_hole() -> None:
    view = View()
    assert view.take(message(1)) and not view.take(message(3))
    assert view.take(message(1)) and view.last == 1 and len(view.messages) == 1


def test_words_leave_in_their_order_and_only_when_acknowledged(outbox: Outbox) -> None:
    assert texts(outbox.take(2, 0.0)) == [("a", 1), ("b", 2)]
    assert outbox.take(2, 0.0) == []
    outbox.settle(outbox.items[0].cid)
    assert texts(outbox.take(2, 0.0)) == [("c", 3)]
    outbox.restart(accepted=1)
    assert texts(outbox.take(8, 0.0)) == [("b", 2), ("c", 3), ("d", 4)]


def test_what_an_earlier_line_still_brought_in_counts(outbox: Outbox) -> None:
    outbox.take(8, 0)
    outbox.restart(0)
    outbox.settle(outbox.items[0].cid)
    assert next(item.n for item in outbox.take(8, 0)) == 2


def test_a_wrong_number_sends_all_again_from_the_right_one_once(outbox: Outbox) -> None:
    first = outbox.take(8, 0.0)
    for item in first:
        outbox.refused(nak(item, "order", expect=5), 0.0)
    assert texts(outbox.take(8, 0.0)) == [("a", 5), ("b", 6), ("c", 7), ("d", 8)]
    outbox.refused(nak(first[1], "order", expect=5), 0.0)
    assert outbox.take(8, 0.0) == []


def test_a_rate_holds_the_rest_back(outbox: Outbox) -> None:
    leaving = outbox.take(3, 0.0)
    assert outbox.refused(nak(leaving[1], "rate", after=2.0), 0.0) is None
    assert outbox.take(8, 1.0) == []
    assert texts(outbox.take(8, 2.5)) == [("b", 2), ("c", 3), ("d", 4)]


def test_what_is_refused_for_good_leaves(outbox: Outbox) -> None:
    gone = outbox.take(1, 0.0)[0]
    assert outbox.refused(nak(gone, "conflict", final=True), 0.0) is gone
    assert [item.text for item in outbox.items] == ["b", "c", "d"]


def test_the_same_seed_is_the_same_plan() -> None:
    kinds = plan.kinds_of("production", "all")
    assert plan.schedule("production", kinds, 3, 0) == plan.schedule("production", kinds, 3, 0)
    assert plan.schedule("production", kinds, 3, 0) != plan.schedule("production", kinds, 4, 0)


@pytest.mark.parametrize("shape", ["production", "embedded"])
def test_a_plan_has_every_way_of_every_fault_and_none_twice_at_once(shape: str) -> None:
    kinds = plan.kinds_of(shape, "all")
    slots = plan.schedule(shape, kinds, 1, 0)
    wanted = {(kind, way) for lane in plan.WAYS for kind, some in plan.ways(shape, lane, kinds).items() for way in some}
    assert {(slot.kind, slot.way) for slot in slots} == wanted
    for lane in plan.WAYS:
        mine = [slot for slot in slots if slot.lane == lane]
        assert all(before.ends <= after.at for before, after in pairwise(mine))


def test_minutes_fill_the_plan_and_brief_shortens_it() -> None:
    kinds = plan.kinds_of("production", "f1,f8")
    brief, long = plan.schedule("production", kinds, 1, 0, brief=True), plan.schedule("production", kinds, 1, 120)
    assert {slot.kind for slot in brief} == {"f1", "f8"} and len(brief) == 2
    assert len(long) > 10 and plan.length(long, 0) < 130


def test_an_unknown_fault_is_an_error_and_one_of_another_shape_is_left_out() -> None:
    assert plan.kinds_of("embedded", "f2,f5,f16") == ["f2"]
    with pytest.raises(ValueError, match="f99"):
        plan.kinds_of("production", "f99")
