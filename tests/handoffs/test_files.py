"""Files of a conversation: kept when a visitor uploads them, fetched when an agent sends them."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from handoffs import announce, desk, files, relay, sweeper, switchboard
from handoffs.models import Conversation, Delivery, File, FileBytes, Message
from handoffs.providers.base import AgentSaid, Fetched, MessageRemoved, Refused, RemoteFile, ThreadRef, Unavailable, Uncertain
from handoffs.switchboard import Words
from tests import samples
from tests.paper import PaperDesk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


# --- From the visitor ---------------------------------------------------------------------------------------------------------------------


def test_an_upload_is_kept_until_it_is_said(conversation):
    file = files.store_upload(conversation.pk, "../Beleg.pdf", "application/pdf", samples.PDF)
    assert (file.name, file.type, file.kind, file.size, file.state, file.message) == (
        "Beleg.pdf",
        "application/pdf",
        "file",
        len(samples.PDF),
        "ready",
        None,
    )
    assert File.objects.get().content() == samples.PDF
    said = switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "", files=(file.pk,)))
    assert list(said.message.files.all()) == [file]


def test_a_pictures_size_is_known(conversation):
    file = files.store_upload(conversation.pk, "a.jpg", "image/jpeg", samples.photo())
    assert (file.width, file.height, file.size) == (4, 8, len(file.content()))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.pdf", b"", "empty"), ("a.pdf", b"%PDF-" + bytes(files.LARGEST), "too_large"), ("a.exe", samples.EXE, "bad_type")],
)
def test_what_is_not_taken_leaves_nothing_behind(conversation, name, content, code):
    with pytest.raises(files.NotTaken) as refused:
        files.store_upload(conversation.pk, name, "", content)
    assert refused.value.code == code and refused.value.detail
    assert not File.objects.exists() and not FileBytes.objects.exists()


def test_a_visitor_uploads_so_much_a_day_and_no_more(conversation, scenario):
    File.objects.create(conversation=conversation, name="a", type="x", size=files.LARGEST_DAY - 10)
    with pytest.raises(files.NotTaken) as refused:
        files.store_upload(conversation.pk, "a.pdf", "", samples.PDF)
    assert refused.value.code == "quota"
    files.store_upload(switchboard.begin(scenario, "http://testserver")[1].pk, "a.pdf", "", samples.PDF)
    File.objects.filter(conversation=conversation).update(created_at=timezone.now() - DAY)
    files.store_upload(conversation.pk, "a.pdf", "", samples.PDF)


def test_what_an_agent_sends_does_not_count(conversation):
    File.objects.create(conversation=conversation, name="a", type="x", size=files.LARGEST_DAY, address="paper://a")
    files.store_upload(conversation.pk, "a.pdf", "", samples.PDF)


def test_what_was_never_said_is_swept_away_after_a_day(conversation):
    said, fresh, old = (files.store_upload(conversation.pk, "a.pdf", "", samples.PDF) for _ in range(3))
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "", files=(said.pk,)))
    photo = File.objects.create(conversation=conversation, name="photo", type="image/png", address="paper://photo")
    File.objects.exclude(pk=fresh.pk).update(created_at=timezone.now() - DAY - timedelta(minutes=1))
    assert files.sweep_away() == 1
    assert set(File.objects.all()) == {said, fresh, photo}
    assert not FileBytes.objects.filter(file=old.pk).exists()


# --- From the desk ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawer(monkeypatch):
    """What the desk holds, by address; an error is raised."""
    held = {}

    def fetch(self, address, most):
        found = held[address]
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Fetched) else Fetched("", found)

    monkeypatch.setattr(PaperDesk, "fetch", fetch)
    return held


@pytest.fixture
def transfer(conversation, sheet):
    for text in ("talk to a human", "my parcel is wet"):
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
    relay.relay(conversation.pk)
    return conversation.transfers.get()


def agent_says(transfer, remote_id=50, text="See this.", **more):
    desk.hear(transfer.handoff, AgentSaid(ThreadRef(transfer.thread_id), remote_id, text, "Jane", **more))
    return Message.objects.get(remote_id=remote_id)


def agent_sends(transfer, address="paper://a.png", name="a.png", **more):
    return agent_says(transfer, files=(RemoteFile(address, name, **more),)).files.get()


def make_due(**changes):
    File.objects.update(due_at=timezone.now() - timedelta(seconds=1), **changes)


def shown_again(conversation):
    """Whose change was numbered last."""
    last = Conversation.objects.get(pk=conversation.pk).messages.last()
    return last.revises


def test_an_agents_file_is_shown_at_once_and_again_when_it_is_here(transfer, drawer):
    file = agent_sends(transfer, type="image/png", size=5)
    assert (file.state, file.kind, file.name, file.size, file.type) == ("loading", "image", "a.png", 5, "image/png")
    assert shown_again(transfer.conversation) is None
    drawer["paper://a.png"] = samples.picture("PNG")
    files.fetch(file.pk)
    file.refresh_from_db()
    assert (file.state, file.width, file.height, file.size) == ("ready", 8, 4, len(file.content()))
    assert shown_again(transfer.conversation) == file.message


def test_a_file_is_nudged_when_it_is_expected(transfer, monkeypatch, django_capture_on_commit_callbacks):
    nudged = []
    monkeypatch.setattr(announce, "nudge", lambda task, *ids: nudged.append((task, *ids)))
    with django_capture_on_commit_callbacks(execute=True):
        file = agent_sends(transfer)
    assert ("handoffs.fetch", str(file.pk)) in nudged


def test_the_sweeper_finds_a_file_whose_nudge_was_lost(transfer, drawer):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = samples.picture("PNG")
    sweeper.sweep()
    assert File.objects.get(pk=file.pk).state == "ready"


def test_a_file_is_fetched_once_however_often_it_is_asked_for(transfer, drawer):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = samples.picture("PNG")
    for _ in range(3):
        files.fetch(file.pk)
        make_due()
    assert FileBytes.objects.filter(file=file).count() == 1
    assert file.message.revisions.count() == 1 and File.objects.get().attempts == 1


def test_a_file_that_is_not_there_yet_is_tried_later_and_later(transfer, drawer):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = Unavailable("not there yet")
    waits = []
    for _ in range(3):
        before = timezone.now()
        files.fetch(file.pk)
        file.refresh_from_db()
        waits.append(round((file.due_at - before).total_seconds()))
        files.fetch(file.pk)
        make_due()
    assert (waits, file.state, file.attempts, file.error) == ([2, 4, 8], "loading", 3, "not there yet")
    drawer["paper://a.png"] = samples.picture("PNG")
    files.fetch(file.pk)
    file.refresh_from_db()
    assert (file.state, file.error) == ("ready", "")


@pytest.mark.parametrize("error", [Unavailable("not there"), Uncertain("who knows")])
def test_it_is_given_up_in_the_end_and_the_visitor_sees_it(transfer, drawer, error):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = error
    make_due(attempts=files.MOST_ATTEMPTS - 1)
    files.fetch(file.pk)
    file.refresh_from_db()
    assert file.state == "failed" and str(error) in file.error
    assert shown_again(transfer.conversation) == file.message


@pytest.mark.parametrize("found", [Refused("It is gone."), Fetched("text/html", samples.HTML), Fetched("", samples.EXE)])
def test_what_will_never_be_shown_is_given_up_at_once(transfer, drawer, found):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = found
    files.fetch(file.pk)
    file.refresh_from_db()
    assert (file.state, file.attempts) == ("failed", 1) and file.error.endswith(".")
    assert not FileBytes.objects.exists()


def test_whoever_sent_a_file_that_is_not_shown_is_told_once_when_all_are_settled(transfer, drawer, sheet):
    """At the desk it looks as sent. The good one is shown, so nothing is said of it."""
    drawer.update(
        {"paper://a.exe": Fetched("", samples.EXE), "paper://b.png": samples.picture("PNG"), "paper://c.txt": Refused("It is *gone*.")}
    )
    message = agent_says(transfer, files=tuple(RemoteFile(address, address[8:]) for address in drawer))
    for file in message.files.order_by("name"):
        relay.relay(transfer.conversation_id)
        assert sheet.private() == []
        files.fetch(file.pk)
    relay.relay(transfer.conversation_id)
    (note,) = sheet.private()
    assert note.startswith("**Not shown to the visitor:**") and "b.png" not in note
    assert "a.exe: Files of this type are not passed on to visitors." in note and r"c.txt: It is \*gone\*." in note


def test_nothing_is_told_of_a_file_that_was_taken_back(transfer, drawer, sheet):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = Refused("It is gone.")
    files.fetch(file.pk)
    desk.hear(transfer.handoff, MessageRemoved(ThreadRef(transfer.thread_id), 50))
    relay.relay(transfer.conversation_id)
    assert sheet.private() == [] and not Delivery.objects.open().exists()


def test_one_that_always_kills_its_worker_is_given_up(transfer, drawer):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = ZeroDivisionError()
    for _ in range(files.MOST_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            files.fetch(file.pk)
        assert File.objects.due(timezone.now() + files.LEASE).exists()
        make_due()
    files.fetch(file.pk)
    assert File.objects.get().state == "failed"


def test_a_desk_without_files_says_so(transfer):
    file = agent_sends(transfer)
    files.fetch(file.pk)
    assert File.objects.get().error == "This desk has no files."


def test_a_file_of_a_desk_that_is_no_longer_connected_is_given_up(transfer):
    file = agent_sends(transfer)
    Message.objects.update(handoff=None)
    files.fetch(file.pk)
    assert File.objects.get().state == "failed"


def test_a_message_taken_back_while_its_file_is_fetched_stays_gone(transfer, monkeypatch):
    file = agent_sends(transfer)

    def fetch(self, address, most):
        desk.hear(transfer.handoff, MessageRemoved(ThreadRef(transfer.thread_id), 50))
        return Fetched("", samples.picture("PNG"))

    monkeypatch.setattr(PaperDesk, "fetch", fetch)
    files.fetch(file.pk)
    assert not File.objects.exists() and not FileBytes.objects.exists()


def test_what_an_agent_sends_and_we_do_not_know_can_be_saved(transfer, drawer):
    file = agent_sends(transfer, "paper://a.zip", "a.zip", type="application/zip", size=10**30)
    drawer["paper://a.zip"] = samples.package("a.txt")
    files.fetch(file.pk)
    file.refresh_from_db()
    assert (file.state, file.kind, file.type, file.name) == ("ready", "file", "application/octet-stream", "a.zip")


def test_what_the_server_of_a_file_does_not_say_the_desk_has_said(transfer, drawer):
    file = agent_sends(transfer, "paper://a", "voice.webm", type="audio/webm")
    drawer["paper://a"] = Fetched("application/octet-stream", samples.WEBM)
    files.fetch(file.pk)
    file.refresh_from_db()
    assert (file.kind, file.type) == ("audio", "audio/webm")


# --- Photos -------------------------------------------------------------------------------------------------------------------------------


def test_a_photo_is_fetched_once_a_conversation_and_shown_beside_what_was_said(transfer, drawer):
    first, second = (agent_says(transfer, remote_id, photo="paper://jane") for remote_id in (50, 51))
    assert first.photo == second.photo and File.objects.count() == 1
    drawer["paper://jane"] = samples.picture("JPEG")
    files.fetch(first.photo_id)
    assert File.objects.get().state == "ready"
    assert [message.revisions.count() for message in (first, second)] == [1, 1]


def test_the_pictures_of_cards_show_the_card_again(transfer, drawer):
    cards = {"kind": "cards", "cards": [{"title": "A cup", "description": "", "image": "paper://cup", "actions": []}]}
    message = agent_says(transfer, control=cards)
    drawer["paper://cup"] = samples.picture("PNG")
    files.fetch(uuid.UUID(message.control["cards"][0]["image"]))
    assert message.revisions.count() == 1


@pytest.mark.parametrize("found", [samples.PDF, samples.SVG, samples.OLE, b"", samples.picture("PNG")[:40], Refused("It is gone.")])
def test_a_photo_is_a_picture_or_none_is_shown(transfer, drawer, found):
    message = agent_says(transfer, photo="paper://jane")
    drawer["paper://jane"] = found
    files.fetch(message.photo_id)
    assert File.objects.get().state == "failed" and not message.revisions.exists()


# --- At once ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_several_who_fetch_at_once_fetch_it_once(transfer, drawer):
    file = agent_sends(transfer)
    drawer["paper://a.png"] = samples.picture("PNG")
    together = threading.Barrier(4)

    def fetch():
        together.wait()
        try:
            files.fetch(file.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.refresh_from_db()
    assert (file.state, file.attempts, file.message.revisions.count()) == ("ready", 1, 1)
