"""What a message looks like to its visitor, and what reading a page of them costs."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from handoffs import desk, files, outbox, relay, switchboard
from handoffs.models import Author, Conversation, Delivery, File
from handoffs.providers.base import AgentSaid, Fetched, RemoteFile, ThreadRef, ThreadState
from handoffs.switchboard import Words
from tests import samples
from tests.paper import PaperDesk
from webchat import frames, history

pytestmark = pytest.mark.django_db

KEYS = {
    "type",
    "seq",
    "id",
    "ord",
    "cid",
    "at",
    "author",
    "text",
    "rich",
    "buttons",
    "picture",
    "files",
    "control",
    "answers",
    "gone",
    "delivery",
}


@pytest.fixture
def transfer(conversation, sheet, monkeypatch):
    """The visitor is with humans, whose desk holds a picture at every address."""
    for text in ("talk to a human", "my parcel is wet"):
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
    relay.relay(conversation.pk)
    monkeypatch.setattr(PaperDesk, "fetch", lambda self, address, most: Fetched("", samples.picture("PNG")))
    return conversation.transfers.get()


def page(transfer, after=0):
    conversation = Conversation.objects.get(pk=transfer.conversation_id)
    return history.read_on(conversation.pk, frames.Cursor(conversation.epoch, after), None)


def agent_says(transfer, remote_id=50, text="Hello", **more):
    desk.hear(transfer.handoff, AgentSaid(ThreadRef(transfer.thread_id), remote_id, text, "Jane", **more))


def fetch_all():
    for file in File.objects.filter(state="loading"):
        files.fetch(file.pk)


def test_every_message_has_every_key(transfer):
    assert all(set(message) == KEYS for message in page(transfer).messages)


@pytest.mark.parametrize(
    ("author", "is_formatted"), [(Author.AGENT, True), (Author.BOT, True), (Author.VISITOR, False), (Author.SYSTEM, False)]
)
def test_only_agents_and_bots_write_markdown(conversation, author, is_formatted):
    conversation.say(author, "**wet**")
    message = history.read_on(conversation.pk, frames.Cursor(None, 0), None).messages[-1]
    assert message["text"] == "**wet**" and (message["rich"] is not None) is is_formatted


def test_a_files_message_comes_again_when_the_file_is_here(transfer):
    agent_says(transfer, files=(RemoteFile("paper://a", "a.png", "image/png", 5),))
    first = page(transfer)
    [file] = first.messages[-1]["files"]
    assert (file["state"], file["width"]) == ("loading", None)
    fetch_all()
    [again] = page(transfer, first.last).messages
    assert again["id"] == first.messages[-1]["id"] and again["seq"] == first.last + 1
    assert (again["files"][0]["id"], again["files"][0]["state"], again["files"][0]["width"]) == (file["id"], "ready", 8)


def test_a_photo_is_named_once_it_can_be_had(transfer):
    desk.thread_stands(transfer, ThreadState(agent="Jane", photo="paper://jane"))
    agent_says(transfer, photo="paper://jane")
    before = page(transfer)
    assert (before.messages[-1]["author"]["photo"], before.floor["photo"]) == (None, None)
    fetch_all()
    after = page(transfer, before.last)
    photo = str(File.objects.get().pk)
    assert (after.messages[-1]["author"]["photo"], after.floor["photo"]) == (photo, photo)


def test_a_cards_picture_is_named_once_it_can_be_had(transfer):
    card = {"title": "A cup", "description": "", "image": "paper://cup", "actions": []}
    agent_says(transfer, control={"kind": "cards", "cards": [card, {**card, "image": None}]})
    before = page(transfer)
    assert [each["image"] for each in before.messages[-1]["control"]["cards"]] == [None, None]
    fetch_all()
    [after] = page(transfer, before.last).messages
    assert [each["image"] for each in after["control"]["cards"]] == [str(File.objects.get().pk), None]


def test_no_address_of_the_desk_reaches_the_browser(transfer):
    card = {"title": "A cup", "description": "", "image": "paper://cup", "actions": []}
    agent_says(transfer, photo="paper://jane", control={"kind": "cards", "cards": [card]}, files=(RemoteFile("paper://a", "a.png"),))
    for _ in range(2):
        assert "paper://" not in str(vars(page(transfer)))
        fetch_all()


def test_delivery_is_told_of_the_visitors_own_words_only(transfer):
    said = switchboard.visitor_says(transfer.conversation_id, Words(uuid.uuid4(), "hello?"))
    outbox.refused(said.message.deliveries.get(kind=Delivery.Kind.MESSAGE))
    states = {(message["author"]["kind"], message["text"]): message["delivery"] for message in page(transfer).messages}
    assert states.pop(("visitor", "hello?")) == "failed"
    assert {state for (author, _), state in states.items() if author == "visitor"} == {"stored"}
    assert {state for (author, _), state in states.items() if author != "visitor"} == {None}


def test_the_limits_are_told(transfer):
    limits = page(transfer).limits
    assert (limits["text"], limits["file"], limits["files"]) == (8000, 10 * 2**20, 5)
    assert {"image/jpeg", "application/pdf", "text/csv"} <= set(limits["types"]) and "image/svg+xml" not in limits["types"]


def queries(read):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        read()
    return len(asked)


def test_a_page_costs_the_same_number_of_queries_whatever_is_in_it(transfer):
    def talk(remote_id):
        card = {"title": "A cup", "description": "", "image": f"paper://cup/{remote_id}", "actions": []}
        sent = (RemoteFile(f"paper://{remote_id}", "a.png"),)
        agent_says(transfer, remote_id, photo=f"paper://jane/{remote_id}", control={"kind": "cards", "cards": [card]}, files=sent)
        switchboard.visitor_says(transfer.conversation_id, Words(uuid.uuid4(), "and this?"))
        fetch_all()

    talk(50)
    page(transfer)
    few = queries(lambda: page(transfer))
    for remote_id in range(51, 61):
        talk(remote_id)
    assert len(page(transfer).messages) > 50
    assert queries(lambda: page(transfer)) == few <= 8
