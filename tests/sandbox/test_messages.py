"""Messages over REST."""

from collections.abc import Callable

import pytest
import requests

from sandbox import transcript
from sandbox.clock import now
from tests.sandbox.conftest import Api, Json, World


@pytest.fixture
def conversation(world: World) -> int:
    return world.conversation()


def say(api: Api, conversation: int, **body: object) -> requests.Response:
    return api.post(f"/conversations/{conversation}/messages", **body)


def contents(answer: requests.Response) -> list[str]:
    return [message["content"] for message in answer.json()["payload"]]


def test_an_outgoing_message_is_from_whose_token_it_is(world: World, conversation: int) -> None:
    said = say(world.jane, conversation, content="Hello", source_id="bot:1", echo_id="e1").json()
    assert (said["message_type"], said["status"], said["source_id"], said["echo_id"]) == (1, "sent", "bot:1", "e1")
    assert said["sender"]["available_name"] == "Jane"
    assert (type(said["id"]), type(said["created_at"])) == (int, int)
    assert "echo_id" not in world.server.messages(conversation)[-1], "never stored"


def test_an_incoming_message_is_from_the_contact_whoever_posts_it(world: World, conversation: int) -> None:
    said = world.visitor_says(conversation, "Hi")
    assert (said["message_type"], said["sender"]["type"], said["sender"]["name"]) == (0, "contact", "Ann")


def test_a_message_may_be_said_in_the_name_of_a_bot(world: World, conversation: int) -> None:
    bot = world.store.insert("agent_bots", account_id=1, name="Helper", access_token="t")
    said = say(world.admin, conversation, content="x", sender_type="AgentBot", sender_id=bot["id"]).json()
    assert (said["sender"]["name"], said["sender"]["type"]) == ("Helper", "agent_bot")


def test_the_same_source_id_twice_makes_two_messages(world: World, conversation: int) -> None:
    first, second = (world.visitor_says(conversation, "Hi", source_id="bot:1") for _ in range(2))
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"content": "x", "message_type": "shouted"}, "'shouted' is not a valid message_type"),
        ({"content": "x", "content_type": "poem"}, "'poem' is not a valid content_type"),
        ({"content": "x" * 150_001}, "Validation failed: Content is too long (maximum is 150000 characters)"),
        ({"content": "a\0b"}, "string contains null byte"),
        ({"content": "\ud800"}, 'invalid byte sequence for encoding "UTF8"'),
        ({"content": "x", "content_type": "cards"}, "Validation failed: Content attributes At least one item is required."),
        (
            {"content_type": "input_select", "content_attributes": {"items": [{"title": "A", "colour": "red"}]}},
            'Validation failed: Content attributes contains invalid keys for items : ["colour"]',
        ),
    ],
)
def test_what_cannot_be_a_message_is_refused_under_the_key_error(world: World, conversation: int, body: Json, error: str) -> None:
    refused = say(world.admin, conversation, **body)
    assert (refused.status_code, refused.json()) == (422, {"error": error})
    assert world.server.messages(conversation) == []


def test_a_message_of_150000_characters_is_taken(world: World, conversation: int) -> None:
    assert say(world.admin, conversation, content="x" * 150_000).status_code == 200


def test_the_201st_message_within_a_minute_is_refused(world: World, conversation: int) -> None:
    row = world.store.find("conversations", display_id=conversation)
    with world.store.transaction():
        for _ in range(200):
            transcript.insert(world.store, row, message_type="incoming", content="x", content_attributes={})
    refused = say(world.admin, conversation, content="One more")
    assert (refused.status_code, refused.json()) == (422, {"error": "Validation failed: Too many messages"})
    world.store.update("messages", world.server.messages(conversation)[0]["id"], created_at=now() - 61)
    assert say(world.admin, conversation, content="One more").status_code == 200


@pytest.mark.parametrize(("per_minute", "statuses"), [(1, [200, 422]), (0, [200, 200])])
def test_how_many_a_minute_can_be_set(make_world: Callable[..., World], per_minute: int, statuses: list[int]) -> None:
    world = make_world(per_minute=per_minute)
    conversation = world.conversation()
    assert [say(world.admin, conversation, content="x").status_code for _ in statuses] == statuses


def test_an_unknown_conversation_is_not_found(world: World) -> None:
    answer = say(world.admin, 77, content="x")
    assert (answer.status_code, answer.json()) == (404, {"error": "Resource could not be found"})


def test_a_reply_to_a_message_is_known_by_both_its_names(world: World, conversation: int) -> None:
    first = world.visitor_says(conversation, "Hi", source_id="bot:1")
    by_id = say(world.jane, conversation, content="x", content_attributes={"in_reply_to": first["id"]}).json()
    by_name = say(world.jane, conversation, content="x", content_attributes={"in_reply_to_external_id": "bot:1"}).json()
    expected = {"in_reply_to": first["id"], "in_reply_to_external_id": "bot:1"}
    assert by_id["content_attributes"] == by_name["content_attributes"] == expected


