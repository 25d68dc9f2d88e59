import json
from datetime import timedelta

import pytest
from django.utils import timezone

from handoffs import desk, inbox, reconcile, relay, sweeper, switchboard
from handoffs.models import Author, Receipt
from handoffs.providers.base import Unavailable
from tests.paper import PaperDesk


@pytest.fixture
def transfer(conversation, says, sheet):
    says("talk to a human")
    says("my parcel is wet")
    relay.relay(conversation.pk)
    return conversation.transfers.get()


def arrives(transfer, signed=True, **paper):
    paper = {"tray": 7, "thread": transfer.thread_id, **paper}
    return inbox.store(transfer.handoff, json.dumps(paper).encode(), signed=signed, delivery_id="")


def agent_texts(transfer):
    return [message.text for message in transfer.conversation.messages.filter(author=Author.AGENT).order_by("ord")]


def test_a_signed_receipt_is_believed_and_says_what_it_did(transfer):
    receipt = arrives(transfer, id=50, said="Oh dear.", name="Jane")
    inbox.apply(receipt.pk)
    receipt.refresh_from_db()
    assert agent_texts(transfer) == ["Oh dear."]
    assert (receipt.state, receipt.effect) == ("applied", "agent’s message 50 shown as number 6")


def test_what_means_nothing_to_a_visitor_is_applied_at_the_door(transfer):
    receipt = arrives(transfer)
    assert (receipt.state, receipt.effect) == ("applied", "nothing: blank paper")


def test_what_cannot_be_read_at_the_door_is_stored_all_the_same(transfer, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(PaperDesk, "parse", lambda raw: 1 / 0)
        receipt = arrives(transfer, id=50, said="Oh dear.", name="Jane")
    assert receipt.state == "stored"
    inbox.apply(receipt.pk)
    assert agent_texts(transfer) == ["Oh dear."]


def test_a_receipt_is_applied_once(transfer):
    receipt = arrives(transfer, id=50, said="Oh dear.", name="Jane")
    inbox.apply(receipt.pk), inbox.apply(receipt.pk)
    assert agent_texts(transfer) == ["Oh dear."]


def test_the_same_reply_in_two_receipts_is_shown_once(transfer):
    for _ in range(2):
        inbox.apply(arrives(transfer, id=50, said="Oh dear.", name="Jane").pk)
    assert agent_texts(transfer) == ["Oh dear."]


def test_a_forged_unsigned_call_causes_a_look_and_nothing_else(transfer, sheet):
    receipt = arrives(transfer, signed=False, id=50, said="Send us your password.", name="Jane")
    inbox.apply(receipt.pk)
    receipt.refresh_from_db()
    assert agent_texts(transfer) == []
    assert receipt.state == "applied"


def test_an_unsigned_call_makes_us_read_what_the_desk_really_holds(transfer, sheet):
    sheet.agent_says(transfer.thread_id, "Oh dear.")
    inbox.apply(arrives(transfer, signed=False, id=999, said="something else").pk)
    assert agent_texts(transfer) == ["Oh dear."]


def test_a_hint_about_a_thread_of_nobody_here_does_nothing(transfer):
    receipt = arrives(transfer, signed=False, thread="elsewhere", id=1, said="hello")
    inbox.apply(receipt.pk)
    receipt.refresh_from_db()
    assert "none of ours" in receipt.effect


def test_a_hint_while_the_desk_is_away_is_tried_again(transfer, sheet, monkeypatch):
    receipt = arrives(transfer, signed=False, id=1, said="hello")

    def away(transfer):
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "read", away)
        inbox.apply(receipt.pk)
    receipt.refresh_from_db()
    assert (receipt.state, receipt.attempts) == ("stored", 1)
    sheet.agent_says(transfer.thread_id, "Oh dear.")
    Receipt.objects.update(due_at=timezone.now())
    sweeper.sweep()
    assert agent_texts(transfer) == ["Oh dear."]


def test_a_bug_in_applying_keeps_the_receipt_and_its_traceback(transfer, monkeypatch):
    receipt = arrives(transfer, id=50, said="Oh dear.", name="Jane")

    def bug(*args):
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(desk, "hear", bug)
        inbox.apply(receipt.pk)
    receipt.refresh_from_db()
    assert receipt.state == "stored"
    assert "ZeroDivisionError: a bug" in receipt.error
    Receipt.objects.update(due_at=timezone.now())
    sweeper.sweep()
    assert agent_texts(transfer) == ["Oh dear."]


def test_a_receipt_that_never_works_is_given_up_and_kept(transfer, monkeypatch):
    receipt = arrives(transfer, id=50, said="Oh dear.", name="Jane")
    monkeypatch.setattr(desk, "hear", lambda *args: 1 / 0)
    for _ in range(inbox.MOST_ATTEMPTS):
        inbox.apply(receipt.pk)
    receipt.refresh_from_db()
    assert (receipt.state, bool(receipt.error)) == ("failed", True)


