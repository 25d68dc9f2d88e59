"""What a desk tells us: people come and go, threads close, open and vanish, messages are taken back."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from handoffs import desk, outbox, reconcile, relay, switchboard
from handoffs.controls import Given
from handoffs.models import Author, Conversation, Delivery, Handoff, Message, Transfer
from handoffs.providers.base import AgentSaid, AgentTyping, Gone, MessageRemoved, Rejected, RemoteFile, ThreadRef, ThreadState
from handoffs.sentences import ENGLISH
from handoffs.switchboard import FilledIn, Refusal, Words

CHOICE = {"kind": "choice", "options": [{"title": "Large", "value": "l"}, {"title": "Small", "value": "s"}]}
RATING = {"kind": "rating", "scale": "stars"}


@pytest.fixture
def transfer(conversation, says, sheet):
    """The visitor asked for a human, said the first thing, and it reached the desk."""
    says("talk to a human")
    says("my parcel is wet")
    relay.relay(conversation.pk)
    return conversation.transfers.get()


def texts(conversation, *authors):
    rows = conversation.messages.filter(revises=None, gone=False).order_by("ord", "seq")
    return [row.text for row in rows if not authors or row.author in authors]


def hear(transfer, event):
    return desk.hear(transfer.handoff, event)


def jane(transfer, remote_id=50, text="Oh dear.", name="Jane", **more):
    return AgentSaid(ThreadRef(transfer.thread_id), remote_id, text, name, **more)


def stands(transfer, **state):
    return desk.thread_stands(transfer, ThreadState(**state))


def floor(transfer):
    return switchboard.floor(Conversation.objects.get(pk=transfer.conversation_id))


def handover(transfer):
    return Conversation.objects.get(pk=transfer.conversation_id).context["handover"]


def policy(after_end, minutes=60):
    Handoff.objects.update(after_end=after_end, after_end_minutes=minutes)


def kinds(conversation, state="pending"):
    return list(conversation.deliveries.filter(state=state).order_by("id").values_list("kind", flat=True))


# --- People -------------------------------------------------------------------------------------------------------------------------------


def test_an_agent_who_takes_the_thread_joins_once(transfer):
    for _ in range(2):
        stands(transfer, agent="Jane")
    hear(transfer, jane(transfer))
    assert texts(transfer.conversation, Author.SYSTEM) == ["Jane has joined the chat."]
    assert (floor(transfer)["mode"], floor(transfer)["name"]) == ("agent", "Jane")


def test_the_tiles_own_words_say_who_joined(transfer):
    Transfer.objects.update(joined_text="{agent} from the roastery is here.")
    hear(transfer, jane(transfer))
    assert texts(transfer.conversation, Author.SYSTEM) == ["Jane from the roastery is here."]


def test_an_agent_who_gives_it_up_leaves_and_the_visitor_waits_again(transfer):
    stands(transfer, agent="Jane")
    stands(transfer, agent=None)
    assert texts(transfer.conversation, Author.SYSTEM)[-1] == "Jane has left the chat. Somebody else will take over."
    assert floor(transfer)["mode"] == "waiting"


def test_an_agent_nobody_assigned_does_not_leave_when_the_thread_is_read(transfer):
    hear(transfer, jane(transfer))
    stands(transfer, agent=None)
    assert floor(transfer)["mode"] == "agent"


def test_another_agent_takes_over(transfer):
    stands(transfer, agent="Jane")
    stands(transfer, agent="Bob")
    assert texts(transfer.conversation, Author.SYSTEM) == ["Jane has joined the chat.", "Bob has taken over from Jane."]
    assert floor(transfer)["name"] == "Bob"


def test_an_older_reading_changes_nothing(transfer):
    stands(transfer, agent="Jane", at=20.0)
    assert stands(transfer, closed="resolved", at=10.0) == []
    assert floor(transfer)["mode"] == "agent"


def test_the_desks_own_texts_make_nobody_join(transfer):
    hear(transfer, jane(transfer, text="We are closed.", name=None))
    assert floor(transfer)["mode"] == "waiting"


def test_typing_is_shown_until_it_expires_and_ends_with_the_message(transfer):
    hear(transfer, AgentTyping(ThreadRef(transfer.thread_id), True))
    assert floor(transfer)["typing"]
    hear(transfer, jane(transfer))
    assert floor(transfer)["typing"] is None
    hear(transfer, AgentTyping(ThreadRef(transfer.thread_id), True))
    Transfer.objects.update(typing_until=timezone.now() - timedelta(seconds=1))
    assert floor(transfer)["typing"] is None


# --- Messages taken back ------------------------------------------------------------------------------------------------------------------


def test_a_message_taken_back_vanishes_under_a_number_of_its_own(transfer):
    hear(transfer, jane(transfer))
    before = Conversation.objects.get().last_seq
    hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    message = Message.objects.get(remote_id=50)
    assert (message.gone, message.text) == (True, "")
    assert Message.objects.get(seq=before + 1).revises == message


def test_the_scenario_forgets_what_was_taken_back(transfer):
    hear(transfer, jane(transfer))
    hear(transfer, jane(transfer, remote_id=51, text="Wrong window."))
    hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    assert handover(transfer)["last_agent_message"] == "Wrong window."
    hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 51))
    assert "last_agent_message" not in handover(transfer)


def test_taking_it_back_twice_counts_once(transfer):
    hear(transfer, jane(transfer))
    for _ in range(2):
        hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    assert Message.objects.filter(revises__remote_id=50).count() == 1


def test_a_message_taken_back_before_it_came_is_never_shown(transfer):
    hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    assert "shown already" in hear(transfer, jane(transfer))
    assert texts(transfer.conversation, Author.AGENT) == []


# --- The end, and after it ----------------------------------------------------------------------------------------------------------------


def test_each_way_to_end_has_its_text_and_its_next_message(transfer, scenario):
    address = scenario.templates.get(name="Address")
    Transfer.objects.update(endings={"given_back": {"text": "Back to me.", "leads_to": address.pk}})
    stands(transfer, closed="given_back")
    assert texts(transfer.conversation)[-2:] == ["Back to me.", address.blocks.get().text]


def test_an_ending_that_leads_to_a_deleted_message_says_its_text_alone(transfer):
    Transfer.objects.update(endings={"resolved": {"text": "Bye.", "leads_to": 10**9}})
    stands(transfer, closed="resolved")
    assert texts(transfer.conversation)[-1] == "Bye."


def test_the_scenario_remembers_the_handover(transfer):
    hear(transfer, jane(transfer, text="It is on its way."))
    stands(transfer, closed="resolved")
    remembered = handover(transfer)
    assert (remembered["status"], remembered["reason"], remembered["agent_name"]) == ("ended", "resolved", "Jane")
    assert remembered["last_agent_message"] == "It is on its way."
    assert remembered["waited_seconds"] >= 0 and remembered["duration_seconds"] >= 0


def test_after_a_resolve_the_bot_answers_unless_the_handoff_wants_otherwise(transfer, says):
    stands(transfer, closed="resolved")
    says("opening hours")
    assert texts(transfer.conversation)[-1].startswith("The roastery is open")


def test_a_word_soon_after_the_resolve_opens_the_thread_again(transfer, says, sheet):
    policy("reopen")
    stands(transfer, closed="resolved")
    assert floor(transfer)["mode"] == "ended"
    says("one more thing")
    relay.relay(transfer.conversation_id)
    assert sheet.texts() == ["my parcel is wet", "one more thing"]
    assert len(sheet.threads) == 1
    assert floor(transfer)["mode"] == "waiting"


def test_a_word_long_after_the_resolve_is_the_bots(transfer, says):
    policy("reopen", minutes=5)
    stands(transfer, closed="resolved")
    Transfer.objects.update(ended_at=timezone.now() - timedelta(minutes=6))
    assert floor(transfer)["mode"] == "bot"
    says("opening hours")
    assert texts(transfer.conversation)[-1].startswith("The roastery is open")


def test_a_word_after_the_resolve_may_begin_a_new_conversation_with_a_brief(transfer, says, sheet):
    policy("new")
    stands(transfer, closed="resolved")
    says("one more thing")
    relay.relay(transfer.conversation_id)
    assert len(sheet.threads) == 2
    assert [outgoing.private for _, thread, outgoing in sheet.notes if thread == "thread-2"] == [True, False]


def test_a_visitor_who_asks_again_and_again_meets_the_fallback(conversation, says, settings):
    settings.HANDOVERS_PER_HOUR = 2
    for _ in range(3):
        says("talk to a human")
        switchboard.visitor_ends(conversation.pk)
    assert conversation.transfers.count() == 2
    assert texts(conversation, Author.BOT)[-2].startswith("I am sorry, nobody is at the desk")
    Transfer.objects.update(requested_at=timezone.now() - timedelta(hours=2))
    says("talk to a human")
    assert conversation.transfers.count() == 3


def test_a_button_of_the_bot_is_the_bots_even_then(transfer, conversation):
    policy("reopen")
    stands(transfer, closed="resolved")
    welcome = conversation.messages.filter(author=Author.BOT).exclude(buttons=[]).first()
    label = welcome.buttons[0]["label"]
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), label, button=switchboard.ButtonRef(welcome.pk, 0)))
    assert floor(transfer)["mode"] == "ended"
    assert texts(conversation)[-1].startswith("The roastery is open")


def test_an_agent_who_opens_it_again_has_the_floor_again(transfer):
    stands(transfer, closed="resolved")
    stands(transfer, agent="Jane")
    assert (floor(transfer)["mode"], floor(transfer)["name"]) == ("agent", "Jane")
    assert texts(transfer.conversation, Author.SYSTEM)[0] == ENGLISH.opened_again


def test_a_thread_that_is_open_does_not_undo_the_visitors_end(transfer):
    switchboard.visitor_ends(transfer.conversation_id)
    assert stands(transfer, agent="Jane") == []
    assert floor(transfer)["mode"] == "bot"


def test_an_agent_writing_after_the_end_is_shown_and_it_is_said_so_once(transfer):
    stands(transfer, closed="resolved")
    for remote_id in (50, 51):
        hear(transfer, jane(transfer, remote_id))
    said = texts(transfer.conversation)
    assert said[-3:] == [ENGLISH.afterwards, "Oh dear.", "Oh dear."]
    assert floor(transfer)["mode"] == "bot"


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (lambda transfer: switchboard.end(transfer, Transfer.Reason.RESOLVED), "open this conversation again"),
        (lambda transfer: switchboard.visitor_ends(transfer.conversation_id), "cannot take the chat up"),
    ],
)
def test_whoever_writes_after_the_end_is_told_once_that_no_answer_comes_here(transfer, sheet, ends, told):
    ends(transfer)
    for remote_id in (50, 51, 50):
        hear(transfer, jane(transfer, remote_id))
        relay.relay(transfer.conversation_id)
    (note,) = sheet.private()
    assert "goes to the assistant" in note and told in note
    assert len(sheet.threads) == 1


def test_a_word_after_the_end_that_is_taken_back_leaves_no_announcement(transfer, sheet):
    switchboard.visitor_ends(transfer.conversation_id)
    before = texts(transfer.conversation)
    for remote_id in (50, 51):
        hear(transfer, jane(transfer, remote_id))
    hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    assert texts(transfer.conversation)[-2:] == [ENGLISH.afterwards, "Oh dear."]
    hear(transfer, MessageRemoved(ThreadRef(transfer.thread_id), 51))
    assert texts(transfer.conversation) == before
    relay.relay(transfer.conversation_id)
    assert sheet.private() == []
    hear(transfer, jane(transfer, 52))
    assert texts(transfer.conversation)[-2:] == [ENGLISH.afterwards, "Oh dear."]


def test_whoever_writes_after_an_end_that_answers_reopen_is_told_nothing(transfer, sheet):
    policy("reopen")
    stands(transfer, closed="resolved")
    hear(transfer, jane(transfer, 50))
    relay.relay(transfer.conversation_id)
    assert sheet.private() == []


def test_a_note_for_a_thread_that_was_deleted_opens_no_new_one(transfer, sheet):
    switchboard.visitor_ends(transfer.conversation_id)
    hear(transfer, jane(transfer, 50))
    Transfer.objects.update(thread_id="")
    relay.relay(transfer.conversation_id)
    assert len(sheet.threads) == 1 and not Delivery.objects.open().exists()


def test_a_note_for_a_thread_that_is_gone_is_refused_and_opens_no_new_one(transfer, sheet):
    switchboard.visitor_ends(transfer.conversation_id)
    relay.relay(transfer.conversation_id)
    hear(transfer, jane(transfer, 50))
    sheet.threads.clear()
    relay.relay(transfer.conversation_id)
    assert Delivery.objects.get(kind="note").state == "parked" and sheet.threads == {}


def test_the_visitor_ends_it_and_the_desk_closes_the_thread(transfer, sheet):
    assert switchboard.visitor_ends(transfer.conversation_id)
    assert not switchboard.visitor_ends(transfer.conversation_id)
    relay.relay(transfer.conversation_id)
    assert sheet.closed == {transfer.thread_id}
    assert floor(transfer)["mode"] == "bot"
    assert handover(transfer)["reason"] == "visitor_ended"


def test_ending_before_saying_anything_asks_nothing_of_the_desk(conversation, says, sheet):
    says("talk to a human")
    switchboard.visitor_ends(conversation.pk)
    relay.relay(conversation.pk)
    assert (sheet.threads, sheet.closed) == ({}, set())


def test_what_was_said_before_the_end_reaches_the_desk_before_it_is_closed(conversation, says, sheet):
    says("talk to a human"), says("never mind")
    switchboard.visitor_ends(conversation.pk)
    relay.relay(conversation.pk)
    assert sheet.texts() == ["never mind"]
    assert sheet.closed == {"thread-1"}


def test_a_thread_deleted_at_the_desk_gives_the_floor_back_and_the_next_one_is_new(transfer, says, sheet, monkeypatch):
    def gone(self, thread, after):
        raise Gone("deleted")

    with monkeypatch.context() as patch:
        patch.setattr("tests.paper.PaperDesk.read", gone)
        reconcile.read(transfer)
    assert handover(transfer)["reason"] == "desk_lost"
    says("talk to a human"), says("are you there?")
    relay.relay(transfer.conversation_id)
    assert sheet.texts()[-1] == "are you there?"


def test_a_word_for_a_deleted_thread_goes_to_a_new_one_with_a_brief(transfer, says, sheet):
    left = [Gone("deleted")]

    def accident(outgoing):
        if left:
            sheet.threads.clear()
            raise left.pop()

    sheet.before = accident
    says("are you there?")
    relay.relay(transfer.conversation_id)
    assert [outgoing.private for _, _, outgoing in sheet.notes][-2:] == [True, False]
    assert "my parcel is wet" in sheet.notes[-2][2].text
    assert sheet.texts()[-1] == "are you there?"


def test_a_desk_that_refuses_the_visitor_gives_the_floor_back_at_once(conversation, says, sheet, monkeypatch):
    def refuse(self, person, request):
        raise Rejected("not this one")

    monkeypatch.setattr("tests.paper.PaperDesk.open", refuse)
    says("talk to a human"), says("hello?")
    relay.relay(conversation.pk)
    transfer = conversation.transfers.get()
    assert (transfer.state, transfer.reason) == ("ended", "desk_refused")
    assert texts(conversation, Author.BOT)[-2].startswith("I am sorry, nobody is at the desk")
    assert Message.objects.get(text="hello?").undelivered


# --- Reports ------------------------------------------------------------------------------------------------------------------------------


def test_seeing_a_message_is_reported_once(transfer):
    hear(transfer, jane(transfer))
    seq = Conversation.objects.get().last_seq
    for _ in range(2):
        switchboard.visitor_has(transfer.conversation_id, seq, seq)
    assert kinds(transfer.conversation) == ["seen"]


def test_having_a_message_is_reported_and_later_that_it_was_seen(transfer):
    hear(transfer, jane(transfer))
    seq = Conversation.objects.get().last_seq
    switchboard.visitor_has(transfer.conversation_id, seq, 0)
    switchboard.visitor_has(transfer.conversation_id, seq, seq)
    assert kinds(transfer.conversation) == ["delivered", "seen"]


def test_marks_never_go_back_nor_beyond_the_end(transfer):
    switchboard.visitor_has(transfer.conversation_id, 10**9, 3)
    conversation = Conversation.objects.get()
    assert (conversation.got_seq, conversation.seen_seq) == (conversation.last_seq, 3)
    switchboard.visitor_has(transfer.conversation_id, 1, 1)
    conversation.refresh_from_db()
    assert (conversation.got_seq, conversation.seen_seq) == (conversation.last_seq, 3)


def test_a_message_the_desk_believes_lost_is_reported_once_it_has_arrived(transfer):
    hear(transfer, jane(transfer, failed=True))
    assert kinds(transfer.conversation) == []
    seq = Conversation.objects.get().last_seq
    switchboard.visitor_has(transfer.conversation_id, seq, seq)
    assert kinds(transfer.conversation) == ["delivered", "seen"]


def test_a_message_that_had_arrived_when_the_desk_gave_it_up_is_reported_again(transfer):
    hear(transfer, jane(transfer))
    seq = Conversation.objects.get().last_seq
    switchboard.visitor_has(transfer.conversation_id, seq, 0)
    relay.relay(transfer.conversation_id)
    hear(transfer, jane(transfer, failed=True))
    assert kinds(transfer.conversation) == ["delivered"]
    assert texts(transfer.conversation, Author.AGENT) == ["Oh dear."]


def test_reports_about_a_thread_that_is_gone_trouble_nobody(transfer, sheet, monkeypatch):
    def gone(self, thread):
        raise Gone("deleted")

    monkeypatch.setattr("tests.paper.PaperDesk.seen", gone)
    hear(transfer, jane(transfer))
    seq = Conversation.objects.get().last_seq
    switchboard.visitor_has(transfer.conversation_id, seq, seq)
    relay.relay(transfer.conversation_id)
    assert kinds(transfer.conversation, "sent")[-1] == "seen"
    assert len(sheet.threads) == 1


# --- Controls -----------------------------------------------------------------------------------------------------------------------------


def fill_in(transfer, **given):
    asked = Message.objects.get(remote_id=50)
    words = Words(uuid.uuid4(), "", answer=FilledIn(asked.pk, Given(**given)))
    return switchboard.visitor_says(transfer.conversation_id, words).message


def test_a_choice_is_answered_in_the_agents_words_and_goes_to_the_desk(transfer, sheet):
    hear(transfer, jane(transfer, control=CHOICE))
    message = fill_in(transfer, value="l")
    assert (message.text, message.answers.remote_id) == ("Large", 50)
    relay.relay(transfer.conversation_id)
    assert sheet.texts()[-1] == "Large"


def test_a_control_is_answered_once(transfer):
    hear(transfer, jane(transfer, control=CHOICE))
    fill_in(transfer, value="l")
    with pytest.raises(Refusal, match="answered already"):
        fill_in(transfer, value="s")


@pytest.mark.parametrize("given", [{"value": "xl"}, {}, {"rating": 3}, {"values": {"a": "b"}}])
def test_an_answer_that_does_not_fit_is_refused_and_leaves_the_control_open(transfer, given):
    hear(transfer, jane(transfer, control=CHOICE))
    with pytest.raises(Refusal) as refusal:
        fill_in(transfer, **given)
    assert refusal.value.code == "bad_answer"
    fill_in(transfer, value="s")


def test_a_rating_after_the_end_is_kept_for_the_scenario_and_starts_nothing(transfer):
    hear(transfer, jane(transfer, name=None, control=RATING))
    stands(transfer, closed="resolved")
    message = fill_in(transfer, rating=4, comment="nice")
    assert message.text == "★★★★☆ nice"
    assert handover(transfer)["rating"] == 4
    assert kinds(transfer.conversation) == ["answer"]
    assert floor(transfer)["mode"] == "bot"


def test_what_was_asked_in_a_deleted_thread_cannot_be_answered(transfer):
    hear(transfer, jane(transfer, control=CHOICE))
    Transfer.objects.update(thread_id="")
    with pytest.raises(Refusal, match="not there any more"):
        fill_in(transfer, value="l")


def test_an_answer_whose_thread_is_deleted_on_its_way_is_not_put_into_another(transfer, sheet):
    hear(transfer, jane(transfer, control=CHOICE))
    fill_in(transfer, value="l")
    Transfer.objects.update(thread_id="")
    relay.relay(transfer.conversation_id)
    assert sheet.texts() == ["my parcel is wet"]
    assert kinds(transfer.conversation, "parked") == ["answer"]


def test_a_control_of_another_conversation_cannot_be_answered(transfer, scenario):
    hear(transfer, jane(transfer, control=CHOICE))
    asked = Message.objects.get(remote_id=50)
    _, stranger = switchboard.begin(scenario, "http://testserver")
    with pytest.raises(Refusal, match="not asked here"):
        switchboard.visitor_says(stranger.pk, Words(uuid.uuid4(), "", answer=FilledIn(asked.pk, Given(value="l"))))


# --- Files --------------------------------------------------------------------------------------------------------------------------------


def test_an_agents_file_is_expected_and_fetched_later(transfer):
    hear(transfer, jane(transfer, text="", files=(RemoteFile("https://desk.example/a.png", "a.png", "image/png", 3),)))
    message = Message.objects.get(remote_id=50)
    assert [(file.name, file.state) for file in message.files.all()] == [("a.png", "loading")]


# --- The canary ---------------------------------------------------------------------------------------------------------------------------


def silent_for(seconds):
    Delivery.objects.update(sent_at=timezone.now() - timedelta(seconds=seconds))
    reconcile.listen_for_echoes()
    return Handoff.objects.get().polling_only_since is not None


def test_webhooks_that_do_not_bring_back_what_we_sent_are_noticed_once(transfer, caplog):
    assert not silent_for(50)
    assert silent_for(61)
    reconcile.listen_for_echoes()
    assert caplog.text.count("did not come back by webhook") == 1


def test_one_lost_echo_is_no_alarm_while_others_come(transfer, says):
    says("and cold")
    relay.relay(transfer.conversation_id)
    outbox.echoed(transfer.handoff, str(Delivery.objects.get(message__text="and cold").key))
    assert not silent_for(61)


def test_an_echo_ends_the_alarm(transfer):
    silent_for(61)
    outbox.echoed(Handoff.objects.get(), str(Delivery.objects.filter(kind="message").first().key))
    assert Handoff.objects.get().polling_only_since is None


def test_without_webhooks_the_desk_is_read_more_often(transfer):
    Transfer.objects.update(read_at=timezone.now() - timedelta(seconds=10))
    switchboard.visitor_is_here(transfer.conversation)
    assert reconcile.due() == []
    silent_for(61)
    assert reconcile.due() == [transfer]
