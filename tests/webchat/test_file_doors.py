"""Files over HTTP: up with the visitor's token, down for their own conversation only."""

import asyncio
import json
import uuid

import pytest
from asgiref.testing import ApplicationCommunicator

from handoff_project.asgi import application
from handoffs import files, switchboard
from handoffs.models import File, FileBytes, Scenario
from tests import samples
from webchat import frames, history, limits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def others_have_uploaded_nothing(monkeypatch):
    """All tests come from one address."""
    monkeypatch.setattr(limits, "uploads_from", limits.Buckets(size=60, per_second=0.2))


@pytest.fixture
def visitor(scenario):
    return switchboard.begin(scenario, "http://testserver")


@pytest.fixture
def upload(client, visitor):
    def send(name="a.png", content=None, kind="image/png", token=visitor[0]):
        raw = samples.picture("PNG") if content is None else content
        headers = {"Authorization": f"Bearer {token}"}
        return client.post(f"/webchat/files?name={name}", raw, content_type=kind, headers=headers)

    return send


@pytest.fixture
def get(client, visitor):
    return lambda file, token=visitor[0]: client.get(f"/webchat/files/{file}", headers={"Authorization": f"Bearer {token}"})


def kept(conversation, **more):
    file = File.objects.create(conversation=conversation, **{"name": "a.png", "type": "image/png", "size": 3, **more})
    FileBytes.objects.create(file=file, content=b"png")
    return file


# --- Up -----------------------------------------------------------------------------------------------------------------------------------


def test_an_upload_answers_with_the_file_as_messages_show_it(upload, get, visitor):
    answer = upload("..%2FMein%20Bild.png")
    file = answer.json()
    assert answer.status_code == 201
    assert file == {
        "id": str(File.objects.get().pk),
        "kind": "image",
        "name": "Mein Bild.png",
        "type": "image/png",
        "size": File.objects.get().size,
        "width": 8,
        "height": 4,
        "state": "ready",
    }
    assert b"".join(get(file["id"])) == File.objects.get().content()


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"content": b""}, 422, "empty"),
        ({"content": samples.EXE}, 415, "bad_type"),
        ({"name": "a.svg", "content": samples.SVG, "kind": "image/svg+xml"}, 415, "bad_type"),
        ({"name": "", "content": b"just words", "kind": ""}, 415, "bad_type"),
        ({"name": "a.pdf", "content": b"%PDF-" + bytes(files.LARGEST), "kind": "application/pdf"}, 413, "too_large"),
        ({"content": samples.picture("PNG", (8000, 8000), "1")}, 413, "too_large"),
        ({"kind": "multipart/form-data; boundary=edge", "content": b"--edge--"}, 415, "bad_type"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(upload, more, status, code):
    answer = upload(**more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].endswith(".") and not File.objects.exists()


@pytest.mark.parametrize(
    "name", ["%00", "%ff%fe.png", "%F0%9F%8E%89.png", "a" * 3000 + ".png", "a&name=b.png", "%ed%a0%80.png", "..%2f..%2f"]
)
def test_no_name_makes_an_upload_fail(upload, name):
    answer = upload(name)
    assert answer.status_code in (201, 415)
    assert all(file.name.isprintable() and len(file.name) <= 150 for file in File.objects.all())


def test_too_many_uploads_are_put_off(upload, visitor, monkeypatch):
    monkeypatch.setattr(limits, "uploads", limits.Buckets(size=2, per_second=0.001))
    assert [upload().status_code for _ in range(3)] == [201, 201, 429]
    assert (upload().json()["code"], upload().json()["after"]) == ("rate", 1000)


def test_one_address_cannot_be_any_number_of_visitors(upload, scenario, monkeypatch):
    monkeypatch.setattr(limits, "uploads_from", limits.Buckets(size=2, per_second=0.001))
    tokens = [switchboard.begin(scenario, "http://testserver")[0] for _ in range(3)]
    assert [upload(token=token).status_code for token in tokens] == [201, 201, 429]


def test_what_failed_counts_too(upload, monkeypatch):
    monkeypatch.setattr(limits, "uploads", limits.Buckets(size=2, per_second=0.001))
    assert [upload(content=samples.EXE).status_code for _ in range(3)] == [415, 415, 429]


def test_the_days_megabytes_are_counted(upload, visitor):
    kept(visitor[1], size=50 * 2**20)
    answer = upload()
    assert (answer.status_code, answer.json()["code"]) == (429, "quota")


# --- Down ---------------------------------------------------------------------------------------------------------------------------------


def test_bytes_come_as_something_to_save_that_can_do_nothing(get, visitor):
    answer = get(kept(visitor[1], name="größe “1”.png").pk)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"png", "image/png")
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''gr%C3%B6%C3%9Fe")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"] and "no-store" in answer["Cache-Control"]


