"""What Chatwoot's webhooks and messages mean. The payload files follow CHATWOOT.md §3; the table says what each must become."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoffs.providers.base import AgentSaid, Event, Ignored, Malformed, OurEcho, Recipient, ThreadClosed, ThreadRef
from handoffs.providers.chatwoot.events import MAX_TEXT, closed, parse, recipient, said

PAYLOADS = Path(__file__).parents[2] / "payloads" / "chatwoot"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))

ANN = ThreadRef("42", "visitor-9b9d46b9c2")
KEY = "3f1c8e1e-8a52-4a44-9a0e-0d5b6a6d7c11"
AT = datetime(2026, 9, 20, 10, 15, 30, tzinfo=UTC)
PICTURE = "https://chat.acme.test/rails/active_storage/blobs/redirect/signed/a.png"
UNSEEN = Ignored("")  # stands for any Ignored


def agent_said(remote_id: int = 9013, text: str = "Hello **Ann**", name: str | None = "Jane") -> AgentSaid:
    return AgentSaid(ANN, remote_id, text, name, AT)


EXPECTED: dict[str, Event] = {
    "message_created__agent_reply": agent_said(),
    "message_created__agent_reply_without_assignee": agent_said(name="Jane Doe"),
    "message_created__agent_reply_while_another_is_assigned": agent_said(name="Jane Doe"),
    "message_created__agent_named_by_e_mail": agent_said(name=None),
    "message_created__agent_reply_with_picture": agent_said(text=f"Hello **Ann**\n{PICTURE}"),
    "message_created__agent_picture_without_words": agent_said(text=PICTURE),
    "message_created__private_note": UNSEEN,
    "message_created__our_private_note": OurEcho(ANN, KEY, 9011),
    "message_created__our_visitor": OurEcho(ANN, KEY, 9012),
    "message_created__incoming_not_ours": UNSEEN,
    "message_created__source_id_that_only_looks_like_ours": agent_said(9016),
    "message_created__greeting": agent_said(9017, "Welcome!", None),
    "message_created__csat": agent_said(9018, "Please rate this conversation, https://chat.acme.test/survey/responses/0a1b", None),
    "message_created__agent_bot": agent_said(9019, "Beep", None),
    "message_created__buttons_without_words": UNSEEN,
    "message_created__nested_message_is_another_one": agent_said(9021, "The right text"),
    "message_created__without_private_flag": UNSEEN,
    "message_created__ids_that_are_not_ids": UNSEEN,
    "message_created__conversation_id_out_of_range": UNSEEN,
    "message_created__nul_and_surrogate": agent_said(9023, "beforeafter"),
    "message_created__activity": UNSEEN,
    "message_updated__deleted": UNSEEN,
    "message_updated__failed": UNSEEN,
    "message_updated__form_submitted": UNSEEN,
    "conversation_created__by_us": UNSEEN,
    "conversation_updated__assignee": UNSEEN,
    "conversation_updated__resolved": UNSEEN,
    "conversation_status_changed__resolved": ThreadClosed(ANN, "resolved"),
    "conversation_status_changed__pending": ThreadClosed(ANN, "given_back"),
    "conversation_status_changed__open": UNSEEN,
    "conversation_status_changed__snoozed": UNSEEN,
    "conversation_status_changed__resolved_before_4_14_2": ThreadClosed(ANN, "resolved"),
    "conversation_status_changed__without_id": UNSEEN,
    "conversation_typing_on__agent": UNSEEN,
    "conversation_typing_off__contact": UNSEEN,
    "webwidget_triggered__plain": UNSEEN,
    "contact_updated__name": UNSEEN,
    "conversation_resolved__agent_bot_webhook": UNSEEN,
    "macro_executed__plain": UNSEEN,
}

RECIPIENTS = {
    "conversation_status_changed__resolved_before_4_14_2": Recipient(None, 7),
    "contact_updated__name": Recipient(1, None),
}


def raw(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def body(**fields: Any) -> bytes:
    """An agent's reply with some fields changed."""
    return json.dumps(json.loads(raw("message_created__agent_reply")) | fields).encode()


