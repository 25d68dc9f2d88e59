"""What we ask of Chatwoot, call by call, against a listener that plays the cases a sandbox has to be brought into first."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from handoffs.providers.base import AgentSaid, Connection, Outgoing, Person, Rejected, Thread, ThreadClosed, Unavailable
from handoffs.providers.chatwoot.provider import OVERLAP, PAGE, Chatwoot
from handoffs.providers.outbound import Limits
from tests.handoffs.providers.servers import Call, Listener, listening

ROOT = "/api/v1/accounts/1/"
ANN = Person("visitor-9b9d46b9c2", "Ann")
KEY = "0b7a1d52-5a3c-4d0b-9f2b-2f1f5b1f9c22"
OTHER = "11111111-5a3c-4d0b-9f2b-2f1f5b1f9c22"
TAKEN = (422, {"message": "Identifier has already been taken", "attributes": ["identifier"]})
NOBODY: tuple[int, object] = (404, b"")
CONTACT = (200, {"id": 55, "identifier": ANN.key})
NEW_CONTACT = (200, {"payload": {"contact": {"id": 55}, "contact_inbox": {"source_id": ANN.key}}})
NO_CONVERSATIONS: tuple[int, object] = (200, {"payload": []})
DONE: tuple[int, object] = (200, {})
MESSAGES = "GET conversations/42/messages"


def conversation(status: str = "open", number: int = 42, inbox: int = 7, **attributes: object) -> dict[str, object]:
    return {"id": number, "inbox_id": inbox, "status": status, "custom_attributes": attributes}


class Script:
    """Answers by "METHOD path"; several in a row for calls that are repeated, the last one stays."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.answers: dict[str, list[tuple[int, object]]] = {}
        listener.respond = self.play

    def on(self, call: str, *answers: tuple[int, object]) -> None:
        self.answers[call] = list(answers)

    def play(self, call: Call) -> None:
        answers = self.answers.get(self.name(call.seen.method, call.seen.path), [(599, b"not in the script")])
        call.answer(*(answers.pop(0) if len(answers) > 1 else answers[0]))

    @staticmethod
    def name(method: str, path: str) -> str:
        return f"{method} {path.removeprefix(ROOT).partition('?')[0]}"

    @property
    def calls(self) -> list[str]:
        return [self.name(seen.method, seen.path) for seen in self.listener.seen]

    def sent(self, call: str) -> list[object]:
        return [seen.json for seen in self.listener.seen if self.name(seen.method, seen.path) == call]


@pytest.fixture
def script() -> Iterator[Script]:
    with listening() as listener:
        yield Script(listener)


@pytest.fixture
def desk(script: Script) -> Chatwoot:
    connection = Connection(script.listener.url, 1, 7, "token", allowed_networks=(ip_network("127.0.0.0/8"),))
    return Chatwoot(connection, Limits(connect=1, read=2, total=3))


FILTER = "POST contact_inboxes/filter"
LISTING = "GET contacts/55/conversations"
CREATE = "POST conversations"
TOGGLE = "POST conversations/42/toggle_status"
ATTRIBUTES = "POST conversations/42/custom_attributes"


def known_contact(script: Script) -> None:
    script.on(FILTER, CONTACT)
    script.on(LISTING, NO_CONVERSATIONS)
    script.on(TOGGLE, DONE)
    script.on(ATTRIBUTES, DONE)