def test_a_file_that_is_on_its_way_is_not_here_yet(get, visitor):
    file = File.objects.create(conversation=visitor[1], name="a", type="image/png", state="loading", address="paper://a")
    answer = get(file.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "loading")


def test_a_file_that_could_not_be_had_never_will_be(get, visitor):
    file = File.objects.create(conversation=visitor[1], name="a", type="image/png", state="failed", address="paper://a")
    answer = get(file.pk)
    assert (answer.status_code, answer.json()["code"]) == (410, "failed")


@pytest.mark.parametrize("state", ["ready", "loading", "failed"])
def test_another_visitors_looks_like_one_that_there_is_not(get, scenario, state):
    others = kept(switchboard.begin(scenario, "http://testserver")[1], state=state)
    answers = [get(file) for file in (others.pk, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404] * 2
    assert answers[0].content == answers[1].content


def test_what_is_no_id_is_no_file(get):
    assert {get(name).status_code for name in ("x", "..", "%00", "1", "a" * 5000)} == {404}


def test_a_file_said_stays_there_for_its_visitor(upload, get, visitor):
    file = upload().json()["id"]
    switchboard.visitor_says(visitor[1].pk, switchboard.Words(uuid.uuid4(), "", files=(uuid.UUID(file),)))
    assert get(file).status_code == 200
    page = history.read_on(visitor[1].pk, frames.Cursor(None, 0), None)
    assert [each["id"] for message in page.messages for each in message["files"]] == [file]


def test_a_scenario_switched_off_shows_no_files_any_more(get, visitor):
    file = kept(visitor[1])
    Scenario.objects.update(state="draft")
    assert get(file.pk).status_code == 401


# --- The door before Django ---------------------------------------------------------------------------------------------------------------


def spoken(path, token, *parts, length=None, ending=True):
    """What an HTTP server hands over, part by part."""
    headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/pdf")]
    claimed = [(b"content-length", length)] if length is not None else []
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"name=a.pdf", "scheme": "http"}
    browser = ApplicationCommunicator(application, {**scope, "http_version": "1.1", "headers": headers + claimed, "root_path": ""})
    return browser, [{"type": "http.request", "body": part, "more_body": True} for part in parts] + (
        [{"type": "http.request", "body": b"", "more_body": False}] if ending else []
    )


async def answered(browser, events):
    for event in events:
        await browser.send_input(event)
    start = await browser.receive_output(timeout=5)
    body = await browser.receive_output(timeout=5)
    return start["status"], json.loads(body["body"])


MEBIBYTE = b"x" * 2**20


@pytest.mark.asyncio
async def test_a_file_of_ten_mebibytes_passes_and_one_more_byte_does_not(visitor):
    whole = [b"%PDF-" + MEBIBYTE[5:], *[MEBIBYTE] * 9]
    assert (await answered(*spoken("/webchat/files", visitor[0], *whole)))[0] == 201
    status, body = await answered(*spoken("/webchat/files", visitor[0], *whole, b"x"))
    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.asyncio
@pytest.mark.parametrize("length", [b"10485761", b"9" * 5000])
async def test_a_file_that_says_it_is_too_long_is_not_even_read(visitor, length):
    status, body = await answered(*spoken("/webchat/files", visitor[0], length=length, ending=False))
    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.asyncio
@pytest.mark.parametrize("length", [b"-1", b"x", b"", b"5"])
async def test_a_length_that_is_not_true_does_no_harm(visitor, length):
    assert (await answered(*spoken("/webchat/files", visitor[0], samples.PDF, length=length)))[0] in (201, 400)


@pytest.mark.asyncio
async def test_the_admins_forms_bring_pictures_and_no_more_than_a_file_may_have(visitor):
    # Nobody is logged in: it is let through to the login, and refused where it is too long.
    browser, events = spoken("/admin/handoffs/scenario/import/", visitor[0], MEBIBYTE, MEBIBYTE)
    for event in events:
        await browser.send_input(event)
    assert (await browser.receive_output(timeout=5))["status"] in (302, 403)
    status, body = await answered(*spoken("/admin/handoffs/scenario/import/", visitor[0], length=b"10485761", ending=False))
    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.asyncio
async def test_no_other_door_takes_as_much(visitor):
    status, body = await answered(*spoken("/webchat/messages", visitor[0], MEBIBYTE, MEBIBYTE))
    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.asyncio
async def test_an_upload_that_breaks_off_is_nobodys_error(visitor, caplog):
    browser, events = spoken("/webchat/files", visitor[0], samples.PDF, ending=False)
    for event in [*events, {"type": "http.disconnect"}]:
        await browser.send_input(event)
    await asyncio.wait_for(browser.future, 5)
    assert browser.output_queue.empty() and "ERROR" not in caplog.text
    assert not await File.objects.aexists()
