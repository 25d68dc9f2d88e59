"""Files that are not there yet (CHATWOOT.md §3.3): links that answer 404 at first, webhooks that come without."""

from collections.abc import Callable

import pytest
import requests

from tests.sandbox.conftest import Json, World

MESSAGES = "/conversations/1/messages"


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    world = make_world(faults=True)
    world.conversation()
    world.forget()
    return world


def set_files(world: World, **faults: int) -> None:
    assert requests.put(f"{world.server.url}/_faults", json={"files": faults}, timeout=5).status_code == 200


def counts(world: World) -> Json:
    seen: Json = requests.get(f"{world.server.url}/_faults", timeout=5).json()["files"]
    return seen


def send_note(world: World) -> Json:
    files = {"attachments[]": ("note.txt", b"twelve bytes", "text/plain")}
    sent: Json = world.jane.call("POST", MESSAGES, data={"content": ""}, files=files).json()
    return sent


def statuses(link: str, times: int) -> list[int]:
    return [requests.get(link, timeout=5).status_code for _ in range(times)]


def test_every_link_is_missing_as_often_as_was_said(world: World) -> None:
    set_files(world, not_found=2)
    first, second = (send_note(world)["attachments"][0]["data_url"] for _ in range(2))
    assert statuses(first, 4) == [404, 404, 200, 200]
    assert statuses(second, 3) == [404, 404, 200]
    assert counts(world) == {"not_found": 4, "left_out": 0}


def test_a_webhook_comes_before_its_files(world: World) -> None:
    set_files(world, left_out=1)
    early = send_note(world)
    [body] = world.heard("message_created")
    assert "attachments" not in body
    assert all("attachments" not in message for message in body["conversation"]["messages"])
    shown = world.jane.get(MESSAGES).json()["payload"][-1]
    assert shown["attachments"] == early["attachments"], "REST has them all the same"
    send_note(world)
    assert [len(body.get("attachments", [])) for body in world.heard("message_created")] == [0, 1]
    assert counts(world) == {"not_found": 0, "left_out": 1}


def test_words_alone_do_not_use_up_what_is_to_be_left_out(world: World) -> None:
    set_files(world, left_out=1)
    world.server.agent_replies(1, "only words")
    world.forget()
    send_note(world)
    assert "attachments" not in world.heard("message_created")[0]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"lost": 1}, "'files' cannot have 'lost', only not_found, left_out."),
        ({"not_found": -1}, "'files' needs a whole number as its 'not_found'."),
        ({"left_out": True}, "'files' needs a whole number as its 'left_out'."),
    ],
)
def test_nonsense_is_refused_in_a_sentence(world: World, files: Json, sentence: str) -> None:
    answer = requests.put(f"{world.server.url}/_faults", json={"files": files}, timeout=5)
    assert (answer.status_code, answer.json()) == (422, {"error": sentence})
