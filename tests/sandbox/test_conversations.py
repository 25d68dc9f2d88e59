"""Opening conversations, and what changes them."""

from collections.abc import Callable

import pytest

from sandbox import people
from tests.sandbox.conftest import Json, World


def opened(world: World, contact: Json, **more: object) -> Json:
    made: Json = world.admin.post("/conversations", inbox_id=world.demo.inbox_id, contact_id=contact["id"], **more).json()
    return made


def lock(world: World) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", lock_to_single_conversation=True)


def test_a_conversation_has_the_types_of_rest(world: World) -> None:
    made = opened(
        world, world.contact(), source_id="S", custom_attributes={"bot": "x"}, message={"content": "Hi", "message_type": "incoming"}
    )
    assert (made["id"], made["status"], made["unread_count"], made["custom_attributes"]) == (1, "open", 1, {"bot": "x"})
    assert type(made["created_at"]) is type(made["waiting_since"]) is int
    assert type(made["updated_at"]) is float
    assert made["first_reply_created_at"] == 0
    assert made["messages"][0]["message_type"] == 0
    assert "assignee" not in made["meta"]


def test_the_number_of_a_conversation_is_not_its_database_id(world: World) -> None:
    world.conversation()
    row = world.store.find("conversations", display_id=1)
    assert row["id"] != row["display_id"]
    assert world.admin.get(f"/conversations/{row['id']}").status_code == 404


def test_without_a_source_id_every_conversation_gets_a_new_contact_inbox(world: World) -> None:
    contact = world.contact("S")
    assert opened(world, contact)["id"] != opened(world, contact)["id"]
    links = world.admin.get(f"/contacts/{contact['id']}").json()["payload"]["contact_inboxes"]
    assert len({link["source_id"] for link in links}) == 3


def test_a_source_id_of_another_contact_is_refused(world: World) -> None:
    world.contact("S")
    bob = world.contact("T")
    refused = world.admin.post("/conversations", inbox_id=world.demo.inbox_id, contact_id=bob["id"], source_id="S")
    assert (refused.status_code, refused.json()) == (422, {"error": "source_id should be unique"})


def test_a_locked_inbox_returns_the_last_conversation_even_resolved(world: World) -> None:
    lock(world)
    contact = world.contact("S")
    first = opened(world, contact, source_id="S")["id"]
    world.server.agent_resolves(first)
    again = opened(world, contact, source_id="S", custom_attributes={"ignored": True})
    assert (again["id"], again["status"], again["custom_attributes"]) == (first, "resolved", {})
    again = opened(world, contact, source_id="S", message={"content": "Back", "message_type": "incoming"})
    assert (again["id"], again["status"]) == (first, "open")


def test_an_unlocked_inbox_opens_another_one(world: World) -> None:
    contact = world.contact("S")
    assert opened(world, contact, source_id="S")["id"] != opened(world, contact, source_id="S")["id"]


def test_the_source_id_alone_finds_its_contact_inbox(world: World) -> None:
    world.contact("S")
    assert world.admin.post("/conversations", source_id="S").status_code == 200
    assert world.admin.post("/conversations", source_id="T").status_code == 404


def test_before_4_18_a_source_id_alone_reaches_into_other_accounts(make_world: Callable[..., World]) -> None:
    for version, expected in (("4.17.0", 401), ("4.18.0", 404)):
        world = make_world(version=version)
        world.contact("S")
        other = people.create_account(world.store, "Other")
        stranger = people.create_user(world.store, other["id"], name="Stranger", email="s@other.test")
        api = world.api(stranger["access_token"], account_id=other["id"])
        assert api.post("/conversations", source_id="S").status_code == expected


def test_a_blocked_contact_opens_nothing(world: World) -> None:
    assert opened(world, world.contact("S", blocked=True), source_id="S", status="open")["status"] == "resolved"


def test_an_unknown_status_is_a_server_error(world: World) -> None:
    contact = world.contact()
    answer = world.admin.post("/conversations", inbox_id=world.demo.inbox_id, contact_id=contact["id"], source_id="S", status="foo")
    assert answer.status_code == 500
    assert world.admin.post(f"/conversations/{world.conversation('T')}/toggle_status", status="foo").status_code == 500


def test_custom_attributes_longer_than_1500_characters_are_refused(world: World) -> None:
    contact = world.contact()
    body = {"inbox_id": world.demo.inbox_id, "contact_id": contact["id"], "source_id": "S"}
    refused = world.admin.post("/conversations", **body, custom_attributes={"long": "x" * 1501})
    assert (refused.status_code, refused.json()["attributes"]) == (422, ["custom_attributes"])
    refused = world.admin.post("/conversations", **body, additional_attributes={"big": 10_000_000_000})
    assert (refused.status_code, refused.json()["attributes"]) == (422, ["additional_attributes"])


def test_custom_attributes_are_replaced_whole(world: World) -> None:
    conversation = world.conversation(custom_attributes={"a": 1})
    answer = world.admin.post(f"/conversations/{conversation}/custom_attributes", custom_attributes={"b": 2})
    assert answer.json() == {"custom_attributes": {"b": 2}}