def test_a_new_visitor_becomes_a_contact_and_an_open_conversation(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(FILTER, NOBODY)
    script.on("POST contacts", NEW_CONTACT)
    script.on(CREATE, (200, conversation(handoff_transfer=KEY)))
    assert desk.open(ANN, KEY) == Thread("55", "42")
    assert script.calls == [FILTER, "POST contacts", LISTING, CREATE]
    assert script.sent("POST contacts") == [{"inbox_id": 7, "source_id": ANN.key, "identifier": ANN.key, "name": "Ann"}]
    assert script.sent(CREATE) == [
        {"inbox_id": 7, "source_id": ANN.key, "contact_id": 55, "status": "open", "custom_attributes": {"handoff_transfer": KEY}}
    ]


def test_a_transfer_that_has_a_conversation_gets_no_second_one(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    mine = conversation(handoff_transfer=KEY)
    script.on(LISTING, (200, {"payload": [conversation(number=41, inbox=8, handoff_transfer=KEY), mine, conversation(number=40)]}))
    assert desk.open(ANN, KEY) == Thread("55", "42")
    assert CREATE not in script.calls


def test_of_two_conversations_created_at_once_everybody_takes_the_older(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(LISTING, (200, {"payload": [conversation(number=43, handoff_transfer=KEY), conversation(handoff_transfer=KEY)]}))
    assert desk.open(ANN, KEY).conversation_id == "42"


def test_somebody_else_created_the_contact_in_between(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(FILTER, NOBODY, CONTACT)
    script.on("POST contacts", TAKEN)
    script.on(CREATE, (200, conversation(handoff_transfer=KEY)))
    assert desk.open(ANN, KEY) == Thread("55", "42")


def test_a_visitor_known_in_another_inbox_is_made_known_to_ours(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(FILTER, NOBODY)
    script.on("POST contacts", TAKEN)
    script.on("POST contacts/filter", (200, {"payload": [{"id": 54, "identifier": ANN.key.upper()}, {"id": 55, "identifier": ANN.key}]}))
    script.on("POST contacts/55/contact_inboxes", (200, {"source_id": ANN.key}))
    script.on(CREATE, (200, conversation(handoff_transfer=KEY)))
    assert desk.open(ANN, KEY) == Thread("55", "42")
    assert script.sent("POST contacts/55/contact_inboxes") == [{"inbox_id": 7, "source_id": ANN.key}]


def test_a_contact_chatwoot_never_takes_is_rejected(script: Script, desk: Chatwoot) -> None:
    script.on(FILTER, NOBODY)
    script.on("POST contacts", TAKEN)
    script.on("POST contacts/filter", (200, {"payload": []}))
    with pytest.raises(Rejected):
        desk.open(ANN, KEY)


def test_a_contact_deleted_in_between_means_try_again(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(CREATE, (404, {"error": "Resource could not be found"}))
    with pytest.raises(Unavailable):
        desk.open(ANN, KEY)


def test_an_agent_bot_that_forces_pending_is_overruled(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(CREATE, (200, conversation("pending", handoff_transfer=KEY)))
    desk.open(ANN, KEY)
    assert script.sent(TOGGLE) == [{"status": "open"}]


def test_a_repeated_open_finishes_what_the_first_one_did_not(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(LISTING, (200, {"payload": [conversation("pending", handoff_transfer=KEY)]}))
    desk.open(ANN, KEY)
    assert script.calls == [FILTER, LISTING, TOGGLE]


@pytest.mark.parametrize("status", ["resolved", "snoozed", "pending"])
def test_an_inbox_with_one_conversation_per_person_gets_the_old_one_marked_and_reopened(
    status: str, script: Script, desk: Chatwoot
) -> None:
    known_contact(script)
    script.on(CREATE, (200, conversation(status, handoff_transfer=OTHER, vip=True)))
    desk.open(ANN, KEY)
    assert script.sent(ATTRIBUTES) == [{"custom_attributes": {"handoff_transfer": KEY, "vip": True}}]
    assert script.sent(TOGGLE) == [{"status": "open"}]


def test_a_name_fits_into_chatwoots_column(script: Script, desk: Chatwoot) -> None:
    known_contact(script)
    script.on(FILTER, NOBODY)
    script.on("POST contacts", NEW_CONTACT)
    script.on(CREATE, (200, conversation(handoff_transfer=KEY)))
    desk.open(Person(ANN.key, "A\0" * 300), KEY)
    assert script.sent("POST contacts") == [{"inbox_id": 7, "source_id": ANN.key, "identifier": ANN.key, "name": "A" * 255}]


SEND = "POST conversations/42/messages"
THREAD = Thread("55", "42")


def test_a_visitors_words_go_out_as_incoming_with_our_key(script: Script, desk: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9013}))
    assert desk.send(THREAD, Outgoing(KEY, "Hi {{there}}\0\ud800")) == 9013
    assert script.sent(SEND) == [{"content": "Hi {{there}}", "message_type": "incoming", "private": False, "source_id": f"handoff:{KEY}"}]


def test_a_note_is_private_and_its_braces_are_not_run_as_a_template(script: Script, desk: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9013}))
    desk.send(THREAD, Outgoing(KEY, "Ann: {{{contact.email}} {% x %} {ok}", private=True))
    (note,) = script.sent(SEND)
    assert isinstance(note, dict)
    assert note["message_type"] == "outgoing" and note["private"] is True
    assert "{{" not in note["content"] and "{%" not in note["content"]
    assert note["content"].replace("\u200b", "") == "Ann: {{{contact.email}} {% x %} {ok}"


def message(number: int, **fields: object) -> dict[str, object]:
    sender = {"id": 3, "type": "user", "available_name": "Jane"}
    return {"id": number, "content": f"text {number}", "message_type": 1, "private": False, "source_id": None, "sender": sender} | fields


def page(numbers: range) -> tuple[int, object]:
    return 200, {"payload": [message(number) for number in reversed(numbers)]}


def after_of(script: Script) -> list[str]:
    return [seen.path.partition("?after=")[2] for seen in script.listener.seen if "?after=" in seen.path]


def test_reading_goes_through_all_pages_in_the_order_of_ids(script: Script, desk: Chatwoot) -> None:
    script.on("GET conversations/42", (200, conversation()))
    script.on(MESSAGES, page(range(951, 951 + PAGE)), page(range(1051, 1054)))
    reading = desk.read(THREAD, 1000)
    assert [event.remote_id for event in reading.events if isinstance(event, AgentSaid)] == [*range(951, 1054)]
    assert reading.last == 1053
    assert after_of(script) == [str(1000 - OVERLAP), "1050"]


def test_reading_never_goes_back_behind_its_start(script: Script, desk: Chatwoot) -> None:
    script.on("GET conversations/42", (200, conversation()))
    script.on(MESSAGES, page(range(990, 995)))
    assert desk.read(THREAD, 1000).last == 1000
    assert desk.read(THREAD, 3).last == 994
    assert after_of(script) == ["950", "0"]


def test_a_page_that_comes_again_and_again_is_not_read_for_ever(script: Script, desk: Chatwoot) -> None:
    script.on("GET conversations/42", (200, conversation()))
    script.on(MESSAGES, page(range(1, 1 + PAGE)))
    assert len(desk.read(THREAD, 0).events) == PAGE
    assert after_of(script) == ["0", str(PAGE)]


def test_the_end_of_a_thread_is_asked_for_before_its_messages_and_told_after_them(script: Script, desk: Chatwoot) -> None:
    script.on("GET conversations/42", (200, conversation("resolved")))
    script.on(MESSAGES, page(range(1, 3)))
    reading = desk.read(THREAD, 0)
    assert script.calls == ["GET conversations/42", MESSAGES]
    assert [type(event) for event in reading.events] == [AgentSaid, AgentSaid, ThreadClosed]


def test_a_message_is_found_by_key_and_only_by_key(script: Script, desk: Chatwoot) -> None:
    listing = [message(1, source_id=f"handoff:{OTHER}"), message(2, source_id=KEY), message(3, source_id=f"handoff:{KEY}", message_type=0)]
    script.on(MESSAGES, (200, {"payload": listing}))
    assert desk.find(THREAD, KEY, 0) == 3
    assert desk.find(THREAD, "22222222-5a3c-4d0b-9f2b-2f1f5b1f9c22", 0) is None


def test_closing_resolves_the_conversation(script: Script, desk: Chatwoot) -> None:
    script.on(TOGGLE, DONE)
    desk.close(THREAD)
    assert script.sent(TOGGLE) == [{"status": "resolved"}]
