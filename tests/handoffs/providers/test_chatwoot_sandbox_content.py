"""Files, things to fill in, teams and retries, between Chatwoot's provider and the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from handoffs.providers.base import AgentSaid, Answer, Attachment, Outgoing, Rejected, Request, Thread, Unavailable
from handoffs.providers.chatwoot.provider import Chatwoot
from tests.handoffs.providers.contract_base import new_id, request, visitor
from tests.handoffs.providers.sandbox_desk import SandboxDesk
from tests.handoffs.providers.servers import ok

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


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


def agents_words(chatwoot: Chatwoot, thread: Thread) -> AgentSaid:
    """The one thing an agent has said."""
    (said,) = (event for event in chatwoot.read(thread, 0).events if isinstance(event, AgentSaid))
    return said


# --- files --------------------------------------------------------------------------------------------------------------------------------


def test_agents_see_the_visitors_files_and_words(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    files = (Attachment("Ärger.png", "image/png", PNG), Attachment("bon.pdf", "application/pdf", b"%PDF-1.7"))
    said_at = datetime(2026, 1, 1, tzinfo=UTC)
    remote_id = chatwoot.send(thread, Outgoing(new_id(), "Look: ä", files=files, said_at=said_at))
    (message,) = (each for each in desk.server.messages(int(thread.conversation_id)) if each["message_type"] == 0)
    assert (message["id"], message["content"]) == (remote_id, "Look: ä")
    assert [each["file_type"] for each in message["attachments"]] == ["image", "file"]
    assert str(message["content_attributes"]["external_created_at"]) == str(int(said_at.timestamp()))
    assert [chatwoot.fetch(each["data_url"], 1000).content for each in message["attachments"]] == [PNG, b"%PDF-1.7"]


def test_files_without_words_are_found_again_by_their_key(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    outgoing = Outgoing(new_id(), "", files=(Attachment("a.png", "image/png", PNG),))
    assert chatwoot.send(thread, outgoing) == chatwoot.find(thread, outgoing.key, 0)


def upload(desk: SandboxDesk, thread: Thread, private: bool = False) -> None:
    """As the dashboard does it."""
    url = f"{desk.server.url}/api/v1/accounts/{desk.connection.account_id}/conversations/{thread.conversation_id}/messages"
    requests.post(
        url,
        data={"content": "Here you are", "private": str(private).lower()},
        files=[("attachments[]", ("price list.png", PNG, "image/png"))],
        headers={"api_access_token": desk.connection.access_token},
        timeout=10,
    ).raise_for_status()


def test_an_agents_file_is_heard_and_read_and_can_be_fetched(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    upload(desk, thread)
    (heard,) = chatwoot.parse(desk.webhook("Here you are").raw)
    read = agents_words(chatwoot, thread)
    assert isinstance(heard, AgentSaid) and heard.files == read.files
    (file,) = read.files
    assert (file.name, file.type, file.size) == ("price list.png", "image/png", len(PNG))
    fetched = chatwoot.fetch(file.address, 1000)
    assert (fetched.type, fetched.content) == ("image/png", PNG)


def test_a_file_in_a_note_is_never_told(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    upload(desk, thread, private=True)
    assert chatwoot.read(thread, 0).events == ()


def test_a_file_that_is_not_there_is_asked_for_later(desk: SandboxDesk, chatwoot: Chatwoot) -> None:
    with pytest.raises(Unavailable):
        chatwoot.fetch("/rails/active_storage/blobs/redirect/never-signed/a.png", 1000)


# --- things to fill in --------------------------------------------------------------------------------------------------------------------


def submitted(desk: SandboxDesk, thread: Thread, number: int) -> object:
    (message,) = (each for each in desk.server.messages(int(thread.conversation_id)) if each["id"] == number)
    return message["content_attributes"].get("submitted_values")


def test_a_choice_is_filled_in_where_it_was_asked(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    question = desk.agent_asks(thread, "Which size?", ["Small", "Large"])
    asked = agents_words(chatwoot, thread)
    assert asked.control == {"kind": "choice", "options": [{"title": each, "value": each} for each in ("Small", "Large")]}
    assert chatwoot.answer(thread, Answer(new_id(), question, "Large", (("", "Large", "Large"),))) is None
    assert submitted(desk, thread, question) == [{"title": "Large", "value": "Large"}]
    assert desk.visitor_texts(thread) == []
    assert agents_words(chatwoot, thread) == asked


def test_a_form_is_filled_in_where_it_was_asked(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    fields = {"items": [{"name": "town", "label": "Town", "type": "text"}]}
    form = desk.server.agent_replies(int(thread.conversation_id), "Where?", content_type="form", content_attributes=fields)
    assert chatwoot.answer(thread, Answer(new_id(), form["id"], "Town: Ede", (("town", "Ede", "Ede"),))) is None
    assert submitted(desk, thread, form["id"]) == [{"name": "town", "title": "Ede", "value": "Ede"}]


@pytest.fixture
def surveys(desk: SandboxDesk) -> Iterator[None]:
    inbox = f"inboxes/{desk.connection.inbox_id}"
    desk.api("PATCH", inbox, {"csat_survey_enabled": True})
    yield
    desk.api("PATCH", inbox, {"csat_survey_enabled": False})


@pytest.mark.usefixtures("surveys")
def test_a_survey_is_a_rating_without_a_link_and_is_answered_in_the_chat(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    desk.agent_says(thread, "Goodbye")
    desk.agent_resolves(thread)
    desk.server.drain()
    (survey,) = (event for event in chatwoot.read(thread, 0).events if isinstance(event, AgentSaid) and event.control)
    assert survey.control is not None and survey.control["kind"] == "rating"
    assert survey.name is None and "http" not in survey.text
    assert chatwoot.answer(thread, Answer(new_id(), survey.remote_id, "★★★★☆ nice", rating=4, comment="nice")) is None
    assert submitted(desk, thread, survey.remote_id) == {"csat_survey_response": {"rating": 4, "feedback_message": "nice"}}


def test_an_answer_to_what_was_never_asked_is_said(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    chatwoot.answer(thread, Answer(new_id(), 987654321, "Large", (("", "Large", "Large"),)))
    assert desk.visitor_texts(thread) == ["Large"]


# --- filing and retrying ------------------------------------------------------------------------------------------------------------------


def test_a_team_and_a_priority_are_set(desk: SandboxDesk, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture) -> None:
    team = desk.api("POST", "teams", {"name": f"sales {new_id()}"})["id"]
    thread = chatwoot.open(visitor(), Request(new_id(), team=team, priority="urgent"))
    conversation = desk.api("GET", f"conversations/{thread.conversation_id}")
    assert (conversation["meta"]["team"]["id"], conversation["priority"]) == (team, "urgent")
    assert caplog.text == ""


def test_an_agent_who_retries_a_failed_reply_makes_it_heard_again(desk: SandboxDesk, chatwoot: Chatwoot, thread: Thread) -> None:
    desk.hub.respond = lambda call: call.answer(500, b"")
    desk.agent_says(thread, "Can you hear me?")
    desk.server.drain()
    failed = agents_words(chatwoot, thread)
    desk.hub.respond = ok
    before = len(desk.hub.seen)
    desk.api("POST", f"conversations/{thread.conversation_id}/messages/{failed.remote_id}/retry")
    desk.server.drain()
    again = [event for seen in desk.hub.seen[before:] for event in chatwoot.parse(seen.body) if isinstance(event, AgentSaid)]
    assert failed.failed and [(event.remote_id, event.failed) for event in again] == [(failed.remote_id, False)]


def test_a_message_with_more_than_chatwoot_takes_is_rejected(chatwoot: Chatwoot, thread: Thread) -> None:
    with pytest.raises(Rejected):
        chatwoot.send(thread, Outgoing(new_id(), "x" * 150_001, files=(Attachment("a.png", "image/png", PNG),)))
