"""What a visitor's browser tells and is told while humans have the floor, over both transports."""

import json
import uuid

import pytest

from handoffs import announce, desk, relay, switchboard
from handoffs.models import Conversation, File, FileBytes, Message, Transfer
from handoffs.providers.base import AgentSaid, AgentTyping, MessageRemoved, ThreadRef, ThreadState
from handoffs.switchboard import Words
from webchat import frames, history

pytestmark = pytest.mark.django_db(transaction=True)
CHOICE = {"kind": "choice", "options": [{"title": "Large", "value": "l"}]}


@pytest.fixture
def visitor(scenario, sheet):
    """Somebody whose first words have reached a human."""
    token, conversation = switchboard.begin(scenario, "http://testserver")
    for text in ("talk to a human", "my parcel is wet"):
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
    relay.relay(conversation.pk)
    return token, conversation


@pytest.fixture
def post(client, visitor):
    return lambda path, body, token=visitor[0]: client.post(
        f"/webchat/{path}", json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )


def agent_says(visitor, remote_id=50, text="Oh dear.", **more):
    transfer = visitor[1].transfers.get()
    desk.hear(transfer.handoff, AgentSaid(ThreadRef(transfer.thread_id), remote_id, text, "Jane", **more))
    return Message.objects.get(remote_id=remote_id)


def page(visitor, after=0):
    conversation = Conversation.objects.get(pk=visitor[1].pk)
    return history.read_on(conversation.pk, frames.Cursor(conversation.epoch, after), None)


def say(**more):
    return {"cid": str(uuid.uuid4()), "tab": str(uuid.UUID(int=9)), "n": 1, "text": "", **more}


def test_a_mark_tells_the_desk_what_was_seen_and_nothing_twice(post, visitor):
    agent_says(visitor)
    last = page(visitor).last
    for _ in range(2):
        assert post("mark", {"got": last, "seen": last}).status_code == 204
    assert list(visitor[1].deliveries.filter(state="pending").values_list("kind", flat=True)) == ["seen"]


@pytest.mark.parametrize(
    "body", [{}, {"got": -1, "seen": 0}, {"got": True, "seen": 1}, {"got": 2**70, "seen": 0}, {"got": "1", "seen": "1"}]
)
def test_a_mark_that_is_none_is_refused(post, visitor, body):
    assert post("mark", body).status_code == 400


def test_ending_gives_the_floor_back(post, visitor):
    assert post("end", {}).status_code == 204
    assert post("end", {}).status_code == 204
    assert page(visitor).floor["mode"] == "bot"
    assert visitor[1].transfers.get().reason == "visitor_ended"


def test_typing_is_passed_on_and_not_more_often_than_anybody_types(post, visitor, monkeypatch):
    told = []
    monkeypatch.setattr(announce, "nudge", lambda task, *what: told.append((task, what[-1])))
    for _ in range(20):
        assert post("typing", {"on": True}).status_code == 204
    assert 1 <= len(told) <= 6 and set(told) == {("handoffs.typing", True)}


@pytest.mark.parametrize("door", ["mark", "end", "typing", "retry", "messages"])
def test_without_a_token_no_door_opens(post, visitor, door):
    assert post(door, {"got": 1, "seen": 1, "on": True}, token="nobody's").status_code == 401


def test_the_session_keeps_the_page_and_the_language_and_nothing_else(client, scenario):
    body = {
        "scenario": "demo",
        "page": {"url": "https://shop.example/tea", "title": "Tea", "secret": "x"},
        "language": "de-CH",
        "spoken": "de",
        "handover": {"status": "ended"},
        "user": {"name": "root"},
    }
    opened = client.post("/webchat/session", json.dumps(body), content_type="application/json", headers={"Origin": "http://testserver"})
    context = Conversation.objects.get(pk=opened.json()["conversation"]).context
    assert context == {"page": {"url": "https://shop.example/tea", "title": "Tea"}, "language": "de-CH", "spoken": "de"}


