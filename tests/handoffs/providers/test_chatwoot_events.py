"""What Chatwoot's webhooks and messages mean: every payload file, and the rules behind them one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handoffs.providers.base import AgentSaid, AgentTyping, Event, Ignored, Malformed, Recipient, ThreadChanged, ThreadRef
from handoffs.providers.chatwoot import messages
from handoffs.providers.chatwoot.conversations import state_of
from handoffs.providers.chatwoot.events import parse, recipient
from handoffs.providers.chatwoot.messages import MAX_TEXT
from handoffs.providers.chatwoot.provider import Chatwoot
from tests.handoffs.providers.expectations import PAYLOADS, REST, REST_CONVERSATIONS, REST_MESSAGES, WEBHOOKS

NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
# Whose token we have, in the payload files.
OURSELVES = 9

RECIPIENTS = {
    "conversation_status_changed__resolved_before_4_14_2": Recipient(None, 7),
    "conversation_typing_on__nowhere": Recipient(None, None),
    "contact_created__with_e_mail": Recipient(1, None),
    "contact_updated__name": Recipient(1, None),
    # The inbox itself: nothing here is about it, so nobody asks.
    "inbox_created__api": Recipient(1, None),
    "inbox_updated__name": Recipient(1, None),
}


def raw(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def body(**fields: Any) -> bytes:
    """An agent's reply with some fields changed."""
    return json.dumps(json.loads(raw("message_created__agent_reply")) | fields).encode()


def is_as_expected(event: Event, expected: Event) -> bool:
    if isinstance(expected, Ignored):
        return isinstance(event, Ignored) and bool(event.why)
    return event == expected


def test_every_payload_file_has_an_expectation_and_the_other_way_round() -> None:
    assert set(NAMES) ^ {*WEBHOOKS, *REST_MESSAGES, *REST_CONVERSATIONS} == set()


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_webhook_becomes_exactly_the_expected_event(name: str) -> None:
    (event,) = parse(raw(name))
    assert is_as_expected(event, WEBHOOKS[name]), event


@pytest.mark.parametrize("name", REST_MESSAGES)
def test_a_message_read_back_becomes_exactly_the_expected_event(name: str) -> None:
    event = messages.read(json.loads(raw(name)), REST)
    assert is_as_expected(event, REST_MESSAGES[name]), event


@pytest.mark.parametrize("name", REST_CONVERSATIONS)
def test_a_conversation_read_back_stands_exactly_as_expected(name: str) -> None:
    assert state_of(json.loads(raw(name)), OURSELVES) == REST_CONVERSATIONS[name]


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_webhook_names_its_account_and_inbox(name: str) -> None:
    assert recipient(raw(name)) == RECIPIENTS.get(name, Recipient(1, 7))


@pytest.mark.parametrize("name", NAMES)
def test_no_payload_shows_a_full_name_or_an_agents_e_mail(name: str) -> None:
    told = repr(parse(raw(name)) if name in WEBHOOKS else messages.read(json.loads(raw(name)), REST))
    assert "Doe" not in told and "@acme.test" not in told


# --- what is the same call --------------------------------------------------------------------------------------------------------------


def test_a_new_message_is_the_same_however_it_is_written() -> None:
    reply = raw("message_created__agent_reply")
    other = json.dumps(json.loads(reply) | {"additional_attributes": {"by": "the account webhook"}}).encode()
    assert Chatwoot.meaning(reply) == Chatwoot.meaning(other) == "message_created:9013"


def test_every_change_of_a_message_is_a_meaning_of_its_own() -> None:
    names = ("message_created__agent_reply", "message_updated__retried", "message_updated__failed", "message_updated__deleted")
    assert len({Chatwoot.meaning(raw(name)) for name in names}) == len(names)
    assert Chatwoot.meaning(raw("message_updated__failed")) == Chatwoot.meaning(raw("message_updated__failed"))


@pytest.mark.parametrize("name", [name for name in WEBHOOKS if not name.startswith("message_created")])
def test_everything_else_is_the_same_only_to_the_byte(name: str) -> None:
    assert Chatwoot.meaning(raw(name)) != Chatwoot.meaning(raw(name) + b" ")


@pytest.mark.parametrize("number", [True, 0, -1, "9013", None, 2**63])
def test_a_new_message_without_an_id_is_told_by_its_bytes(number: object) -> None:
    assert not Chatwoot.meaning(body(id=number)).startswith("message_created")


# --- rules ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"id":' + b"9" * 10_000 + b"}",
        '{"event":"message_created"}'.encode("utf-16"), b"\xef\xbb\xbf{}",
    ],
    ids=lambda garbage: repr(garbage[:12]),
)  # fmt: skip
def test_what_is_not_a_json_object_is_malformed(garbage: bytes) -> None:
    for read in (recipient, parse, Chatwoot.meaning):
        with pytest.raises(Malformed):
            read(garbage)


@pytest.mark.parametrize("private", [True, 1, "true", "false", None, [], {}, 0, "", 0.0])
@pytest.mark.parametrize("event", ["message_created", "message_updated"])
@pytest.mark.parametrize("attributes", [{}, {"deleted": True}, {"external_error": "x"}])
def test_only_the_value_false_makes_a_message_public(private: object, event: str, attributes: object) -> None:
    (heard,) = parse(body(private=private, event=event, content_attributes=attributes))
    assert isinstance(heard, Ignored)