def test_the_list_without_parameters_is_the_latest_twenty_ascending(world: World, conversation: int) -> None:
    for number in range(25):
        world.visitor_says(conversation, str(number))
    path = f"/conversations/{conversation}/messages"
    assert contents(world.jane.get(path)) == [str(number) for number in range(5, 25)]
    oldest_shown = world.jane.get(path).json()["payload"][0]["id"]
    assert contents(world.jane.get(path, before=oldest_shown)) == ["0", "1", "2", "3", "4"]


def test_after_lists_up_to_a_hundred_newer_ones_and_between_up_to_a_thousand(world: World, conversation: int) -> None:
    row = world.store.find("conversations", display_id=conversation)
    with world.store.transaction():
        made = [transcript.insert(world.store, row, message_type="incoming", content=str(n), content_attributes={}) for n in range(120)]
    path = f"/conversations/{conversation}/messages"
    assert contents(world.jane.get(path, after=made[0]["id"])) == [str(number) for number in range(1, 101)]
    between = contents(world.jane.get(path, after=made[0]["id"], before=made[119]["id"]))
    assert between == [str(number) for number in range(119)], "`after` is included once there is a `before`"


def test_internal_messages_are_left_out_when_asked(world: World, conversation: int) -> None:
    world.visitor_says(conversation, "Hi")
    world.server.agent_notes(conversation, "psst")
    world.server.agent_resolves(conversation)
    path = f"/conversations/{conversation}/messages"
    assert contents(world.jane.get(path, filter_internal_messages="true")) == ["Hi"]
    assert len(contents(world.jane.get(path))) == 3


def test_the_meta_of_the_list_has_iso_times(world: World, conversation: int) -> None:
    world.jane.post(f"/conversations/{conversation}/update_last_seen")
    meta = world.jane.get(f"/conversations/{conversation}/messages").json()["meta"]
    assert (meta["contact"]["name"], meta["assignee_last_seen_at"]) == ("Ann", None)
    assert meta["agent_last_seen_at"].endswith("Z")


def test_a_status_moves_forward_only(world: World, conversation: int) -> None:
    message = say(world.jane, conversation, content="x").json()
    path = f"/conversations/{conversation}/messages/{message['id']}"
    for wanted, expected in (("read", "read"), ("delivered", "read"), ("nonsense", "read"), ("failed", "failed"), ("sent", "sent")):
        answer = world.admin.patch(path, status=wanted, external_error="gone" if wanted == "failed" else None)
        assert (answer.status_code, answer.json()["status"]) == (200, expected)
        assert answer.json()["content_attributes"] == ({"external_error": "gone"} if wanted == "failed" else {})


def test_a_deleted_message_keeps_its_place(world: World, conversation: int) -> None:
    message = say(world.jane, conversation, content="Oops", content_attributes={"x": 1}).json()
    deleted = world.jane.delete(f"/conversations/{conversation}/messages/{message['id']}").json()
    assert (deleted["content"], deleted["content_attributes"]) == ("This message was deleted", {"deleted": True})
    assert [each["id"] for each in world.server.messages(conversation)] == [message["id"]]


def greet(world: World) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", greeting_enabled=True, greeting_message="Welcome")


def test_the_first_incoming_message_is_greeted_once(world: World, conversation: int) -> None:
    greet(world)
    world.visitor_says(conversation, "Hi")
    world.visitor_says(conversation, "Hello?")
    assert [(each["message_type"], each["content"]) for each in world.server.messages(conversation)] == [
        (0, "Hi"),
        (3, "Welcome"),
        (0, "Hello?"),
    ]


def test_an_outgoing_message_first_suppresses_the_greeting(world: World, conversation: int) -> None:
    greet(world)
    say(world.admin, conversation, content="Transcript")
    world.visitor_says(conversation, "Hi")
    assert len(world.server.messages(conversation)) == 2


def test_the_contact_may_say_through_the_public_api_that_it_has_read(world: World, conversation: int) -> None:
    say(world.jane, conversation, content="x")
    identifier = world.admin.get(f"/inboxes/{world.demo.inbox_id}").json()["inbox_identifier"]
    prefix = f"{world.server.url}/public/api/v1/inboxes/{identifier}/contacts"
    assert requests.post(f"{prefix}/S/conversations/{conversation}/update_last_seen", timeout=5).status_code == 200
    assert world.server.messages(conversation)[-1]["status"] == "read"
    assert world.admin.get(f"/conversations/{conversation}").json()["contact_last_seen_at"] > 0
    assert requests.post(f"{prefix}/T/conversations/{conversation}/update_last_seen", timeout=5).status_code == 404
    assert requests.post(f"{prefix}/S/conversations/99/update_last_seen", timeout=5).status_code == 404