def test_an_agents_markdown_comes_as_a_tree_and_the_visitors_words_as_they_are(visitor):
    agent_says(visitor, text="It is **wet**.")
    said = {message["author"]["kind"]: message for message in page(visitor).messages}
    assert said["agent"]["rich"] and "b" in json.dumps(said["agent"]["rich"])
    assert said["visitor"]["rich"] is None


def test_a_message_taken_back_comes_again_as_gone_and_empty(visitor):
    agent_says(visitor)
    last = page(visitor).last
    transfer = visitor[1].transfers.get()
    desk.hear(transfer.handoff, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    [gone] = page(visitor, after=last).messages
    assert (gone["gone"], gone["text"], gone["id"]) == (True, "", str(Message.objects.get(remote_id=50).pk))


def test_a_choice_is_shown_answered_and_then_spent(post, visitor):
    asked = agent_says(visitor, text="Which size?", control=CHOICE)
    shown = next(message for message in page(visitor).messages if message["id"] == str(asked.pk))
    assert shown["control"] == CHOICE
    answer = {"message": str(asked.pk), "value": "l"}
    assert post("messages", say(answer=answer)).status_code == 201
    mine = page(visitor).messages[-1]
    assert (mine["text"], mine["answers"]) == ("Large", str(asked.pk))
    again = post("messages", say(n=2, answer=answer))
    assert (again.status_code, again.json()["code"], again.json()["final"]) == (422, "spent", True)


def test_an_answer_that_does_not_fit_says_why(post, visitor):
    asked = agent_says(visitor, control=CHOICE)
    refused = post("messages", say(answer={"message": str(asked.pk), "value": "xl"}))
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_answer")


def a_file(conversation, name="a.png"):
    row = File.objects.create(conversation=conversation, name=name, type="image/png", kind="image", size=3)
    FileBytes.objects.create(file=row, content=b"png")
    return row


def test_files_are_said_without_words_and_reach_the_desk(post, visitor, sheet):
    held = a_file(visitor[1])
    assert post("messages", say(files=[str(held.pk)])).status_code == 201
    mine = page(visitor).messages[-1]
    assert [file["name"] for file in mine["files"]] == ["a.png"]
    relay.relay(visitor[1].pk)
    assert [attached.content for attached in sheet.notes[-1][2].files] == [b"png"]


def test_a_file_is_said_once_and_only_by_its_owner(post, visitor, scenario):
    held = a_file(visitor[1])
    stranger = a_file(switchboard.begin(scenario, "http://testserver")[1])
    assert post("messages", say(files=[str(stranger.pk)])).json()["code"] == "unknown_file"
    assert post("messages", say(files=[str(held.pk)])).status_code == 201
    assert post("messages", say(n=2, files=[str(held.pk)])).json()["code"] == "unknown_file"


def test_too_many_files_are_refused(post, visitor):
    files = [str(a_file(visitor[1]).pk) for _ in range(6)]
    assert post("messages", say(files=files)).json()["code"] == "too_many_files"


def test_the_floor_tells_who_is_there_and_that_they_type(visitor):
    transfer = visitor[1].transfers.get()
    desk.thread_stands(transfer, ThreadState(agent="Jane"))
    desk.hear(transfer.handoff, AgentTyping(ThreadRef(transfer.thread_id), True))
    floor = page(visitor).floor
    assert (floor["mode"], floor["name"], floor["can_end"]) == ("agent", "Jane", True)
    assert floor["typing"].endswith("Z")


def test_a_page_costs_the_same_however_many_messages_it_has(visitor, django_assert_max_num_queries):
    for remote_id in range(50, 80):
        message = agent_says(visitor, remote_id=remote_id, text=f"**{remote_id}**")
        a_file(visitor[1]).__class__.objects.filter(message=None).update(message=message)
    with django_assert_max_num_queries(10):
        assert len(page(visitor).messages) > 30
    assert Transfer.objects.count() == 1
