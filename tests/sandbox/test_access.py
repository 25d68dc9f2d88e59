"""Who may do what, and how Chatwoot says no."""

from collections.abc import Callable

import pytest
import requests

from sandbox import people
from tests.sandbox.conftest import World


def test_the_version_probe_needs_no_token(world: World) -> None:
    answer = requests.get(f"{world.server.url}/api", timeout=5).json()
    assert answer["version"] == "4.18.0"
    assert answer["queue_services"] == answer["data_services"] == "ok"


def test_a_request_without_a_token_is_told_to_sign_in(world: World) -> None:
    answer = requests.get(f"{world.server.url}/api/v1/profile", timeout=5)
    assert (answer.status_code, list(answer.json())) == (401, ["errors"])


def test_an_unknown_token_is_refused(world: World) -> None:
    answer = world.api("nobody").get("/conversations")
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid Access Token"})


def test_the_hyphen_form_of_the_header_is_read(world: World) -> None:
    headers = {"api-access-token": world.demo.admin_token}
    assert requests.get(f"{world.server.url}/api/v1/profile", headers=headers, timeout=5).status_code == 200


def test_the_profile_names_the_accounts_and_roles(world: World) -> None:
    headers = {"api_access_token": world.demo.admin_token}
    profile = requests.get(f"{world.server.url}/api/v1/profile", headers=headers, timeout=5).json()
    assert (profile["name"], profile["role"], profile["account_id"]) == ("Handoff Bridge", "administrator", 1)
    assert [(account["id"], account["name"]) for account in profile["accounts"]] == [(1, "Demo Support")]


def test_an_unknown_account_is_not_found(world: World) -> None:
    answer = world.api(world.demo.admin_token, account_id=99).get("/inboxes")
    assert (answer.status_code, answer.json()) == (404, {"error": "Resource could not be found"})


def test_a_user_of_another_account_is_refused(world: World) -> None:
    other = people.create_account(world.store, "Other")
    answer = world.api(world.demo.admin_token, account_id=other["id"]).get("/inboxes")
    assert (answer.status_code, answer.json()) == (401, {"error": "You are not authorized to access this account"})


@pytest.fixture
def outsider(world: World) -> str:
    """An agent of the account who is a member of no inbox."""
    return str(people.create_user(world.store, 1, name="Outsider", email="out@demo.test")["access_token"])


def test_an_agent_who_is_no_member_of_the_inbox_is_refused_with_401(world: World, outsider: str) -> None:
    conversation = world.conversation()
    for path in (f"/conversations/{conversation}", f"/inboxes/{world.demo.inbox_id}"):
        answer = world.api(outsider).get(path)
        assert (answer.status_code, answer.json()) == (401, {"error": "You are not authorized to do this action"})


def test_an_agent_sees_only_their_inboxes(world: World, outsider: str) -> None:
    world.conversation()
    assert world.api(outsider).get("/inboxes").json() == {"payload": []}
    assert world.api(outsider).get("/conversations").json()["data"]["payload"] == []
    assert len(world.jane.get("/inboxes").json()["payload"]) == 1


def test_a_bot_may_write_messages_and_little_else(world: World) -> None:
    conversation = world.conversation()
    bot = world.api(people.create_bot(world.store, 1, "Bot")["access_token"])
    said = bot.post(f"/conversations/{conversation}/messages", content="I am a bot")
    assert (said.status_code, said.json()["sender"]["type"]) == (200, "agent_bot")
    for refused in (bot.get("/inboxes"), bot.get(f"/conversations/{conversation}/messages"), bot.post("/contacts", name="x")):
        assert (refused.status_code, refused.json()) == (401, {"error": "Access to this endpoint is not authorized for bots"})


def test_a_bot_of_another_account_is_refused(world: World) -> None:
    other = people.create_account(world.store, "Other")
    bot = world.api(people.create_bot(world.store, other["id"], "Bot")["access_token"])
    answer = bot.post("/conversations/1/messages", content="x")
    assert answer.json() == {"error": "Bot is not authorized to access this account"}


