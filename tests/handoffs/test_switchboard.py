import uuid

import pytest
from django.db import IntegrityError, transaction

from handoffs import desk, relay, switchboard
from handoffs.models import Author, Conversation, Delivery, Handoff, Message, Transfer
from handoffs.providers.base import AgentSaid, Ignored, OurEcho, ThreadRef, ThreadState
from handoffs.switchboard import ButtonRef, Refusal, Words


def texts(conversation, *authors):
    rows = conversation.messages.filter(revises=None).order_by("ord", "seq")
    return [row.text for row in rows if not authors or row.author in authors]


def context(conversation):
    return Conversation.objects.get(pk=conversation.pk).context


@pytest.fixture
def transfer(conversation, says, sheet):
    """The visitor asked for a human, said the first thing, and it reached the desk."""
    says("talk to a human")
    says("my parcel is wet")
    relay.relay(conversation.pk)
    return conversation.transfers.get()


def agent(transfer, remote_id, text, name="Jane"):
    return AgentSaid(ThreadRef(transfer.thread_id), remote_id, text, name)


def hear(transfer, event):
    return desk.hear(transfer.handoff, event)


def resolve(transfer):
    return desk.thread_stands(transfer, ThreadState(closed="resolved"))


# --- Saying -------------------------------------------------------------------------------------------------------------------------------


def test_a_conversation_begins_with_the_welcome(conversation):
    assert texts(conversation, Author.BOT) == ["Hello, and welcome to Northwind Coffee! I am the shop’s assistant. What can I do for you?"]


def test_numbers_are_gapless_from_one(conversation, says):
    for text in ("hello", "hours", "thanks"):
        says(text)
    assert list(conversation.messages.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6, 7]


def test_the_same_cid_is_stored_once_and_acknowledged_alike(conversation):
    words = Words(uuid.uuid4(), "hello")
    first, again = (switchboard.visitor_says(conversation.pk, words) for _ in range(2))
    assert (first.message, first.dup, again.message, again.dup) == (first.message, False, first.message, True)
    assert texts(conversation, Author.VISITOR) == ["hello"]


def test_the_same_cid_with_other_words_is_refused(conversation):
    cid = uuid.uuid4()
    switchboard.visitor_says(conversation.pk, Words(cid, "hello"))
    with pytest.raises(Refusal) as refused:
        switchboard.visitor_says(conversation.pk, Words(cid, "good bye"))
    assert (refused.value.code, refused.value.final) == ("conflict", True)


def test_a_tab_is_taken_in_the_order_it_counted(conversation):
    tab = uuid.uuid4()
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "one", tab, 1))
    with pytest.raises(Refusal) as refused:
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "three", tab, 3))
    assert (refused.value.code, refused.value.expect, refused.value.final) == ("order", 2, False)
    assert texts(conversation, Author.VISITOR) == ["one"]


def test_two_tabs_count_for_themselves(conversation):
    for tab in (uuid.uuid4(), uuid.uuid4()):
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "first", tab, 1))
    assert texts(conversation, Author.VISITOR) == ["first", "first"]


def test_too_much_at_once_is_put_off_and_makes_no_hole(conversation, says, settings):
    settings.MESSAGES_PER_TEN_SECONDS = 2
    says("one"), says("two")
    with pytest.raises(Refusal) as refused:
        says("three")
    assert (refused.value.code, refused.value.final) == ("rate", False)
    assert 0 < refused.value.after <= 10
    assert Conversation.objects.get(pk=conversation.pk).last_seq == conversation.messages.count()


# --- Buttons ------------------------------------------------------------------------------------------------------------------------------


def test_a_button_plays_the_message_it_leads_to(conversation):
    welcome = conversation.messages.get(seq=1)
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "Opening hours", button=ButtonRef(welcome.pk, 0)))
    assert texts(conversation, Author.BOT)[-1].startswith("The roastery is open")


