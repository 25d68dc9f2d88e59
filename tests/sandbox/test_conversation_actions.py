"""What is done to a conversation as a whole, and how its webhooks tell it (CHATWOOT.md §1.4, §3.4)."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import people
from tests.sandbox.conftest import Json, World

UNTIL = 1_900_000_000


def changes(told: Json) -> Json:
    """`changed_attributes`, each as (before, after)."""
    pairs = [next(iter(each.items())) for each in told["changed_attributes"]]
    return {key: (change["previous_value"], change["current_value"]) for key, change in pairs}


def shown(world: World, conversation: int) -> Json:
    found: Json = world.admin.get(f"/conversations/{conversation}").json()
    return found


@pytest.fixture
def conversation(world: World) -> int:
    made = world.conversation()
    world.forget()
    return made


def test_snoozing_keeps_until_when_and_waking_forgets_it(world: World, conversation: int) -> None:
    path = f"/conversations/{conversation}/toggle_status"
    payload = world.admin.post(path, status="snoozed", snoozed_until=UNTIL).json()["payload"]
    assert (payload["current_status"], payload["snoozed_until"]) == ("snoozed", "2030-03-17T17:46:40.000Z")
    (told,) = world.heard("conversation_updated")
    assert changes(told)["status"] == ("open", "snoozed")
    assert changes(told)["snoozed_until"] == (None, "2030-03-17T17:46:40.000Z")
    assert told["snoozed_until"] == "2030-03-17T17:46:40.000Z"
    world.admin.post(path, status="open")
    assert shown(world, conversation)["snoozed_until"] is None


def test_a_conversation_is_born_snoozed_until_a_written_date(world: World) -> None:
    conversation = world.conversation(status="snoozed", snoozed_until="2030-03-17T17:46:40Z")
    assert shown(world, conversation)["snoozed_until"] == "2030-03-17T17:46:40.000Z"


def test_an_until_that_is_no_number_is_a_server_error(world: World, conversation: int) -> None:
    answer = world.admin.post(f"/conversations/{conversation}/toggle_status", status="snoozed", snoozed_until="tomorrow")
    assert answer.status_code == 500


def test_giving_back_to_the_bot_is_told_by_a_pair_of_events(world: World, conversation: int) -> None:
    world.jane.post(f"/conversations/{conversation}/toggle_status", status="pending")
    told = {body["event"]: body for body in world.heard()}
    assert told.keys() == {"conversation_status_changed", "conversation_updated"}
    assert told["conversation_status_changed"]["changed_attributes"] is None
    assert changes(told["conversation_updated"])["status"] == ("open", "pending")
    assert told["conversation_updated"]["status"] == "pending"


def test_an_agent_who_opens_it_is_assigned_in_an_update_of_its_own(world: World) -> None:
    conversation = world.conversation(status="pending")
    world.forget()
    world.jane.post(f"/conversations/{conversation}/toggle_status", status="open")
    updates = [changes(told) for told in world.heard("conversation_updated")]
    jane = world.store.find("users", name="Jane Doe")["id"]
    assert {"status": ("pending", "open")} in [{"status": each.get("status")} for each in updates]
    assert (None, jane) in [each.get("assignee_id") for each in updates]


@pytest.mark.parametrize(("method", "path"), [("POST", "/toggle_priority"), ("PATCH", "")])
def test_a_priority_is_set_and_taken_away(world: World, conversation: int, method: str, path: str) -> None:
    for priority, change in (("urgent", (None, "urgent")), (None, ("urgent", None))):
        world.forget()
        assert world.admin.call(method, f"/conversations/{conversation}{path}", json={"priority": priority}).status_code == 200
        assert shown(world, conversation)["priority"] == priority
        (told,) = world.heard()
        assert (told["event"], changes(told)["priority"]) == ("conversation_updated", change)
    said = [message["content"] for message in world.server.messages(conversation)]
    assert said == ["Handoff Bridge set the priority to urgent", "Handoff Bridge removed the priority"]


@pytest.mark.parametrize(("version", "status"), [("4.17.0", 500), ("4.18.0", 422)])
def test_an_unknown_priority_is_refused_since_4_18(make_world: Callable[..., World], version: str, status: int) -> None:
    world = make_world(version=version)
    assert world.admin.post(f"/conversations/{world.conversation()}/toggle_priority", priority="foo").status_code == status


def test_muting_resolves_blocks_and_keeps_it_closed(world: World, conversation: int) -> None:
    answer = world.jane.post(f"/conversations/{conversation}/mute")
    assert (answer.status_code, answer.content) == (200, b"")
    muted = shown(world, conversation)
    assert (muted["status"], muted["muted"], muted["meta"]["sender"]["blocked"]) == ("resolved", True, True)
    world.visitor_says(conversation, "Hello?")
    assert shown(world, conversation)["status"] == "resolved"
    world.jane.post(f"/conversations/{conversation}/unmute")
    world.visitor_says(conversation, "Hello!")
    opened = shown(world, conversation)
    assert (opened["status"], opened["muted"]) == ("open", False)


def test_unread_is_as_if_the_last_message_had_not_been_seen(world: World, conversation: int) -> None:
    world.visitor_says(conversation, "Hi")
    world.jane.post(f"/conversations/{conversation}/update_last_seen")
    world.forget()
    assert world.jane.post(f"/conversations/{conversation}/unread").json()["unread_count"] == 1
    assert world.heard() == [], "update_columns: no event"


def test_only_an_administrator_deletes_a_conversation(world: World, conversation: int) -> None:
    assert world.jane.delete(f"/conversations/{conversation}").status_code == 401
    assert shown(world, conversation)["id"] == conversation


def test_a_deleted_conversation_is_nowhere_and_nobody_is_told(world: World, conversation: int) -> None:
    message = world.visitor_says(conversation, "Hi")
    world.forget()
    path = f"/conversations/{conversation}"
    assert world.admin.delete(path).status_code == 200
    tries: list[tuple[str, str, Json]] = [
        ("GET", path, {}),
        ("GET", f"{path}/messages", {}),
        ("POST", f"{path}/messages", {"content": "x"}),
        ("POST", f"{path}/toggle_status", {}),
        ("POST", f"{path}/custom_attributes", {}),
        ("PATCH", f"{path}/messages/{message['id']}", {"status": "read"}),
        ("DELETE", path, {}),
    ]
    answers = {(method, where): world.admin.call(method, where, json=body).status_code for method, where, body in tries}
    assert set(answers.values()) == {404}, answers
    assert world.admin.get("/conversations", status="all").json()["data"]["payload"] == []
    assert world.heard() == []


def test_the_number_of_a_deleted_conversation_is_not_given_again(world: World, conversation: int) -> None:
    world.admin.delete(f"/conversations/{conversation}")
    assert world.conversation("T") == conversation + 1


def bot_on_the_inbox(world: World) -> Json:
    bot: Json = world.admin.post("/agent_bots", name="Helper", outgoing_url="http://x.test", bot_type=0).json()
    inbox = f"/inboxes/{world.demo.inbox_id}"
    assert world.admin.post(f"{inbox}/set_agent_bot", agent_bot=bot["id"]).status_code == 200
    return bot


def test_an_active_bot_forces_pending_whatever_is_asked_for(world: World) -> None:
    bot_on_the_inbox(world)
    conversation = world.conversation(status="open")
    assert shown(world, conversation)["status"] == "pending"
    world.admin.post(f"/conversations/{conversation}/toggle_status", status="resolved")
    world.visitor_says(conversation, "Again")
    assert shown(world, conversation)["status"] == "pending"


def test_a_detached_bot_forces_nothing(world: World) -> None:
    bot = bot_on_the_inbox(world)
    inbox = f"/inboxes/{world.demo.inbox_id}"
    assert world.jane.get(f"{inbox}/agent_bot").json()["agent_bot"]["name"] == "Helper"
    assert "access_token" not in world.jane.get(f"{inbox}/agent_bot").json()["agent_bot"]
    assert bot["access_token"]
    assert bot["secret"]
    assert world.jane.post(f"{inbox}/set_agent_bot", agent_bot=None).status_code == 401
    assert world.admin.post(f"{inbox}/set_agent_bot", agent_bot=999).status_code == 404
    world.admin.post(f"{inbox}/set_agent_bot", agent_bot=None)
    assert shown(world, world.conversation())["status"] == "open"


def test_a_bot_can_be_assigned_and_counts_as_no_agent(world: World, conversation: int) -> None:
    bot = people.create_bot(world.store, world.demo.account_id, "Helper")
    path = f"/conversations/{conversation}/assignments"
    assert world.admin.post(path, assignee_id=bot["id"], assignee_type="AgentBot").json()["name"] == "Helper"
    (told,) = world.heard()
    assert (told["meta"]["assignee_type"], told["meta"]["assignee"]["type"]) == ("AgentBot", "agent_bot")
    assert changes(told)["assignee_agent_bot_id"] == (None, bot["id"])
    assert shown(world, conversation)["meta"]["assignee_type"] == "AgentBot"


@pytest.mark.parametrize("nobody", [None, 999, ""])
def test_whoever_is_null_or_unknown_unassigns(world: World, conversation: int, nobody: Any) -> None:
    jane = world.store.find("users", name="Jane Doe")["id"]
    path = f"/conversations/{conversation}/assignments"
    world.admin.post(path, assignee_id=jane)
    world.forget()
    answer = world.admin.post(path, assignee_id=nobody)
    assert (answer.status_code, answer.json()) == (200, None)
    (told,) = world.heard()
    assert changes(told)["assignee_id"] == (jane, None)
    assert told["meta"]["assignee"] is told["meta"]["assignee_type"] is None


def test_a_team_is_assigned_shown_and_taken_away(world: World, conversation: int) -> None:
    (team,) = world.admin.get("/teams").json()
    path = f"/conversations/{conversation}/assignments"
    assert world.jane.post(path, team_id=team["id"]).json()["name"] == team["name"]
    (told,) = world.heard()
    assert changes(told)["team_id"] == (None, team["id"])
    assert told["meta"]["team"] == {"id": team["id"], "name": team["name"], "icon": "", "icon_color": ""}
    assert shown(world, conversation)["meta"]["team"]["id"] == team["id"]
    answer = world.jane.post(path, team_id=999)
    assert (answer.status_code, answer.json()) == (200, None)
    assert "team" not in shown(world, conversation)["meta"]


def test_an_agent_types_a_note_in_private(world: World, conversation: int) -> None:
    answer = world.jane.post(f"/conversations/{conversation}/toggle_typing_status", typing_status="on", is_private=True)
    assert (answer.status_code, answer.content) == (200, b"")
    (told,) = world.heard()
    jane = world.store.find("users", name="Jane Doe")
    assert told["user"] == {"id": jane["id"], "name": "Jane Doe", "email": "jane@demo.test", "type": "user"}
    assert (told["event"], told["is_private"]) == ("conversation_typing_on", True)
