"""Files on messages (CHATWOOT.md §1.5, §3.2, §3.3)."""

import json
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import pytest
import requests

from tests.sandbox.conftest import Api, Json, World

PNG = b"\x89PNG\r\n\x1a\nnot much of a picture"
NOTE = ("ünlü note.txt", b"twelve bytes", "text/plain")
KEYS = {"id", "message_id", "file_type", "account_id", "extension", "content_type", "data_url", "thumb_url", "file_size", "width", "height"}

File = tuple[str, bytes, str]


@pytest.fixture
def conversation(world: World) -> int:
    number = world.conversation()
    world.forget()
    return number


def send(api: Api, conversation: int, files: Iterable[File], **form: str) -> requests.Response:
    parts = [("attachments[]", file) for file in files]
    return api.call("POST", f"/conversations/{conversation}/messages", data=form, files=parts)


def follow(link: str) -> requests.Response:
    return requests.get(link, timeout=5)


def test_files_go_with_a_message_and_are_listed_everywhere(world: World, conversation: int) -> None:
    files = [("a.png", PNG, "image/png"), NOTE]
    said = send(world.jane, conversation, files, content="Two", content_attributes=json.dumps({"x": 1})).json()
    picture, note = said["attachments"]
    assert set(picture) == set(note) == KEYS
    assert (said["content"], said["content_attributes"], said["message_type"]) == ("Two", {"x": 1}, 1)
    assert (picture["message_id"], picture["file_type"], picture["extension"], picture["file_size"]) == (
        said["id"],
        "image",
        "png",
        len(PNG),
    )
    assert (note["file_type"], note["thumb_url"], note["content_type"], note["account_id"]) == ("file", "", "text/plain", 1)
    listed = world.jane.get(f"/conversations/{conversation}/messages").json()["payload"][-1]
    shown = world.jane.get(f"/conversations/{conversation}").json()["messages"][0]
    [body] = world.heard("message_created")
    assert listed["attachments"] == shown["attachments"] == body["attachments"] == said["attachments"]
    assert body["conversation"]["messages"][0]["attachments"] == said["attachments"]


def test_without_files_there_is_no_such_key(world: World, conversation: int) -> None:
    assert "attachments" not in world.server.agent_replies(conversation, "Hi")
    assert "attachments" not in world.heard("message_created")[0]


@pytest.mark.parametrize("form", [{}, {"content": ""}])
def test_a_file_needs_no_words(world: World, conversation: int, form: dict[str, str]) -> None:
    said = send(world.admin, conversation, [NOTE], message_type="incoming", private="false", **form)
    assert (said.status_code, said.json()["content"] or "", said.json()["message_type"]) == (200, "", 0)
    assert said.json()["private"] is False, "the text of a form is cast"


@pytest.mark.parametrize(
    ("content_type", "file_type"),
    [
        *[(f"image/{kind}", "image") for kind in ("jpeg", "png", "gif", "bmp", "webp")],
        *[(f"image/{kind}", "file") for kind in ("svg+xml", "heic")],
        *[(f"video/{kind}", "video") for kind in ("ogg", "mp4", "webm", "quicktime")],
        *[("video/x-matroska", "file"), ("audio/ogg", "audio"), ("application/pdf", "file"), ("", "file")],
    ],
)
def test_the_type_of_a_file_is_by_its_content_type(world: World, conversation: int, content_type: str, file_type: str) -> None:
    [file] = send(world.jane, conversation, [("a.bin", b"x", content_type)]).json()["attachments"]
    assert file["file_type"] == file_type
    assert bool(file["thumb_url"]) is (file_type == "image")
    assert ("transcribed_text" in file, file["data_url"].endswith("?disposition=inline")) == ((file_type == "audio"),) * 2


def test_a_link_needs_no_login_and_redirects_to_the_storage_of_the_same_host(world: World, conversation: int) -> None:
    [file] = send(world.jane, conversation, [NOTE]).json()["attachments"]
    assert file["data_url"].startswith(f"{world.server.url}/rails/active_storage/blobs/redirect/")
    assert unquote(file["data_url"]).endswith(f"/{NOTE[0]}")
    answer = requests.get(file["data_url"], timeout=5, allow_redirects=False)
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).netloc == urlsplit(world.server.url).netloc
    stored = follow(answer.headers["Location"])
    assert (stored.content, stored.headers["Content-Type"].partition(";")[0]) == (NOTE[1], "text/plain")


@pytest.mark.parametrize(
    ("content_type", "served_as", "shown"),
    [
        ("image/png", "image/png", "inline"),
        ("application/pdf", "application/pdf", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
    ],
)
def test_only_pictures_are_shown_by_a_browser(world: World, conversation: int, content_type: str, served_as: str, shown: str) -> None:
    [file] = send(world.jane, conversation, [("a", b"<script>", content_type)]).json()["attachments"]
    headers = follow(file["data_url"]).headers
    assert (headers["Content-Type"].partition(";")[0], headers["X-Content-Type-Options"]) == (served_as, "nosniff")
    assert headers["Content-Disposition"].partition(";")[0] == shown


def test_a_thumbnail_leads_to_a_picture(world: World, conversation: int) -> None:
    [file] = send(world.jane, conversation, [("a.png", PNG, "image/png")]).json()["attachments"]
    assert "/rails/active_storage/representations/redirect/" in file["thumb_url"]
    assert follow(file["thumb_url"]).content == PNG


def test_forged_links_lead_nowhere(world: World, conversation: int) -> None:
    [file] = send(world.jane, conversation, [NOTE]).json()["attachments"]
    storage = requests.get(file["data_url"], timeout=5, allow_redirects=False).headers["Location"]
    for link in (file["data_url"].replace("redirect/", "redirect/x"), storage.replace("disk/", "disk/x"), storage.replace("--", "--0")):
        assert follow(link).status_code == 404


def test_a_file_may_be_named_by_its_signed_id(world: World, conversation: int) -> None:
    uploaded = world.jane.call("POST", "/upload", files={"attachment": NOTE}).json()
    said = world.jane.post(f"/conversations/{conversation}/messages", content="x", attachments=[uploaded["blob_id"]]).json()
    assert [file["data_url"] for file in said["attachments"]] == [uploaded["file_url"]]


def test_an_unknown_signed_id_is_refused(world: World, conversation: int) -> None:
    refused = world.jane.post(f"/conversations/{conversation}/messages", content="x", attachments=["nonsense"])
    assert (refused.status_code, refused.json()) == (422, {"error": "ActiveSupport::MessageVerifier::InvalidSignature"})
    assert world.server.messages(conversation) == []


def test_a_deleted_message_loses_its_files(world: World, conversation: int) -> None:
    said = send(world.jane, conversation, [NOTE], content="Oops").json()
    world.forget()
    deleted: Json = world.jane.delete(f"/conversations/{conversation}/messages/{said['id']}").json()
    [body] = world.heard("message_updated")
    for shape in (deleted, body):
        assert (shape["content"], shape["content_type"]) == ("This message was deleted", "text")
        assert shape["content_attributes"] == {"deleted": True}
        assert "attachments" not in shape
    assert follow(said["attachments"][0]["data_url"]).status_code == 404