def test_a_reply_that_came_before_its_threads_number_is_shown_once_that_is_known(conversation, says, sheet, handoff):
    says("talk to a human"), says("hello?")
    transfer = conversation.transfers.get()
    from_the_future = {"tray": 7, "thread": "thread-1", "id": 50, "said": "Hi!", "name": "Jane"}
    receipt = inbox.store(handoff, json.dumps(from_the_future).encode(), signed=True, delivery_id="")
    inbox.apply(receipt.pk)
    relay.relay(conversation.pk)
    Receipt.objects.update(due_at=timezone.now(), state="stored")
    sweeper.sweep()
    assert agent_texts(transfer) == ["Hi!"]


def test_a_resolve_is_confirmed_at_the_desk_which_brings_the_last_words_first(transfer, sheet):
    sheet.agent_says(transfer.thread_id, "Good bye.")
    sheet.closed.add(transfer.thread_id)
    inbox.apply(arrives(transfer, closed=True).pk)
    assert [message.text for message in transfer.conversation.messages.order_by("seq")][-2:] == [
        "Good bye.",
        "You are back with me, the assistant. Is there anything else?",
    ]


def test_a_resolve_that_is_out_of_date_ends_nothing(transfer, sheet):
    inbox.apply(arrives(transfer, closed=True).pk)
    transfer.refresh_from_db()
    assert transfer.state != "ended"


# --- Reconcile ----------------------------------------------------------------------------------------------------------------------------


def test_what_a_lost_webhook_would_have_said_is_read_from_the_desk(transfer, sheet):
    sheet.agent_says(transfer.thread_id, "Oh dear.")
    sweeper.sweep()
    assert agent_texts(transfer) == ["Oh dear."]


def test_reading_and_hearing_the_same_reply_shows_it_once(transfer, sheet):
    said = sheet.agent_says(transfer.thread_id, "Oh dear.")
    inbox.apply(arrives(transfer, id=said.remote_id, said="Oh dear.", name="Jane").pk)
    reconcile.read(transfer)
    assert agent_texts(transfer) == ["Oh dear."]


def test_a_lost_resolve_is_noticed(transfer, sheet):
    sheet.closed.add(transfer.thread_id)
    sweeper.sweep()
    transfer.refresh_from_db()
    assert transfer.state == "ended"


def test_a_word_after_the_end_is_found_though_its_webhook_was_lost(transfer, sheet):
    sheet.closed.add(transfer.thread_id)
    sweeper.sweep()
    sheet.agent_says(transfer.thread_id, "One more thing.")
    type(transfer).objects.update(read_at=timezone.now() - timedelta(minutes=6))
    sweeper.sweep()
    assert agent_texts(transfer) == ["One more thing."]


def test_an_old_reading_of_a_closed_thread_does_not_end_the_next_transfer_in_it(transfer, sheet, says):
    switchboard.end(transfer, transfer.Reason.RESOLVED)
    transfer.refresh_from_db()
    says("talk to a human")
    says("second problem")
    second = transfer.conversation.latest_transfer()
    type(second).objects.filter(pk=second.pk).update(thread_id=transfer.thread_id)
    sheet.closed.add(transfer.thread_id)
    reconcile.read(transfer)
    second.refresh_from_db()
    assert second.is_open()


def test_a_thread_is_not_read_again_at_once(transfer):
    assert reconcile.due() == [transfer]
    reconcile.read(transfer)
    assert reconcile.due() == []
    type(transfer).objects.update(read_at=timezone.now() - timedelta(minutes=2))
    assert reconcile.due() == []
    type(transfer).objects.update(read_at=timezone.now() - timedelta(minutes=6))
    assert reconcile.due() == [transfer]


def test_while_the_visitor_looks_the_desk_is_asked_more_often(transfer):
    type(transfer).objects.update(read_at=timezone.now() - timedelta(seconds=30))
    assert reconcile.due() == []
    switchboard.visitor_is_here(transfer.conversation)
    assert reconcile.due() == [transfer]


def test_a_desk_that_rests_is_not_asked(transfer, handoff):
    handoff.rest(timedelta(minutes=1))
    assert reconcile.due() == []


# --- One meaning, one receipt -------------------------------------------------------------------------------------------------------------


def test_the_same_signed_call_again_is_the_same_receipt(transfer):
    receipts = {arrives(transfer, id=50, said="Oh dear.", name="Jane").pk for _ in range(100)}
    assert len(receipts) == Receipt.objects.count() == 1


def test_a_forged_call_does_not_stand_in_the_way_of_the_real_one(transfer):
    forged = arrives(transfer, signed=False, id=50, said="Oh dear.", name="Jane")
    inbox.apply(forged.pk)
    inbox.apply(arrives(transfer, id=50, said="Oh dear.", name="Jane").pk)
    assert agent_texts(transfer) == ["Oh dear."]
