"""What an interactive message may hold, and what becomes of a message afterwards (CHATWOOT.md §1.5, §5, §6)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Api, Json, World

ITEMS: dict[str, Json] = {
    "input_select": {"title": "Large", "value": "l"},
    "cards": {
        "title": "Grinder",
        "description": "By hand",
        "media_url": "https://x.test/a.png",
        "actions": [{"text": "Buy", "type": "link", "uri": "https://x.test"}, {"text": "More", "type": "postback", "payload": "MORE"}],
    },
    "form": {"type": "email", "placeholder": "you@x", "label": "Mail", "name": "mail", "required": True, "pattern": ".+", "options": []},
    "article": {"title": "Returns", "description": "How", "link": "https://x.test"},
}
NONE = "At least one item is required."


@pytest.fixture
def conversation(world: World) -> int:
    number = world.conversation()
    world.forget()
    return number


def ask(api: Api, conversation: int, content_type: str, **attributes: Any) -> requests.Response:
    return api.post(f"/conversations/{conversation}/messages", content_type=content_type, content_attributes=attributes)


@pytest.mark.parametrize("content_type", ITEMS)
def test_an_interactive_message_is_told_of_as_it_was_sent(world: World, conversation: int, content_type: str) -> None:
    said = ask(world.jane, conversation, content_type, items=[ITEMS[content_type]]).json()
    [body] = world.heard("message_created")
    for shape in (said, body, body["conversation"]["messages"][0]):
        assert (shape["content_type"], shape["content_attributes"]) == (content_type, {"items": [ITEMS[content_type]]})
    assert body["content"] is None


@pytest.mark.parametrize(
    ("content_type", "attributes", "error"),
    [
        *[(content_type, {"items": []}, NONE) for content_type in ITEMS],
        *[(content_type, {}, NONE) for content_type in ITEMS],
        ("input_select", {"items": ["Large"]}, "Items should be a hash."),
        ("input_select", {"items": [{"title": "L", "description": "x"}]}, 'contains invalid keys for items : ["description"]'),
        ("form", {"items": [{"name": "a"}, {"size": 1, "hint": 2}]}, 'contains invalid keys for items : ["size", "hint"]'),
        ("article", {"items": [{"title": "A", "url": "x"}]}, 'contains invalid keys for items : ["url"]'),
        ("cards", {"items": [{"title": "A"}]}, "contains items missing actions"),
        ("cards", {"items": [{"title": "A", "actions": [{"label": "x"}]}]}, 'contains invalid keys for actions : ["label"]'),
    ],
)
def test_items_are_validated(world: World, conversation: int, content_type: str, attributes: Json, error: str) -> None:
    refused = ask(world.jane, conversation, content_type, **attributes)
    assert (refused.status_code, refused.json()) == (422, {"error": f"Validation failed: Content attributes {error}"})
    assert world.server.messages(conversation) == []


@pytest.mark.parametrize("content_type", ["input_email", "input_csat", "input_text", "input_textarea"])
def test_the_others_are_not_validated(world: World, conversation: int, content_type: str) -> None:
    said = ask(world.jane, conversation, content_type, items=[{"anything": 1}])
    assert (said.status_code, said.json()["content_type"]) == (200, content_type)


def test_a_form_may_say_its_attributes_as_json(world: World, conversation: int) -> None:
    form = {"content_type": "input_select", "content_attributes": '{"items": [{"title": "A", "value": "a"}]}'}
    said = world.jane.call("POST", f"/conversations/{conversation}/messages", files={"_": ("", b"")}, data=form)
    assert (said.status_code, said.json()["content_attributes"]["items"]) == (200, [{"title": "A", "value": "a"}])


def walk(world: World, *statuses: str) -> list[str]:
    """What a message's status is after each of these was reported."""
    conversation = world.conversation()
    said = world.server.agent_replies(conversation, "x")
    path = f"/conversations/{conversation}/messages/{said['id']}"
    return [world.admin.patch(path, status=status).json()["status"] for status in statuses]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("4.15.1", ["delivered", "sent", "read", "read", "sent", "failed", "read"]),
        ("4.16.0", ["delivered", "delivered", "read", "read", "read", "failed", "read"]),
    ],
)
def test_how_far_a_status_may_go_back_depends_on_the_version(make_world: Callable[..., World], version: str, expected: list[str]) -> None:
    assert walk(make_world(version=version), "delivered", "sent", "read", "delivered", "sent", "failed", "read") == expected


def test_a_refused_status_leaves_everything_and_tells_nobody(world: World, conversation: int) -> None:
    said = world.server.agent_replies(conversation, "x")
    path = f"/conversations/{conversation}/messages/{said['id']}"
    world.admin.patch(path, status="read")
    world.forget()
    answer = world.admin.patch(path, status="delivered", external_error="late")
    assert (answer.status_code, answer.json()["status"], answer.json()["content_attributes"]) == (200, "read", {})
    assert world.heard("message_updated") == []


def test_an_error_is_cleared_by_any_other_status(world: World, conversation: int) -> None:
    said = world.jane.post(f"/conversations/{conversation}/messages", content="x", content_attributes={"kept": 1}).json()
    path = f"/conversations/{conversation}/messages/{said['id']}"
    failed = world.admin.patch(path, status="failed", external_error="User left").json()
    assert failed["content_attributes"] == {"kept": 1, "external_error": "User left"}
    world.forget()
    assert world.admin.patch(path, status="delivered").json()["content_attributes"] == {"kept": 1}
    [body] = world.heard("message_updated")
    assert body["content_attributes"] == {"kept": 1}
    assert "status" not in body


def test_a_retry_wipes_and_sends_nothing_again(world: World, conversation: int) -> None:
    said = world.jane.post(f"/conversations/{conversation}/messages", content="x", content_attributes={"lost": 1}).json()
    path = f"/conversations/{conversation}/messages/{said['id']}"
    world.admin.patch(path, status="failed", external_error="gone")
    world.forget()
    retried = world.jane.post(f"{path}/retry")
    assert (retried.status_code, retried.json()["status"], retried.json()["content_attributes"]) == (200, "sent", {})
    assert {body["event"] for body in world.heard()} == {"message_updated"}
    assert world.jane.post(f"/conversations/{conversation}/messages/1/retry").status_code == 404


def test_bots_may_neither_report_nor_delete_nor_retry(world: World, conversation: int) -> None:
    world.store.insert("agent_bots", account_id=1, name="Helper", access_token="t")
    path = f"/conversations/{conversation}/messages/{world.server.agent_replies(conversation, 'x')['id']}"
    bot = world.api("t")
    answers = [bot.patch(path, status="read"), bot.delete(path), bot.post(f"{path}/retry")]
    assert [answer.status_code for answer in answers] == [401] * 3


def test_a_message_is_deleted_once(world: World, conversation: int) -> None:
    said = world.server.agent_replies(conversation, "Oops", source_id="bot:1", content_type="input_email")
    world.forget()
    for _ in range(2):
        answer = world.jane.delete(f"/conversations/{conversation}/messages/{said['id']}")
        assert (answer.status_code, answer.json()["content_type"], answer.json()["source_id"]) == (200, "text", "bot:1")
    assert [body["content_attributes"] for body in world.heard("message_updated")] == [{"deleted": True}]