def test_toggle_status_answers_with_the_new_status(world: World) -> None:
    conversation = world.conversation()
    answer = world.admin.post(f"/conversations/{conversation}/toggle_status", status="resolved").json()
    assert answer == {
        "meta": {},
        "payload": {"success": True, "conversation_id": conversation, "current_status": "resolved", "snoozed_until": None},
    }
    assert world.admin.post(f"/conversations/{conversation}/toggle_status").json()["payload"]["current_status"] == "open"


def test_a_bots_handoff_has_no_success(world: World) -> None:
    conversation = world.conversation(status="pending")
    bot = world.api(people.create_bot(world.store, 1, "Bot")["access_token"])
    payload = bot.post(f"/conversations/{conversation}/toggle_status", status="open").json()["payload"]
    assert (payload["success"], payload["current_status"]) == (None, "open")


@pytest.mark.parametrize(("who", "assigned"), [("jane", True), ("admin", False)])
def test_opening_assigns_an_agent_but_not_an_administrator(world: World, who: str, assigned: bool) -> None:
    conversation = world.conversation(status="pending")
    getattr(world, who).post(f"/conversations/{conversation}/toggle_status", status="open")
    meta = world.admin.get(f"/conversations/{conversation}").json()["meta"]
    assert (meta.get("assignee") or {}).get("available_name") == ("Jane" if assigned else None)


def test_resolving_leaves_an_activity_message_and_no_waiting_since(world: World) -> None:
    conversation = world.conversation()
    world.server.agent_resolves(conversation)
    last = world.server.messages(conversation)[-1]
    assert (last["message_type"], last["content"]) == (2, "Conversation was marked resolved by Jane Doe")
    assert "sender" not in last
    assert world.admin.get(f"/conversations/{conversation}").json()["waiting_since"] == 0


def test_an_incoming_message_reopens_a_resolved_or_snoozed_conversation(world: World) -> None:
    conversation = world.conversation()
    for status in ("resolved", "snoozed"):
        world.admin.post(f"/conversations/{conversation}/toggle_status", status=status, snoozed_until=1_900_000_000)
        world.visitor_says(conversation, "Still there?")
        shown = world.admin.get(f"/conversations/{conversation}").json()
        assert (shown["status"], shown["snoozed_until"]) == ("open", None)
    assert "System reopened" in world.server.messages(conversation)[-1]["content"]


def test_an_agents_reply_reopens_nothing(world: World) -> None:
    conversation = world.conversation()
    world.server.agent_resolves(conversation)
    world.server.agent_replies(conversation, "Bye")
    assert world.admin.get(f"/conversations/{conversation}").json()["status"] == "resolved"


def test_labels_are_replaced_and_read(world: World) -> None:
    path = f"/conversations/{world.conversation()}/labels"
    assert world.admin.post(path, labels=["vip", "bot"]).json() == {"payload": ["vip", "bot"]}
    assert world.admin.post(path, labels=["vip"]).json() == world.admin.get(path).json() == {"payload": ["vip"]}


def test_assigning_nobody_anybody_knows_unassigns(world: World) -> None:
    conversation = world.conversation()
    jane = world.store.find("users", name="Jane Doe")["id"]
    path = f"/conversations/{conversation}/assignments"
    assert world.admin.post(path, assignee_id=jane).json()["name"] == "Jane Doe"
    assert world.admin.get(f"/conversations/{conversation}").json()["meta"]["assignee_type"] == "User"
    answer = world.admin.post(path, assignee_id=999)
    assert (answer.status_code, answer.json()) == (200, None)
    assert "assignee" not in world.admin.get(f"/conversations/{conversation}").json()["meta"]


def test_the_list_shows_open_ones_unless_asked_otherwise(world: World) -> None:
    one, two = world.conversation("A"), world.conversation("B")
    world.server.agent_resolves(one)
    assert [row["id"] for row in world.jane.get("/conversations").json()["data"]["payload"]] == [two]
    everything = world.jane.get("/conversations", status="all").json()["data"]
    assert everything["meta"] == {"mine_count": 0, "assigned_count": 0, "unassigned_count": 2, "all_count": 2}


def test_the_list_is_split_by_assignee_and_inbox(world: World) -> None:
    one, _ = world.conversation("A"), world.conversation("B")
    jane = world.store.find("users", name="Jane Doe")["id"]
    world.admin.post(f"/conversations/{one}/assignments", assignee_id=jane)
    assert [row["id"] for row in world.jane.get("/conversations", assignee_type="me").json()["data"]["payload"]] == [one]
    assert world.admin.get("/conversations", inbox_id=99).json()["data"]["payload"] == []


def test_looking_at_a_conversation_clears_its_unread_count(world: World) -> None:
    conversation = world.conversation()
    for number in range(12):
        world.visitor_says(conversation, str(number))
    assert world.jane.get(f"/conversations/{conversation}").json()["unread_count"] == 10
    assert world.jane.post(f"/conversations/{conversation}/update_last_seen").json()["unread_count"] == 0