def test_malformed_json_is_a_bad_request(world: World) -> None:
    for text in ("{", '{"a": NaN}', "[" * 100_000):
        answer = world.admin.call("POST", "/contacts", data=text, allow_redirects=False)
        assert answer.status_code != 400, "without a JSON content type nothing is parsed"
        headers = {**world.admin.headers, "Content-Type": "application/json"}
        assert requests.post(f"{world.admin.base}/contacts", data=text, headers=headers, timeout=5).status_code == 400


def test_a_path_or_method_without_a_route_is_not_found(world: World) -> None:
    assert world.admin.get("/nothing").status_code == 404
    assert world.admin.delete("/contacts").status_code == 404


def test_only_an_administrator_sees_and_changes_an_inbox_secret(world: World) -> None:
    path = f"/inboxes/{world.demo.inbox_id}"
    assert world.admin.get(path).json()["secret"] == world.demo.inbox_secret
    assert not {"secret", "hmac_token"} & world.jane.get(path).json().keys()
    assert world.jane.post(f"{path}/reset_secret").status_code == 401
    assert world.admin.post(f"{path}/reset_secret").json()["secret"] != world.demo.inbox_secret


def test_a_server_before_4_13_has_no_inbox_secret(make_world: Callable[..., World]) -> None:
    world = make_world(version="4.12.1")
    inbox = world.admin.get(f"/inboxes/{world.demo.inbox_id}").json()
    assert "secret" not in inbox
    assert "hmac_token" in inbox


def test_an_administrator_creates_and_changes_inboxes(world: World) -> None:
    made = world.admin.post("/inboxes", name="New", channel={"type": "api", "webhook_url": "http://x.test/a"}).json()
    assert (made["channel_type"], made["webhook_url"], made["lock_to_single_conversation"]) == ("Channel::Api", "http://x.test/a", False)
    changed = world.admin.patch(
        f"/inboxes/{made['id']}", channel={"webhook_url": "http://x.test/b"}, lock_to_single_conversation=True, greeting_message="null"
    ).json()
    assert (changed["webhook_url"], changed["lock_to_single_conversation"], changed["name"]) == ("http://x.test/b", True, "New")
    assert changed["greeting_message"] is None
    assert world.jane.post("/inboxes", name="x", channel={"type": "api"}).status_code == 401


def test_a_webhook_url_may_have_2048_characters(world: World) -> None:
    path = f"/inboxes/{world.demo.inbox_id}"
    assert world.admin.patch(path, channel={"webhook_url": "h" * 2048}).status_code == 200
    refused = world.admin.patch(path, channel={"webhook_url": "h" * 2049})
    assert (refused.status_code, refused.json()["attributes"]) == (422, ["webhook_url"])


def test_inbox_members_are_listed_and_added(world: World) -> None:
    newcomer = people.create_user(world.store, 1, name="New", email="new@demo.test")
    body = {"inbox_id": world.demo.inbox_id, "user_ids": [newcomer["id"]]}
    assert world.jane.post("/inbox_members", **body).status_code == 401
    world.admin.post("/inbox_members", **body)
    members = world.admin.get(f"/inbox_members/{world.demo.inbox_id}").json()["payload"]
    assert [member["available_name"] for member in members] == ["Jane", "Sam Rivers", "Priya from Support", "New"]


def test_agents_come_as_a_bare_list(world: World) -> None:
    agents = world.jane.get("/agents").json()
    assert [(agent["name"], agent["role"]) for agent in agents] == [
        ("Handoff Bridge", "administrator"),
        ("Jane Doe", "agent"),
        ("Sam Rivers", "agent"),
        ("Priya Natarajan", "agent"),
        ("Alex Kim", "administrator"),
    ]
    assert {agent["availability_status"] for agent in agents} == {"offline"}


def test_the_account_is_shown_to_its_users(world: World) -> None:
    account = world.jane.get("").json()
    assert (account["id"], account["name"], account["status"]) == (1, "Demo Support", "active")