@pytest.mark.parametrize(("index", "label"), [(0, "Talk to a human"), (17, "Opening hours"), (-1, "Opening hours")])
def test_a_button_that_was_not_offered_is_refused(conversation, index, label):
    welcome = conversation.messages.get(seq=1)
    with pytest.raises(Refusal) as refused:
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), label, button=ButtonRef(welcome.pk, index)))
    assert refused.value.code == "unknown_button"


def test_a_button_of_somebody_elses_conversation_is_refused(scenario, conversation):
    _, other = switchboard.begin(scenario, "http://testserver")
    foreign = other.messages.get(seq=1)
    with pytest.raises(Refusal):
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "Opening hours", button=ButtonRef(foreign.pk, 0)))


# --- The handover -------------------------------------------------------------------------------------------------------------------------


def test_a_handover_gives_the_floor_to_the_humans(conversation, says, sheet):
    says("talk to a human")
    assert context(conversation) == {"handover_success": True, "handover": {"status": "requested"}}
    assert switchboard.floor(conversation)["mode"] == "invited"
    says("my parcel is wet")
    floor = switchboard.floor(conversation)
    assert (floor["mode"], bool(floor["since"])) == ("waiting", True)


def test_nothing_goes_to_the_desk_before_the_visitor_says_something(conversation, says, sheet):
    says("talk to a human")
    assert not Delivery.objects.exists()


def test_the_bot_is_silent_while_humans_have_the_floor(conversation, says, sheet):
    says("talk to a human")
    before = texts(conversation, Author.BOT)
    says("opening hours")
    assert texts(conversation, Author.BOT) == before


def test_an_inactive_handoff_makes_the_tile_say_its_fallback(conversation, says, handoff):
    Handoff.objects.update(active=False)
    says("talk to a human")
    assert texts(conversation, Author.BOT)[-2].startswith("I am sorry, nobody is at the desk")
    assert context(conversation) == {"handover_success": False}
    assert switchboard.floor(conversation)["mode"] == "bot"


def test_what_is_said_then_is_owed_in_order_after_the_transcript(conversation, says, sheet):
    says("talk to a human"), says("one"), says("two")
    owed = [(each.kind, each.message.text) for each in Delivery.objects.order_by("id")]
    assert owed == [("brief", "one"), ("message", "one"), ("message", "two")]


def test_a_conversation_has_one_open_transfer_at_most(conversation, says, sheet, handoff):
    says("talk to a human")
    with pytest.raises(IntegrityError):
        Transfer.objects.create(conversation=conversation, handoff=handoff)


# --- The desk -----------------------------------------------------------------------------------------------------------------------------


def test_an_agents_message_is_shown_with_the_agents_name(transfer):
    hear(transfer, agent(transfer, 50, "Oh dear."))
    shown = transfer.conversation.messages.order_by("seq").last()
    assert (shown.author, shown.name, shown.text) == (Author.AGENT, "Jane", "Oh dear.")
    floor = switchboard.floor(transfer.conversation)
    assert (floor["mode"], floor["name"], floor["can_end"]) == ("agent", "Jane", True)


def test_the_same_agents_message_is_shown_once(transfer):
    first, again = (hear(transfer, agent(transfer, 50, "Oh dear.")) for _ in range(2))
    assert texts(transfer.conversation, Author.AGENT) == ["Oh dear."]
    assert "shown already" in again and "shown already" not in first


def test_a_late_agents_message_takes_its_place_before_later_ones(transfer):
    for remote_id, text in ((50, "a"), (53, "d"), (52, "c"), (51, "b")):
        hear(transfer, agent(transfer, remote_id, text))
    assert texts(transfer.conversation, Author.AGENT) == ["a", "b", "c", "d"]


def test_a_desk_that_speaks_for_itself_is_not_an_agent_at_the_chat(transfer):
    hear(transfer, agent(transfer, 50, "We are closed today.", name=None))
    assert texts(transfer.conversation, Author.AGENT) == ["We are closed today."]
    assert switchboard.floor(transfer.conversation)["mode"] == "waiting"


