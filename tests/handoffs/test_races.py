"""Bot and human never both answer, and never neither: what the visitor says races what the humans do."""

import uuid
from functools import partial

import pytest

from handoffs import desk, switchboard
from handoffs.models import Author, Conversation, Handoff, Transfer
from handoffs.providers.base import AgentSaid, ThreadRef, ThreadState
from handoffs.switchboard import Words
from tests.racing import at_once

RACES = 40


@pytest.fixture
def scenario(transactional_db, scenario):
    return scenario


def says(conversation, text):
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))


def with_an_agent(scenario):
    conversation = switchboard.begin(scenario, "http://testserver")[1]
    says(conversation, "talk to a human"), says(conversation, "hello?")
    transfer = conversation.transfers.get()
    Transfer.objects.filter(pk=transfer.pk).update(thread_id=transfer.pk.hex, agent_name="Jane", state="active", endings={})
    return conversation, Transfer.objects.get(pk=transfer.pk)


def answered_by(conversation, text):
    """Who got the visitor's word: the bot, which answers at once, or the humans, to whom it is owed."""
    said = conversation.messages.get(text=text)
    after = conversation.messages.filter(seq__gt=said.seq, author__in=(Author.BOT, Author.VISITOR)).order_by("seq").first()
    bot = after is not None and after.text.startswith("The roastery is open")
    return {name for name, listens in (("bot", bot), ("humans", said.deliveries.exists())) if listens}


def numbers(conversation):
    return list(conversation.messages.order_by("seq").values_list("seq", flat=True))


@pytest.mark.parametrize("after_end", ["bot", "reopen", "new"])
def test_a_word_said_while_the_agent_resolves_has_one_listener(scenario, sheet, after_end):
    Handoff.objects.update(after_end=after_end)
    for _ in range(RACES):
        conversation, transfer = with_an_agent(scenario)
        at_once(
            partial(says, conversation, "opening hours"),
            partial(desk.thread_stands, transfer, ThreadState(closed="resolved")),
        )
        assert len(answered_by(conversation, "opening hours")) == 1
        assert numbers(conversation) == list(range(1, Conversation.objects.get(pk=conversation.pk).last_seq + 1))


def test_a_word_said_while_the_agent_opens_the_thread_again_has_one_listener(scenario, sheet):
    for number in range(1, RACES + 1):
        conversation, transfer = with_an_agent(scenario)
        desk.thread_stands(transfer, ThreadState(closed="resolved"))
        at_once(
            partial(says, conversation, "opening hours"),
            partial(desk.thread_stands, transfer, ThreadState(agent="Jane")),
            partial(desk.hear, transfer.handoff, AgentSaid(ThreadRef(transfer.thread_id), number, "Here I am.", "Jane")),
        )
        assert len(answered_by(conversation, "opening hours")) == 1
        assert Transfer.objects.get(pk=transfer.pk).is_open()


def test_two_who_end_it_at_once_end_it_once(scenario, sheet):
    for _ in range(RACES):
        conversation, transfer = with_an_agent(scenario)
        at_once(
            partial(switchboard.visitor_ends, conversation.pk),
            partial(desk.thread_stands, transfer, ThreadState(closed="resolved")),
            partial(desk.thread_stands, transfer, ThreadState(closed="given_back")),
        )
        returned = conversation.messages.filter(text__startswith="You are back").count()
        assert returned == 1
        assert conversation.transfers.get().state == "ended"