@pytest.mark.parametrize("message_id", [True, False, 0, -1, 1.0, "9013", None, 2**63, [9013], {}])
def test_a_message_id_is_a_positive_bigint_or_the_message_is_ignored(message_id: object) -> None:
    (event,) = parse(body(id=message_id))
    assert isinstance(event, Ignored)


@pytest.mark.parametrize("message_type", ["incoming", "activity", "Outgoing", "", None, 0, 2, 4, -1, True, [], 2**70])
@pytest.mark.parametrize("attributes", [{}, {"deleted": True}])
def test_only_outgoing_and_template_messages_are_for_the_visitor(message_type: object, attributes: object) -> None:
    (event,) = parse(body(message_type=message_type, content_attributes=attributes))
    assert isinstance(event, Ignored)


def test_a_text_longer_than_chatwoot_allows_is_cut() -> None:
    (event,) = parse(body(content="x" * (MAX_TEXT + 1)))
    assert isinstance(event, AgentSaid)
    assert len(event.text) == MAX_TEXT


@pytest.mark.parametrize("created_at", [None, "yesterday", True, 10**30, -(10**30), 1.5, "0001-01-01T00:00:00+14:00", [], "9" * 50])
def test_a_time_that_is_none_does_not_cost_the_message(created_at: object) -> None:
    (event,) = parse(body(created_at=created_at))
    assert isinstance(event, AgentSaid)
    assert event.at is None


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ({"id": 9, "type": "user", "name": "Jo", "available_name": " Joanna\nD. "}, "Joanna D."),
        ({"id": 9, "type": "user", "name": "jo@acme.test", "available_name": "jo@acme.test"}, None),
        ({"id": 9, "type": "user", "name": "Jo", "available_name": " \n"}, None),
        ({"id": 5, "type": "captain_assistant", "name": "Captain", "available_name": "Captain"}, None),
        ({"id": 2, "type": "agent_bot", "name": "Bot"}, None),
        (None, None),
        ("Jo", None),
    ],
)
def test_a_name_is_the_public_one_of_a_human_and_never_an_e_mail(sender: object, name: str | None) -> None:
    (event,) = parse(body(sender=sender))
    assert isinstance(event, AgentSaid)
    assert event.name == name


@pytest.mark.parametrize(
    "sender",
    [
        {"id": 9, "type": "user", "name": "Jo Doe", "email": "jo@acme.test"},
        {"id": 9, "type": "user", "name": "Jo Doe", "available_name": ""},
        {"id": 9, "type": "user", "name": "Jo Doe", "available_name": ["Jo"]},
        {"id": "3", "type": "user", "name": "Jane Doe"},
        {"type": "user", "name": "Jane Doe"},
        {"id": True, "type": "user", "name": "Jane Doe"},
    ],
)
def test_a_webhook_that_does_not_tell_the_public_name_makes_us_look(sender: object) -> None:
    (event,) = parse(body(sender=sender))
    assert isinstance(event, ThreadChanged) and "Doe" not in repr(event)


@pytest.mark.parametrize("other", [{"id": 4}, {"type": "agent_bot"}, {"type": None}, {"id": None}])
def test_only_the_same_person_lends_their_name(other: dict[str, object]) -> None:
    payload = json.loads(body())
    payload["conversation"]["meta"]["assignee"] |= other
    payload["conversation"]["messages"][0]["sender"] |= other
    (event,) = parse(json.dumps(payload).encode())
    assert isinstance(event, ThreadChanged)


@pytest.mark.parametrize("photo", ["https://chat.acme.test/a.png", "/rails/a.png"])
def test_a_photo_may_be_told_with_or_without_a_host(photo: str) -> None:
    (event,) = parse(body(sender={"id": 3, "type": "user", "available_name": "Jane", "avatar_url": photo}))
    assert isinstance(event, AgentSaid) and event.photo == photo


@pytest.mark.parametrize("photo", ["javascript:alert(1)", "data:image/png;base64,x", "a.png", "ftp://x/a.png", "/a b", 7, None, "/" * 3000])
def test_a_photo_at_no_address_is_none(photo: object) -> None:
    (event,) = parse(body(sender={"id": 3, "type": "user", "available_name": "Jane", "avatar_url": photo, "thumbnail": photo}))
    assert isinstance(event, AgentSaid) and event.photo == ""


@pytest.mark.parametrize("is_private", [True, None, 0, "false", []])
def test_an_agent_typing_a_note_does_not_type_to_the_visitor(is_private: object) -> None:
    payload = json.loads(raw("conversation_typing_on__agent")) | {"is_private": is_private}
    (event,) = parse(json.dumps(payload).encode())
    assert not isinstance(event, AgentTyping)


def test_what_a_change_was_is_told_only_as_something_to_look_at() -> None:
    (event,) = parse(raw("conversation_status_changed__resolved"))
    assert isinstance(event, ThreadChanged)
    assert "resolved" not in event.what and event.thread == ThreadRef("42", "visitor-9b9d46b9c2")
