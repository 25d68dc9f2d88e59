"""Chatwoot's provider and the stand-in, as people use the two: what agents see, and what comes back of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from handoffs.providers.base import AgentSaid, AgentTyping, Event, Ignored, MessageRemoved, Person, Request, Thread, ThreadChanged
from handoffs.providers.chatwoot.provider import Chatwoot
from handoffs.providers.chatwoot.talk import OVERLAP
from sandbox.seed import agent_tokens
from tests.handoffs.providers.contract_base import agents_words, new_id, outgoing, request, visitor
from tests.handoffs.providers.sandbox_desk import SandboxDesk
from tests.handoffs.providers.servers import ok

AT_ONCE = 8


@pytest.fixture
def desk(sandbox_desk: SandboxDesk) -> Iterator[SandboxDesk]:
    yield sandbox_desk
    sandbox_desk.hub.respond = ok


@pytest.fixture
def chatwoot(desk: SandboxDesk) -> Chatwoot:
    return Chatwoot(desk.connection)


@pytest.fixture
def thread(chatwoot: Chatwoot) -> Thread:
    return chatwoot.open(visitor(), request())


@pytest.fixture(params=[True, False], ids=["one conversation a person", "one a request"])
def lock(desk: SandboxDesk, request: pytest.FixtureRequest) -> Iterator[bool]:
    inbox = f"inboxes/{desk.connection.inbox_id}"
    desk.api("PATCH", inbox, {"lock_to_single_conversation": request.param})
    yield request.param
    desk.api("PATCH", inbox, {"lock_to_single_conversation": True})


def heard(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> list[Event]:
    """Everything webhooks said of a thread so far, in any order."""
    desk.server.drain()
    events = (event for seen in desk.hub.seen for event in chatwoot.parse(seen.body) if not isinstance(event, Ignored))
    return [event for event in events if event.thread.conversation_id == thread.conversation_id]


def of_contact(desk: SandboxDesk, thread: Thread) -> dict[str, object]:
    contact: dict[str, object] = desk.api("GET", f"contacts/{thread.person_id}")["payload"]
    return contact


# --- opening ------------------------------------------------------------------------------------------------------------------------------


def test_the_same_request_at_once_ends_with_one_person_and_one_conversation(desk: SandboxDesk, lock: bool) -> None:
    person, wish, start = visitor(), request(), Barrier(AT_ONCE)

    def open_it(_: int) -> Thread:
        start.wait(10)
        return Chatwoot(desk.connection).open(person, wish)

    with ThreadPoolExecutor(AT_ONCE) as workers:
        threads = set(workers.map(open_it, range(AT_ONCE)))
    (thread,) = threads
    conversations = desk.api("GET", f"contacts/{thread.person_id}/conversations")["payload"]
    assert [str(each["id"]) for each in conversations if each["status"] == "open"] == [thread.conversation_id]
    contacts = desk.api("GET", f"contacts/search?q={person.key}")["payload"]
    assert [str(contact["id"]) for contact in contacts] == [thread.person_id]


def test_agents_see_who_the_visitor_is_and_how_it_is_filed(desk: SandboxDesk, chatwoot: Chatwoot) -> None:
    person = Person(new_id(), "Ann", f"{uuid.uuid4().hex}@example.com", f"+31{uuid.uuid4().int % 10**9:09}", {"plan": "gold"})
    thread = chatwoot.open(person, Request(new_id(), ("vip", "sales"), attributes={"order": 4711}))
    contact = of_contact(desk, thread)
    assert (contact["name"], contact["email"], contact["phone_number"]) == (person.name, person.email, person.phone)
    assert contact["custom_attributes"] == {"plan": "gold"}
    conversation = desk.api("GET", f"conversations/{thread.conversation_id}")
    assert conversation["labels"] == ["vip", "sales"]
    assert conversation["custom_attributes"]["order"] == 4711


def test_a_visitor_who_says_more_later_is_brought_up_to_date(desk: SandboxDesk, chatwoot: Chatwoot) -> None:
    person = Person(new_id(), "Visitor", attributes={"plan": "free", "since": 2020})
    chatwoot.open(person, request())
    email = f"{uuid.uuid4().hex}@example.com"
    thread = chatwoot.open(replace(person, name="Ann", email=email, attributes={"plan": "gold"}), request())
    contact = of_contact(desk, thread)
    assert (contact["name"], contact["email"]) == ("Ann", email)
    assert contact["custom_attributes"] == {"plan": "gold", "since": 2020}


def test_the_person_who_has_the_e_mail_address_already_is_neither_merged_nor_hijacked(desk: SandboxDesk, chatwoot: Chatwoot) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    theirs = desk.api("POST", "contacts", {"name": "The real Ann", "email": email})["payload"]["contact"]
    thread = chatwoot.open(Person(new_id(), "Eve", email, attributes={"plan": "x"}), request())
    ours = of_contact(desk, thread)
    assert str(theirs["id"]) != thread.person_id
    assert (ours["name"], ours["email"], ours["custom_attributes"]) == ("Eve", None, {"plan": "x"})
    assert desk.api("GET", f"contacts/{theirs['id']}")["payload"]["name"] == "The real Ann"


def test_an_agents_token_opens_what_stays_for_the_agents_to_take(desk: SandboxDesk) -> None:
    token = agent_tokens(desk.server.store, desk.connection.account_id)["Sam"]
    as_sam, person = Chatwoot(replace(desk.connection, access_token=token)), visitor()
    as_sam.close(as_sam.open(person, request()))
    again = as_sam.open(person, request())
    conversation = desk.api("GET", f"conversations/{again.conversation_id}")
    assert conversation["status"] == "open" and not conversation["meta"].get("assignee")


def test_whoever_our_token_belongs_to_is_no_agent_of_the_thread(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    desk.agent_takes(thread, "Handoff Bridge")
    assert chatwoot.read(thread, 0).state.agent is None
    desk.agent_takes(thread, "Jane")
    assert chatwoot.read(thread, 0).state.agent == "Jane"


# --- presence -----------------------------------------------------------------------------------------------------------------------------


def test_an_agents_typing_is_heard_and_the_visitors_own_is_not(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    chatwoot.typing(thread, True)
    chatwoot.typing(thread, False)
    desk.server.agent_types(int(thread.conversation_id))
    typed = [event for event in heard(desk, chatwoot, thread) if isinstance(event, AgentTyping)]
    assert [event.on for event in typed] == [True]
    told = [json.loads(seen.body) for seen in desk.hub.seen]
    own = [each for each in told if each["event"].startswith("conversation_typing") and "type" not in each["user"]]
    assert {each["event"] for each in own} == {"conversation_typing_on", "conversation_typing_off"}


def status_of(desk: SandboxDesk, thread: Thread) -> list[str]:
    return [message["status"] for message in desk.server.messages(int(thread.conversation_id)) if message["message_type"] == 1]


def test_agents_see_what_was_delivered_and_what_was_seen(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    desk.agent_says(thread, "Hello")
    (said,) = (event for event in chatwoot.read(thread, 0).events if isinstance(event, AgentSaid))
    assert status_of(desk, thread) == ["sent"]
    chatwoot.delivered(thread, said.remote_id)
    assert status_of(desk, thread) == ["delivered"]
    chatwoot.seen(thread)
    assert status_of(desk, thread) == ["read"]
    chatwoot.delivered(thread, said.remote_id)
    assert status_of(desk, thread) == ["read"]


def test_a_reply_whose_webhook_failed_is_marked_until_it_is_delivered_after_all(
    desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread
) -> None:
    desk.hub.respond = lambda call: call.answer(500, b"")
    desk.agent_says(thread, "Can you hear me?")
    desk.server.drain()
    (marked,) = (event for event in chatwoot.read(thread, 0).events if isinstance(event, AgentSaid))
    by_webhook = [event.failed for event in heard(desk, chatwoot, thread) if isinstance(event, AgentSaid)]
    assert marked.failed and sorted(by_webhook) == [False, True]
    desk.hub.respond = ok
    chatwoot.delivered(thread, marked.remote_id)
    (mended,) = (event for event in chatwoot.read(thread, 0).events if isinstance(event, AgentSaid))
    assert not mended.failed and status_of(desk, thread) == ["delivered"]


# --- changes ------------------------------------------------------------------------------------------------------------------------------


def test_what_an_agent_takes_back_is_gone_by_webhook_and_by_reading(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    desk.agent_says(thread, "Oops")
    desk.agent_notes(thread, "and a note")
    for message in desk.server.messages(int(thread.conversation_id)):
        if message["content"] in ("Oops", "and a note"):
            desk.api("DELETE", f"conversations/{thread.conversation_id}/messages/{message['id']}")
    # Every later change of the message tells it again, so it may be heard more than once.
    (by_webhook,) = {event for event in heard(desk, chatwoot, thread) if isinstance(event, MessageRemoved)}
    (by_reading,) = chatwoot.read(thread, 0).events
    assert by_reading == by_webhook


def test_a_copy_we_removed_comes_back_as_nothing(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    chatwoot.remove(thread, chatwoot.send(thread, outgoing("twice")))
    assert not any(isinstance(event, MessageRemoved) for event in heard(desk, chatwoot, thread))
    assert chatwoot.read(thread, 0).events == ()


def test_taking_and_resolving_make_us_look_and_answering_does_not(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    desk.server.agent_replies(int(thread.conversation_id), "Hello")
    assert not any(isinstance(event, ThreadChanged) for event in heard(desk, chatwoot, thread))
    desk.agent_takes(thread, "Jane")
    assert len([event for event in heard(desk, chatwoot, thread) if isinstance(event, ThreadChanged)]) == 1
    desk.agent_resolves(thread)
    assert len([event for event in heard(desk, chatwoot, thread) if isinstance(event, ThreadChanged)]) == 3


def test_every_reading_looks_a_little_further_back(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    for number in range(OVERLAP + 5):
        desk.server.agent_replies(int(thread.conversation_id), str(number))
    last = chatwoot.read(thread, 0).last
    assert agents_words(chatwoot.read(thread, last).events) == [str(number) for number in range(5, OVERLAP + 5)]