def test_what_is_ignored_leaves_no_trace(transfer):
    before = Message.objects.count()
    assert hear(transfer, Ignored("a private note")) == "nothing: a private note"
    assert Message.objects.count() == before


def test_a_thread_of_nobody_here_is_left_alone(transfer):
    before = Message.objects.count()
    assert "none of ours" in desk.hear(transfer.handoff, AgentSaid(ThreadRef("999"), 50, "hello", "Jane"))
    assert Message.objects.count() == before


def test_another_handoffs_thread_of_the_same_number_is_left_alone(transfer):
    stranger = Handoff.objects.create(scenario=transfer.handoff.scenario, name="Other", account_id=2, inbox_id=7)
    assert "none of ours" in desk.hear(stranger, agent(transfer, 50, "hello"))


def test_a_thread_of_the_same_number_with_another_person_is_left_alone(transfer):
    event = AgentSaid(ThreadRef(transfer.thread_id, "somebody else's key"), 50, "for a stranger", "Jane")
    assert "none of ours" in hear(transfer, event)
    own = AgentSaid(ThreadRef(transfer.thread_id, transfer.conversation.visitor.desk_key), 51, "for you", "Jane")
    hear(transfer, own)
    assert texts(transfer.conversation, Author.AGENT) == ["for you"]


def test_a_message_of_a_thread_we_are_just_opening_is_not_yet(conversation, says, sheet, handoff):
    says("talk to a human"), says("hello?")
    desk_key = conversation.visitor.desk_key
    with pytest.raises(desk.NotYet):
        desk.hear(handoff, AgentSaid(ThreadRef("77", desk_key), 50, "hello", "Jane"))


def test_our_own_message_coming_back_settles_its_delivery(conversation, says, sheet, handoff):
    says("talk to a human"), says("hello?")
    delivery = Delivery.objects.get(kind="message")
    desk.hear(handoff, OurEcho(ThreadRef("77"), str(delivery.key), 61))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.remote_id) == (Delivery.State.SENT, 61)


def test_resolve_ends_the_transfer_and_gives_the_floor_back(transfer, says):
    resolve(transfer)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.reason) == (Transfer.State.ENDED, Transfer.Reason.RESOLVED)
    assert texts(transfer.conversation)[-1].startswith("You are back with me")
    says("opening hours")
    assert texts(transfer.conversation)[-1].startswith("The roastery is open")


def test_resolving_twice_says_the_return_text_once(transfer):
    for _ in range(2):
        resolve(transfer)
    assert sum(text.startswith("You are back") for text in texts(transfer.conversation)) == 1


def test_a_second_handover_works(transfer, says, sheet):
    resolve(transfer)
    says("talk to a human"), says("it is still wet")
    relay.relay(transfer.conversation_id)
    assert sheet.texts() == ["my parcel is wet", "it is still wet"]
    assert len(sheet.threads) == 2


def test_an_agent_writing_after_the_end_is_still_shown(transfer):
    resolve(transfer)
    hear(transfer, agent(transfer, 50, "One more thing."))
    assert texts(transfer.conversation, Author.AGENT) == ["One more thing."]
    assert switchboard.floor(transfer.conversation)["mode"] == "bot"


# --- The last wall: whatever the code does, the database keeps these ----------------------------------------------------------------------


@pytest.mark.parametrize("twice", [{"seq": 1}, {"cid": uuid.UUID(int=7)}, {"remote_id": 7}])
def test_the_database_keeps_one_message_a_number_a_cid_and_a_remote_id(conversation, handoff, twice):
    for seq in (100, 101):
        row = {"seq": seq, "ord": seq, "author": Author.AGENT, "handoff": handoff, **twice}
        if seq == 101 or twice == {"seq": 1}:
            with pytest.raises(IntegrityError), transaction.atomic():
                Message.objects.create(conversation=conversation, **row)
        else:
            Message.objects.create(conversation=conversation, **row)
