import threading
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from handoffs import desk, outbox, relay, sweeper, switchboard
from handoffs.models import Conversation, Delivery, Handoff, Message, Transfer
from handoffs.providers.base import Gone, Locked, OurEcho, Rejected, ThreadRef, Throttled, Unavailable, Uncertain
from handoffs.switchboard import Words


@pytest.fixture
def owed(conversation, says, sheet):
    """Two messages are owed to the desk, after the transcript."""
    says("talk to a human"), says("one"), says("two")
    return conversation


def states(conversation):
    return list(conversation.deliveries.order_by("id").values_list("state", flat=True))


def later(seconds=3600):
    """Time passes: what was put off is due, and leases have run out."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.open().update(due_at=past)
    Conversation.objects.exclude(lease_until=None).update(lease_until=past)
    Handoff.objects.exclude(rests_until=None).update(rests_until=past)


def failing(error, times=1):
    """An accident that happens so many times."""
    left = [error] * times

    def accident(outgoing):
        if not outgoing.private and left:
            raise left.pop()

    return accident


def test_everything_owed_is_sent_in_order_the_transcript_first_and_private(owed, sheet):
    relay.relay(owed.pk)
    assert [(outgoing.private, outgoing.text.splitlines()[0]) for _, _, outgoing in sheet.notes] == [
        (True, sheet.notes[0][2].text.splitlines()[0]),
        (False, "one"),
        (False, "two"),
    ]
    assert states(owed) == ["sent", "sent", "sent"]


def test_relaying_again_sends_nothing_again(owed, sheet):
    relay.relay(owed.pk), relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_a_desk_that_is_away_gets_it_later_in_order(owed, sheet):
    sheet.before = failing(Unavailable("away"), times=3)
    for _ in range(4):
        relay.relay(owed.pk)
        later()
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_what_is_put_off_is_not_tried_before_its_time(owed, sheet):
    sheet.before = failing(Unavailable("away", retry_after=120))
    relay.relay(owed.pk), relay.relay(owed.pk)
    assert sheet.texts() == []
    due = owed.deliveries.get(kind="message", message__text="one").due_at
    assert 100 < (due - timezone.now()).total_seconds() <= 120


def test_an_answer_that_got_lost_is_looked_up_and_not_sent_again(owed, sheet):
    sheet.after = failing(Uncertain("no answer"))
    relay.relay(owed.pk)
    assert states(owed) == ["sent", "unknown", "pending"]
    later()
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]
    assert states(owed) == ["sent", "sent", "sent"]


def test_what_got_lost_before_it_was_stored_is_sent_again(owed, sheet):
    sheet.before = failing(Uncertain("no answer"))
    relay.relay(owed.pk)
    later()
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


@pytest.mark.parametrize("trouble", [Unavailable("away"), Locked("token"), Uncertain("no answer")])
def test_a_look_up_that_fails_does_not_make_the_unknown_known(owed, sheet, trouble):
    def refuse():
        raise trouble

    sheet.after = failing(Uncertain("no answer"))
    relay.relay(owed.pk)
    sheet.looking = refuse
    later()
    relay.relay(owed.pk)
    sheet.looking = lambda: None
    later()
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_a_worker_killed_while_sending_doubles_nothing(owed, sheet):
    def die(outgoing):
        if not outgoing.private:
            raise KeyboardInterrupt

    sheet.after = die
    with pytest.raises(KeyboardInterrupt):
        relay.relay(owed.pk)
    assert states(owed) == ["sent", "sending", "pending"]
    sheet.after = lambda outgoing: None
    later()
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_a_message_the_desk_refuses_is_parked_and_the_next_goes_on(owed, sheet):
    sheet.before = failing(Rejected("too long"))
    relay.relay(owed.pk)
    assert states(owed) == ["sent", "parked", "sent"]
    assert sheet.texts() == ["two"]


def test_the_visitor_is_told_of_a_parked_message_even_after_an_absence(owed, sheet):
    sheet.before = failing(Rejected("too long"))
    before = Conversation.objects.get(pk=owed.pk).last_seq
    relay.relay(owed.pk)
    change = Message.objects.get(conversation=owed, seq=before + 1)
    assert change.revises == Message.objects.get(conversation=owed, text="one")
    assert change.revises.undelivered


def test_a_desk_that_locks_us_out_keeps_everything_and_says_so(owed, sheet, handoff):
    sheet.before = failing(Locked("The access token is not valid."))
    relay.relay(owed.pk)
    assert states(owed) == ["sent", "pending", "pending"]
    assert Handoff.objects.get().trouble == "The access token is not valid."
    later()
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]
    assert Handoff.objects.get().trouble == ""


def test_a_thread_that_is_gone_is_opened_anew(owed, sheet):
    sheet.before = failing(Gone("deleted"))
    sheet.threads = {}
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_with_a_thread_that_is_gone_goes_whoever_had_it(owed, sheet):
    transfer = owed.transfers.get()
    Transfer.objects.filter(pk=transfer.pk).update(agent_name="Jane", state="active")
    sheet.before = failing(Gone("deleted"))
    sheet.threads = {}
    relay.relay(owed.pk)
    transfer.refresh_from_db()
    assert (transfer.agent_name, transfer.state) == ("", "waiting")
    assert owed.messages.filter(author="system", text__startswith="Jane has left").count() == 1
    relay.relay(owed.pk)
    assert owed.messages.filter(author="system", text__startswith="Jane has left").count() == 1


def test_a_thread_that_is_gone_again_at_once_parks_the_message(owed, sheet):
    sheet.before = failing(Gone("deleted"), times=2)
    relay.relay(owed.pk)
    assert states(owed) == ["sent", "parked", "sent"]


def test_two_workers_do_not_relay_one_conversation_at_once(owed, sheet):
    claim = relay.take(owed.pk)
    relay.relay(owed.pk)
    assert sheet.notes == []
    relay.release(claim)
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_a_worker_that_slept_through_its_lease_overwrites_nothing(owed):
    slept = relay.take(owed.pk)
    later()
    assert relay.take(owed.pk).fence == slept.fence + 1
    delivery = owed.deliveries.order_by("id").first()
    assert not slept.mark(delivery, Delivery.State.SENT)
    relay.release(slept)
    assert Conversation.objects.get(pk=owed.pk).lease_until is not None


def test_a_late_mark_does_not_take_back_what_the_echo_settled(owed):
    claim = relay.take(owed.pk)
    delivery = owed.deliveries.order_by("id").first()
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.SENT)
    assert not claim.mark(delivery, Delivery.State.UNKNOWN)


def test_the_sweeper_finds_what_no_nudge_announced(owed, sheet):
    sweeper.sweep()
    assert sheet.texts() == ["one", "two"]


def test_one_conversation_in_trouble_does_not_keep_the_sweeper_from_others(owed, sheet, scenario, caplog):
    broken = ZeroDivisionError("a bug")
    sheet.before = failing(broken)
    sweeper.sweep()
    assert "it stays due" in caplog.text
    later()
    sweeper.sweep()
    assert sheet.texts() == ["one", "two"]


# --- A desk that is down ------------------------------------------------------------------------------------------------------------------


def down(sheet):
    """The desk refuses every call from now on; returns how often it was asked."""
    asked = []

    def refuse(outgoing):
        asked.append(outgoing)
        raise Unavailable("down")

    sheet.before = refuse
    return asked


@pytest.fixture
def queue(scenario, sheet):
    """Ten visitors wait for the desk."""
    waiting = []
    for _ in range(10):
        conversation = switchboard.begin(scenario, "http://testserver")[1]
        for text in ("talk to a human", "hello?"):
            switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
        waiting.append(conversation)
    return waiting


def test_a_desk_that_is_down_is_left_alone_after_five_failures(queue, sheet):
    asked = down(sheet)
    sweeper.sweep()
    assert len(asked) == 5
    assert Handoff.objects.get().rests_until > timezone.now()


def test_after_the_rest_one_message_tries_before_the_others(queue, sheet):
    asked = down(sheet)
    sweeper.sweep()
    for probes in (1, 2, 3):
        later()
        sweeper.sweep()
        assert len(asked) == 5 + probes


def test_when_the_desk_is_back_everybody_is_served_in_order(queue, sheet):
    down(sheet)
    sweeper.sweep()
    sheet.before = lambda outgoing: None
    later()
    sweeper.sweep()
    assert Handoff.objects.get().rests_until is None
    sweeper.sweep()
    assert sheet.texts() == ["hello?"] * 10


def test_a_desk_that_asks_for_a_pause_gets_it_from_everybody(queue, sheet):
    asked = []

    def throttle(outgoing):
        asked.append(outgoing)
        raise Throttled("slow down", retry_after=60)

    sheet.before = throttle
    sweeper.sweep()
    assert len(asked) == 1
    assert 50 < (Handoff.objects.get().rests_until - timezone.now()).total_seconds() <= 60


def test_a_sign_of_life_ends_the_rest_early(queue, sheet, handoff):
    down(sheet)
    sweeper.sweep()
    assert Handoff.objects.get().note_sign_of_life()
    sheet.before = lambda outgoing: None
    relay.wake(handoff)
    sweeper.sweep()
    assert sheet.texts() == ["hello?"] * 10


def test_one_more_failure_after_a_sign_of_life_is_enough_to_rest_again(queue, sheet, handoff):
    asked = down(sheet)
    sweeper.sweep()
    Handoff.objects.get().note_sign_of_life()
    relay.wake(handoff)
    sweeper.sweep()
    assert len(asked) == 6


def test_one_conversations_trouble_is_not_the_desks(owed, sheet, handoff):
    sheet.before = failing(Unavailable("this one", retry_after=60))
    relay.relay(owed.pk)
    assert Handoff.objects.get().rests_until is None


# --- Stored twice by the desk -------------------------------------------------------------------------------------------------------------


def stored_late(sheet, times=1):
    """The desk stores a message only after we looked for it in vain and sent it again."""
    held = []

    def hold(outgoing):
        if not outgoing.private and len(held) < times:
            held.append(outgoing)
            raise Uncertain("no answer")

    def commit():
        for outgoing in held:
            sheet.notes.append((next(sheet.ids), "thread-1", outgoing))

    sheet.before = hold
    return commit


def test_a_copy_the_desk_stored_after_our_look_up_is_found_and_removed(owed, sheet, handoff):
    commit = stored_late(sheet)
    relay.relay(owed.pk)
    later()
    relay.relay(owed.pk)
    commit()
    assert sheet.texts() == ["one", "two", "one"]
    for remote_id, thread, outgoing in sheet.notes:
        desk.hear(handoff, OurEcho(ThreadRef(thread), outgoing.key, remote_id))
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_a_copy_is_removed_once_however_often_it_comes_back(owed, sheet, handoff):
    commit = stored_late(sheet)
    relay.relay(owed.pk)
    later()
    relay.relay(owed.pk)
    commit()
    echoes = [OurEcho(ThreadRef(thread), outgoing.key, remote_id) for remote_id, thread, outgoing in sheet.notes]
    for echo in [*reversed(echoes), *echoes]:
        desk.hear(handoff, echo)
    assert owed.deliveries.filter(kind="removal").count() == 1
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]
    assert owed.deliveries.filter(state="sent").count() == 4


def test_a_copy_that_comes_back_first_is_the_younger_one_all_the_same(owed, sheet, handoff):
    relay.relay(owed.pk)
    delivery = owed.deliveries.get(message__text="one", kind="message")
    desk.hear(handoff, OurEcho(ThreadRef("thread-1"), str(delivery.key), delivery.remote_id - 1000 if delivery.remote_id > 1000 else 0))
    assert owed.deliveries.get(kind="removal").remote_id == delivery.remote_id


# --- Tried again --------------------------------------------------------------------------------------------------------------------------


def test_a_parked_message_is_tried_again_and_the_visitor_sees_it_arrive(owed, sheet):
    sheet.before = failing(Rejected("too long"))
    relay.relay(owed.pk)
    assert outbox.send_again(owed.deliveries.get(state="parked"))
    relay.relay(owed.pk)
    assert sheet.texts() == ["two", "one"]
    assert not Message.objects.get(conversation=owed, text="one").undelivered


def test_trying_a_parked_message_twice_sends_it_once(owed, sheet):
    sheet.before = failing(Rejected("too long"))
    relay.relay(owed.pk)
    parked = owed.deliveries.get(state="parked")
    assert [outbox.send_again(parked), outbox.send_again(parked)] == [True, False]
    relay.relay(owed.pk)
    assert sheet.texts() == ["two", "one"]


def test_a_visitor_tries_only_their_own_message_again(owed, sheet, scenario):
    sheet.before = failing(Rejected("too long"))
    relay.relay(owed.pk)
    message = Message.objects.get(conversation=owed, text="one")
    _, stranger = switchboard.begin(scenario, "http://testserver")
    assert not switchboard.visitor_tries_again(stranger.pk, message.pk)
    assert switchboard.visitor_tries_again(owed.pk, message.pk)
    assert not switchboard.visitor_tries_again(owed.pk, message.pk)
    relay.relay(owed.pk)
    assert sheet.texts() == ["two", "one"]


def test_a_parked_message_that_had_arrived_after_all_is_not_sent_again(owed, sheet):
    sheet.after = failing(Rejected("says no, stores it"))
    relay.relay(owed.pk)
    outbox.send_again(owed.deliveries.get(state="parked"))
    relay.relay(owed.pk)
    assert sheet.texts() == ["one", "two"]


def test_a_parked_message_that_comes_back_is_delivered_after_all(owed, sheet, handoff):
    sheet.after = failing(Rejected("says no, stores it"))
    relay.relay(owed.pk)
    parked = owed.deliveries.get(state="parked")
    desk.hear(handoff, OurEcho(ThreadRef("thread-1"), str(parked.key), 2))
    parked.refresh_from_db()
    assert parked.state == "sent"
    assert not Message.objects.get(conversation=owed, text="one").undelivered


# --- The sweeper's crew -------------------------------------------------------------------------------------------------------------------


def test_a_slow_job_does_not_keep_others_waiting_and_is_not_taken_twice():
    slow, done, began = threading.Event(), threading.Event(), []

    def dawdle(thing):
        began.append(thing)
        slow.wait(5)

    crew = sweeper.Crew(threads=2)
    for _ in range(3):
        crew.take(sweeper.Job(dawdle, "slow"))
    crew.take(sweeper.Job(lambda thing: done.set(), "quick"))
    assert done.wait(5)
    assert began == ["slow"]
    slow.set()
    crew.pool.shutdown()
    assert crew.under_way == set()
