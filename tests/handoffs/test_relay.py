from datetime import timedelta

import pytest
from django.utils import timezone

from handoffs import relay, sweeper
from handoffs.models import Conversation, Delivery, Handoff, Message
from handoffs.providers.base import Gone, Locked, Rejected, Unavailable, Uncertain


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
        (True, "Before the handover:"),
        (False, "one"),
        (False, "two"),
    ]
    assert states(owed) == ["sent", "sent", "sent"]


def test_the_transcript_tells_who_said_what(owed, sheet):
    relay.relay(owed.pk)
    transcript = sheet.notes[0][2].text
    assert "Assistant: Hello, and welcome" in transcript
    assert "Visitor: talk to a human" in transcript
    assert "[Opening hours | Where is my order? | Talk to a human]" in transcript
    assert "one" not in transcript.splitlines()[-1]


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