def test_every_payload_file_has_an_expectation_and_the_other_way_round() -> None:
    assert set(NAMES) ^ EXPECTED.keys() == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_becomes_exactly_the_expected_event(name: str) -> None:
    (event,) = parse(raw(name))
    expected = EXPECTED[name]
    if isinstance(expected, Ignored):
        assert isinstance(event, Ignored) and event.why
    else:
        assert event == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_names_its_account_and_inbox(name: str) -> None:
    assert recipient(raw(name)) == RECIPIENTS.get(name, Recipient(1, 7))


@pytest.mark.parametrize(
    "garbage",
    [
        b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"id":' + b"9" * 10_000 + b"}",
        '{"event":"message_created"}'.encode("utf-16"), b"\xef\xbb\xbf{}",
    ],
    ids=lambda garbage: repr(garbage[:12]),
)  # fmt: skip
def test_what_is_not_a_json_object_is_malformed(garbage: bytes) -> None:
    for read in (recipient, parse):
        with pytest.raises(Malformed):
            read(garbage)


@pytest.mark.parametrize("private", [True, 1, "true", "false", None, [], {}, 0, "", 0.0])
def test_only_the_value_false_makes_a_message_public(private: object) -> None:
    (event,) = parse(body(private=private))
    assert isinstance(event, Ignored)


@pytest.mark.parametrize("message_id", [True, False, 0, -1, 1.0, "9013", None, 2**63, [9013], {}])
def test_a_message_id_is_a_positive_bigint_or_the_message_is_ignored(message_id: object) -> None:
    (event,) = parse(body(id=message_id))
    assert isinstance(event, Ignored)


@pytest.mark.parametrize("message_type", ["incoming", "activity", "Outgoing", "", None, 0, 2, 4, -1, True, [], 2**70])
def test_only_outgoing_and_template_messages_are_for_the_visitor(message_type: object) -> None:
    (event,) = parse(body(message_type=message_type))
    assert isinstance(event, Ignored)


def test_a_text_longer_than_chatwoot_allows_is_cut() -> None:
    (event,) = parse(body(content="x" * (MAX_TEXT + 1)))
    assert isinstance(event, AgentSaid)
    assert len(event.text) == MAX_TEXT


def test_an_attachment_with_a_link_that_is_not_http_is_not_shown() -> None:
    (event,) = parse(body(content=None, attachments=[{"data_url": "javascript:alert(1)"}, {"data_url": 7}, None]))
    assert isinstance(event, Ignored)


@pytest.mark.parametrize("created_at", [None, "yesterday", True, 10**30, -(10**30), 1.5, "0001-01-01T00:00:00+14:00", [], "9" * 50])
def test_a_time_that_is_none_does_not_cost_the_message(created_at: object) -> None:
    (event,) = parse(body(created_at=created_at))
    assert isinstance(event, AgentSaid)
    assert event.at is None


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ({"id": 9, "type": "user", "name": "Jo", "available_name": " Joanna\nD. "}, "Joanna D."),
        ({"id": 9, "type": "user", "name": "Jo\u0000", "available_name": ""}, "Jo"),
        ({"id": 9, "type": "user", "name": "", "email": "jo@acme.test"}, None),
        ({"id": 9, "type": "user", "name": "jo@acme.test", "available_name": "jo@acme.test"}, None),
        ({"id": 9, "type": "captain_assistant", "name": "Captain"}, None),
        ({"id": 9, "type": "user", "name": ["Jo"]}, None),
        (None, None),
        ("Jo", None),
    ],
)
def test_a_name_is_the_public_one_of_a_human_and_never_an_e_mail(sender: object, name: str | None) -> None:
    (event,) = parse(body(sender=sender))
    assert isinstance(event, AgentSaid)
    assert event.name == name


