"""Forms as Rack reads them."""

import json

import pytest
import requests

from tests.sandbox.conftest import Json, World

MESSAGES = "/conversations/1/messages"
CHOICE = {"items": [{"title": "Yes", "value": "y"}]}


@pytest.fixture
def world(world: World) -> World:
    world.conversation()
    return world


def post(world: World, content_type: str, body: bytes) -> requests.Response:
    return requests.post(world.jane.base + MESSAGES, data=body, headers={**world.jane.headers, "Content-Type": content_type}, timeout=5)


def part(disposition: str, content: bytes, more: str = "") -> bytes:
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


def post_parts(world: World, *parts: bytes, end: bytes = b"--b--\r\n") -> requests.Response:
    return post(world, "multipart/form-data; boundary=b", b"".join(parts) + end)


def first_file(answer: requests.Response) -> Json:
    attachment: Json = answer.json()["attachments"][0]
    return attachment


def test_words_of_a_form_are_cast_like_those_of_json(world: World) -> None:
    said = world.jane.call("POST", MESSAGES, data={"content": "grüße", "private": "true", "source_id": "bot:1"}).json()
    assert (said["content"], said["private"], said["source_id"]) == ("grüße", True, "bot:1")
    assert world.jane.call("POST", MESSAGES, data={"content": "x", "private": "false"}).json()["private"] is False


def test_content_attributes_come_as_json_text(world: World) -> None:
    form = {"content": "?", "content_type": "input_select", "content_attributes": json.dumps(CHOICE)}
    assert (
        world.jane.call("POST", MESSAGES, files={key: (None, value) for key, value in form.items()}).json()["content_attributes"] == CHOICE
    )


def test_content_attributes_may_be_nested_names(world: World) -> None:
    form = {"content_type": "input_select", "content_attributes[items][][title]": "Yes", "content_attributes[items][][value]": "y"}
    assert world.jane.call("POST", MESSAGES, data=form).json()["content_attributes"] == CHOICE


def test_the_bytes_of_a_file_are_kept_as_they_are(world: World) -> None:
    content = b"\r\n\r\n-b\r\n\0\xff--b--\r\n\r\n"
    sent = first_file(post_parts(world, part('name="attachments[]"; filename="a.bin"', content)))
    assert requests.get(sent["data_url"], timeout=5).content == content


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ('filename="grüße 1.png"', "gr%C3%BC%C3%9Fe%201.png"),
        ("filename=\"x\"; filename*=UTF-8''gr%C3%BC.png", "gr%C3%BC.png"),
        (r'filename="say \"hi\".png"', "say%20-hi-.png"),
        ('filename="C:\\\\me\\\\a.png"', "a.png"),
        ('filename="../../etc/passwd"', "passwd"),
        ("filename=bare.png", "bare.png"),
    ],
)
def test_a_files_name_is_the_end_of_its_link(world: World, filename: str, shown: str) -> None:
    sent = first_file(post_parts(world, part(f'name="attachments[]"; {filename}', b"x")))
    assert sent["data_url"].rpartition("/")[2] == shown


def test_a_file_field_that_nobody_used_is_no_file(world: World) -> None:
    said = post_parts(world, part('name="attachments[]"; filename=""', b"", "Content-Type: application/octet-stream\r\n"))
    assert (said.status_code, "attachments" in said.json()) == (200, False)


def test_without_a_type_a_file_is_just_a_file(world: World) -> None:
    sent = first_file(post_parts(world, part('name="attachments[]"; filename="a.png"', b"x")))
    assert (sent["file_type"], sent["content_type"], sent["extension"]) == ("file", "image/png", "png")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"nothing"),
        ("multipart/form-data; boundary=b", part('name="content"', b"cut off")),
        ("multipart/form-data; boundary=b", part('name="content"', b"\xff") + b"--b--\r\n"),
        ("application/x-www-form-urlencoded", b"content=%FF"),
        ("application/x-www-form-urlencoded", b"content_attributes=x&content_attributes[items][]=y"),
    ],
)
def test_a_broken_form_is_a_bad_request(world: World, content_type: str, body: bytes) -> None:
    assert post(world, content_type, body).status_code == 400
    assert world.server.messages(1) == []


@pytest.mark.parametrize("value", ["one", {"a": "b"}, [1]])
def test_attachments_that_are_none_are_refused(world: World, value: object) -> None:
    refused = world.jane.post(MESSAGES, content="x", attachments=value)
    assert (refused.status_code, list(refused.json())) == (422, ["error"])


def test_lists_in_the_query_are_read(world: World) -> None:
    found = world.admin.call("GET", "/assignable_agents?inbox_ids[]=1")
    assert [agent["name"] for agent in found.json()["payload"]] == [
        "Handoff Bridge",
        "Jane Doe",
        "Sam Rivers",
        "Priya Natarajan",
        "Alex Kim",
    ]
