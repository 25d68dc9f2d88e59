"""What goes into a conversation, call by call: words, files, what was filled in, and presence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message

import pytest

from handoffs.providers.base import (
    Answer,
    Attachment,
    Gone,
    Locked,
    Outgoing,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from handoffs.providers.chatwoot.provider import Chatwoot
from tests.handoffs.providers.script import (
    ANN,
    AS_ANN,
    KEY,
    SEND,
    THREAD,
    Script,
)
from tests.handoffs.providers.servers import Seen

PNG = Attachment('katze 🐱 "1".png', "image/png", b"\x89PNG\r\n\x1a\n\0\0--not-the-boundary--")
PDF = Attachment("bon.pdf", "application/pdf", b"%PDF-1.7")

# --- out ----------------------------------------------------------------------------------------------------------------------------------


def test_a_visitors_words_go_out_as_incoming_with_our_key(script: Script, chatwoot: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9013}))
    assert chatwoot.send(THREAD, Outgoing(KEY, "Hi {{there}}\0\ud800")) == 9013
    assert script.sent(SEND) == [{"content": "Hi {{there}}", "message_type": "incoming", "private": False, "source_id": f"handoff:{KEY}"}]


def test_a_note_is_private_and_its_braces_are_not_run_as_a_template(script: Script, chatwoot: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9013}))
    chatwoot.send(THREAD, Outgoing(KEY, "Ann: {{{contact.email}} {% x %} {ok}", private=True))
    (note,) = script.sent(SEND)
    assert note["message_type"] == "outgoing" and note["private"] is True
    assert "{{" not in note["content"] and "{%" not in note["content"]
    assert note["content"].replace("\u200b", "") == "Ann: {{{contact.email}} {% x %} {ok}"


@pytest.mark.parametrize(("ago", "told"), [(0, False), (55, False), (65, True), (86400, True)])
def test_what_was_said_long_before_it_is_sent_tells_when(script: Script, chatwoot: Chatwoot, ago: int, told: bool) -> None:
    script.on(SEND, (200, {"id": 9013}))
    said_at = datetime.now(UTC) - timedelta(seconds=ago)
    chatwoot.send(THREAD, Outgoing(KEY, "Hi", said_at=said_at))
    assert script.sent(SEND)[0].get("external_created_at") == (int(said_at.timestamp()) if told else None)


def parts(seen: Seen) -> list[Message]:
    whole = message_from_bytes(f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode() + seen.body)
    return list(whole.get_payload())  # type: ignore[arg-type]


def named(part: Message, name: str) -> str | None:
    return part.get_param(name, header="content-disposition")  # type: ignore[return-value]


def test_files_go_out_as_a_form_with_the_same_words(script: Script, chatwoot: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9013}))
    said_at = datetime(2026, 9, 20, tzinfo=UTC)
    assert chatwoot.send(THREAD, Outgoing(KEY, "Look: ä", files=(PNG, PDF), said_at=said_at)) == 9013
    (seen,) = script.listener.seen
    fields = {named(part, "name"): part.get_payload(decode=True) for part in parts(seen) if not named(part, "filename")}
    assert fields == {
        "content": "Look: ä".encode(),
        "message_type": b"incoming",
        "private": b"false",
        "source_id": f"handoff:{KEY}".encode(),
        "external_created_at": b"1789862400",
    }
    files = [part for part in parts(seen) if named(part, "filename")]
    assert [named(part, "name") for part in files] == ["attachments[]"] * 2
    assert [(part.get_content_type(), part.get_payload(decode=True)) for part in files] == [
        ("image/png", PNG.content),
        ("application/pdf", PDF.content),
    ]
    assert 'filename="katze 🐱 %221%22.png"'.encode() in seen.body
    assert seen.headers["api-access-token"] == "token"


def test_files_may_go_without_words(script: Script, chatwoot: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9013}))
    chatwoot.send(THREAD, Outgoing(KEY, "", files=(PNG,)))
    (content, *_) = parts(script.listener.seen[0])
    assert (named(content, "name"), content.get_payload(decode=True)) == ("content", b"")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (413, b"<html>", Rejected),
        (422, {"error": "Validation failed: Attachments is invalid"}, Rejected),
        (422, {"error": "undefined"}, Uncertain),
        (500, b"", Uncertain),
        (404, b"", Gone),
        (429, b"", Throttled),
    ],
)
def test_files_that_are_not_taken_are_told_like_words(
    script: Script, chatwoot: Chatwoot, status: int, body: object, kind: type[Exception]
) -> None:
    script.on(SEND, (status, body))
    with pytest.raises(kind) as caught:
        chatwoot.send(THREAD, Outgoing(KEY, "Look", files=(PNG,)))
    assert type(caught.value) is kind


# --- what a visitor fills in --------------------------------------------------------------------------------------------------------------

FILL_IN = f"PATCH {AS_ANN}/messages/9013"
CHOICE = Answer(KEY, 9013, "Large", (("", "Large", "l"),))
FORM = Answer(KEY, 9013, "Size: Large\nTown: Ede", (("size", "Large", "l"), ("town", "Ede", "Ede")))
RATING = Answer(KEY, 9013, "★★★★☆ nice", rating=4, comment="nice\0")


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        (CHOICE, [{"title": "Large", "value": "l"}]),
        (FORM, [{"name": "size", "title": "Large", "value": "l"}, {"name": "town", "title": "Ede", "value": "Ede"}]),
        (RATING, {"csat_survey_response": {"rating": 4, "feedback_message": "nice"}}),
    ],
    ids=["choice", "form", "rating"],
)
def test_what_was_filled_in_goes_where_it_was_asked_and_no_token_with_it(
    script: Script, chatwoot: Chatwoot, answer: Answer, values: object
) -> None:
    script.on(FILL_IN, (200, {"id": 9013}))
    assert chatwoot.answer(THREAD, answer) is None
    assert script.sent(FILL_IN) == [{"submitted_values": values}]
    assert script.calls == [FILL_IN]
    assert "token" not in json.dumps(script.listener.seen[0].headers)


@pytest.mark.parametrize(
    ("status", "kind"), [(422, Rejected), (429, Throttled), (500, Unavailable), (502, Unavailable), (302, Unavailable), (400, Rejected)]
)
def test_a_survey_that_is_locked_is_rejected_and_the_rest_is_told_as_it_is(
    script: Script, chatwoot: Chatwoot, status: int, kind: type[Exception]
) -> None:
    script.on(FILL_IN, (status, {"error": "You cannot update the CSAT survey after 14 days"}))
    with pytest.raises(kind):
        chatwoot.answer(THREAD, RATING)
    assert SEND not in script.calls


@pytest.mark.parametrize("status", [401, 403, 404])
def test_where_nothing_can_be_filled_in_it_is_said(script: Script, chatwoot: Chatwoot, status: int) -> None:
    script.on(FILL_IN, (status, b"<html>"))
    script.on(SEND, (200, {"id": 9014}))
    assert chatwoot.answer(THREAD, RATING) == 9014
    assert script.sent(SEND)[0] | {"private": None} == {
        "content": "★★★★☆ nice", "message_type": "incoming", "private": None, "source_id": f"handoff:{KEY}",
    }  # fmt: skip


def test_a_thread_whose_door_nobody_knows_gets_the_answer_as_words(script: Script, chatwoot: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9014}))
    for thread in (type(THREAD)("55", "42"), type(THREAD)("55", "42", ANN.key, "garbage"), type(THREAD)("55", "42", "", THREAD.door)):
        assert chatwoot.answer(thread, CHOICE) == 9014
    assert set(script.calls) == {SEND}


def test_a_key_or_identifier_cannot_lead_to_another_address(script: Script, chatwoot: Chatwoot) -> None:
    script.on(SEND, (200, {"id": 9014}))
    with pytest.raises(Unavailable):
        chatwoot.answer(type(THREAD)("55", "42", "../../x?y#z", '{"inbox": "a/../b"}'), CHOICE)
    assert script.listener.seen[0].path.startswith("/public/api/v1/inboxes/a%2F..%2Fb/contacts/..%2F..%2Fx%3Fy%23z/conversations/42/")


# --- presence -----------------------------------------------------------------------------------------------------------------------------

TYPES = f"POST {AS_ANN}/toggle_typing"
SEES = f"POST {AS_ANN}/update_last_seen"
REPORT = "PATCH conversations/42/messages/9013"


def test_typing_and_seeing_are_the_visitors_own_and_carry_no_token(script: Script, chatwoot: Chatwoot) -> None:
    script.on(TYPES, (200, b""))
    script.on(SEES, (200, b""))
    chatwoot.typing(THREAD, True)
    chatwoot.typing(THREAD, False)
    chatwoot.seen(THREAD)
    assert script.calls == [TYPES, TYPES, SEES]
    assert script.sent(TYPES) == [{"typing_status": "on"}, {"typing_status": "off"}]
    assert all("api-access-token" not in seen.headers for seen in script.listener.seen)


def test_what_reached_the_page_is_reported_as_delivered(script: Script, chatwoot: Chatwoot) -> None:
    script.on(REPORT, (200, {"id": 9013, "status": "delivered"}))
    chatwoot.delivered(THREAD, 9013)
    assert script.sent(REPORT) == [{"status": "delivered"}]
    assert script.listener.seen[0].headers["api-access-token"] == "token"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 422])
def test_a_report_nobody_wants_does_no_harm(script: Script, chatwoot: Chatwoot, status: int) -> None:
    for call in (TYPES, SEES, REPORT):
        script.on(call, (status, {"error": "Message status update is only allowed for API inboxes"}))
    chatwoot.typing(THREAD, True)
    chatwoot.seen(THREAD)
    chatwoot.delivered(THREAD, 9013)
    assert script.calls == [TYPES, SEES, REPORT]


@pytest.mark.parametrize(("status", "kind"), [(401, Locked), (429, Throttled), (500, Unavailable)])
def test_a_report_that_could_be_made_later_is_told_so(script: Script, chatwoot: Chatwoot, status: int, kind: type[Exception]) -> None:
    script.on(REPORT, (status, b""))
    with pytest.raises(kind) as caught:
        chatwoot.delivered(THREAD, 9013)
    assert type(caught.value) is kind