REST_MESSAGE: dict[str, object] = {
    "id": 9013, "content": "Hello", "inbox_id": 7, "conversation_id": 42, "message_type": 1, "content_type": "text", "status": "sent",
    "content_attributes": {}, "created_at": 1789899330, "private": False, "source_id": None,
    "sender": {"id": 3, "name": "Jane Doe", "available_name": "Jane", "avatar_url": "", "type": "user", "thumbnail": ""},
}  # fmt: skip
THREAD = ThreadRef("42")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, AgentSaid(THREAD, 9013, "Hello", "Jane", datetime(2026, 9, 20, 10, 15, 30, tzinfo=UTC))),
        ({"message_type": 3, "sender": None}, AgentSaid(THREAD, 9013, "Hello", None, datetime(2026, 9, 20, 10, 15, 30, tzinfo=UTC))),
        ({"message_type": 0, "source_id": f"handoff:{KEY}"}, OurEcho(THREAD, KEY, 9013)),
        ({"private": True, "source_id": f"handoff:{KEY}"}, OurEcho(THREAD, KEY, 9013)),
        ({"message_type": 0}, UNSEEN),
        ({"message_type": 2}, UNSEEN),
        ({"private": True}, UNSEEN),
        ({"content_attributes": {"deleted": True}, "content": "This message was deleted"}, UNSEEN),
    ],
)
def test_a_message_read_back_follows_the_same_rules(changes: dict[str, object], expected: Event) -> None:
    event = said(REST_MESSAGE | changes, THREAD)
    assert isinstance(event, Ignored) if isinstance(expected, Ignored) else event == expected


@pytest.mark.parametrize(("status", "reason"), [("resolved", "resolved"), ("pending", "given_back"), ("open", None), (["resolved"], None)])
def test_a_conversation_is_closed_when_resolved_or_given_back_to_the_bot(status: object, reason: str | None) -> None:
    assert closed(status, THREAD) == (ThreadClosed(THREAD, reason) if reason else None)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([42, 9013, "user", "outgoing", "resolved", False]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
KEYS = (
    "id content private message_type sender source_id conversation inbox account inbox_id status attachments content_attributes created_at "
    "contact_inbox meta name available_name type data_url assignee"
)
known_keys = st.sampled_from(KEYS.split())
payloads = st.fixed_dictionaries(
    {"event": st.sampled_from(["message_created", "conversation_status_changed", "message_updated"]) | anything},
    optional={"conversation": st.dictionaries(known_keys, anything) | anything, "sender": st.dictionaries(known_keys, anything)},
).flatmap(lambda fixed: st.dictionaries(known_keys, anything).map(lambda more: more | fixed))


# A busy machine is no reason to fail.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


@calm
@given(anything | payloads)
def test_any_json_gives_events_or_is_malformed(value: object) -> None:
    raw_body = encoded(value)
    if isinstance(value, dict):
        recipient(raw_body)
        assert parse(raw_body)
    else:
        with pytest.raises(Malformed):
            parse(raw_body)


@calm
@given(st.binary())
def test_any_bytes_give_events_or_are_malformed(raw_body: bytes) -> None:
    with suppress(Malformed):
        assert parse(raw_body)


@calm
@given(payloads, st.sampled_from([True, 1, "true", "yes", [0], {"a": 1}, 0.5]), st.booleans())
def test_nothing_private_is_ever_said_to_a_visitor(changes: dict[str, object], private: object, agents_reply: bool) -> None:
    base = json.loads(raw("message_created__private_note")) if agents_reply else {}
    events = parse(encoded(base | changes | {"private": private, "event": "message_created"}))
    assert not any(isinstance(event, AgentSaid) for event in events)


@calm
@given(payloads)
def test_what_a_visitor_is_shown_can_be_stored_and_encoded(changes: dict[str, object]) -> None:
    for event in parse(body(**changes)):
        if isinstance(event, AgentSaid):
            shown = event.text + (event.name or "")
            assert "\0" not in shown
            assert shown.encode("utf-8")
