"""Teams, labels, agents and their pictures, and what the demo is made of."""

import pytest
import requests

from sandbox.seed import ADMIN, ensure_demo
from sandbox.store import Store
from tests.sandbox.conftest import World


def test_the_demo_has_a_team_and_two_labels(world: World) -> None:
    (team,) = world.jane.get("/teams").json()
    assert (team["name"], team["is_member"]) == ("support", True)
    members = world.jane.get(f"/teams/{team['id']}/team_members").json()
    assert [member["name"] for member in members] == ["Jane Doe", "Priya Natarajan"]
    labels = world.jane.get("/labels").json()["payload"]
    assert [(label["title"], label["color"]) for label in labels] == [("billing", "#1f93ff"), ("vip", "#7c3aed")]


def test_the_demo_has_a_human_administrator_and_a_name_for_visitors(world: World) -> None:
    agents = {agent["name"]: agent for agent in world.admin.get("/agents").json()}
    assert agents["Alex Kim"]["role"] == "administrator"
    assert agents["Priya Natarajan"]["available_name"] == "Priya from Support"
    assert world.api(world.token("Alex Kim")).delete(f"/conversations/{world.conversation()}").status_code == 200


def test_an_older_file_is_completed_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("old") / "sandbox.sqlite3")
    before = ensure_demo(store, "")
    for email in ("priya@demo.test", "alex@demo.test"):
        user = store.find("users", email=email)["id"]
        for table in ("inbox_members", "team_members", "account_users"):
            store.delete(table, "user_id = ?", user)
        store.delete("users", "id = ?", user)
    assert [ensure_demo(store, ""), ensure_demo(store, "")] == [before, before]
    assert store.count("users", "1") == 5
    assert store.count("teams", "1") == 1


def test_an_agents_picture_is_real_and_needs_no_login(world: World) -> None:
    agents = {agent["name"]: agent for agent in world.admin.get("/agents").json()}
    assert agents["Handoff Bridge"]["thumbnail"] == ""
    address = agents["Jane Doe"]["thumbnail"]
    picture = requests.get(requests.compat.urljoin(world.server.url, address), timeout=5)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.content.endswith(b"IEND\xaeB`\x82")


def test_profile_and_webhook_show_the_same_picture(world: World) -> None:
    profile = requests.get(f"{world.server.url}/api/v1/profile", headers=world.jane.headers, timeout=5).json()
    assert (profile["avatar_url"][-10:], profile["available_name"], profile["role"]) == ("avatar.png", "Jane", "agent")
    world.server.agent_replies(world.conversation(), "Hello")
    (told,) = world.heard("message_created")
    sender = told["conversation"]["messages"][0]["sender"]
    assert sender["avatar_url"] == sender["thumbnail"] == profile["avatar_url"]
    assert "avatar_url" not in told["sender"], "the top level has no picture"


def test_only_an_administrator_makes_teams_and_labels(world: World) -> None:
    for path, body in (("/teams", {"name": "Sales"}), ("/labels", {"title": "Late", "color": "#ff0000"})):
        assert world.jane.post(path, **body).status_code == 401
        assert world.admin.post(path, **body).status_code == 200
        refused = world.admin.post(path, **body)
        assert (refused.status_code, refused.json()["message"].endswith("has already been taken")) == (422, True)
    assert [team["name"] for team in world.admin.get("/teams").json()] == ["support", "sales"]
    assert [label["title"] for label in world.admin.get("/labels").json()["payload"]] == ["billing", "late", "vip"]


@pytest.mark.parametrize("title", ["", "two words", "-x"])
def test_a_label_is_one_word(world: World, title: str) -> None:
    refused = world.admin.post("/labels", title=title)
    assert (refused.status_code, refused.json()["attributes"]) == (422, ["title"])


def test_teams_and_labels_are_changed_and_deleted(world: World) -> None:
    (team,) = world.admin.get("/teams").json()
    label = world.admin.get("/labels").json()["payload"][0]
    conversation = world.conversation()
    world.admin.post(f"/conversations/{conversation}/assignments", team_id=team["id"])
    assert world.admin.patch(f"/teams/{team['id']}", name="First Line").json()["name"] == "first line"
    assert world.admin.patch(f"/labels/{label['id']}", color="#000000").json()["color"] == "#000000"
    for path in (f"/teams/{team['id']}", f"/labels/{label['id']}"):
        assert world.admin.delete(path).status_code == 200
        assert world.admin.get(path).status_code == 404
    assert "team" not in world.admin.get(f"/conversations/{conversation}").json()["meta"]


def test_team_members_come_and_go(world: World) -> None:
    (team,) = world.admin.get("/teams").json()
    path = f"/teams/{team['id']}/team_members"
    sam = world.store.find("users", name="Sam Rivers")["id"]
    assert [agent["id"] for agent in world.admin.post(path, user_ids=[sam]).json()] == [sam]
    assert [agent["id"] for agent in world.admin.patch(path, user_ids=[sam]).json()] == [sam]
    world.admin.call("DELETE", path, json={"user_ids": [sam]})
    assert world.admin.get(path).json() == []
    assert world.admin.post(path, user_ids=[999]).status_code == 401


def test_assignable_are_the_members_of_all_these_inboxes_and_every_administrator(world: World) -> None:
    other = world.admin.post("/inboxes", name="Other", channel={"type": "api"}).json()["id"]
    sam = world.store.find("users", name="Sam Rivers")["id"]
    world.admin.post("/inbox_members", inbox_id=other, user_ids=[sam])
    found = world.admin.call("GET", f"/assignable_agents?inbox_ids[]={world.demo.inbox_id}&inbox_ids[]={other}").json()["payload"]
    assert [agent["name"] for agent in found] == ["Handoff Bridge", "Sam Rivers", "Alex Kim"]
    assert world.admin.get(f"/inboxes/{other}/assignable_agents").json()["payload"] == found


def test_inbox_members_are_replaced_and_removed(world: World) -> None:
    inbox = world.demo.inbox_id
    jane = world.store.find("users", name="Jane Doe")["id"]
    members = world.admin.patch("/inbox_members", inbox_id=inbox, user_ids=[jane]).json()["payload"]
    assert [member["name"] for member in members] == ["Jane Doe"]
    assert world.jane.call("DELETE", "/inbox_members", json={"inbox_id": inbox, "user_ids": [jane]}).status_code == 401
    world.admin.call("DELETE", "/inbox_members", json={"inbox_id": inbox, "user_ids": [jane]})
    assert world.jane.get(f"/inboxes/{inbox}").status_code == 401


def test_the_bridges_profile_names_its_account(world: World) -> None:
    profile = requests.get(f"{world.server.url}/api/v1/profile", headers=world.admin.headers, timeout=5).json()
    assert (profile["email"], profile["account_id"]) == (ADMIN, world.demo.account_id)
    assert [(account["id"], account["role"]) for account in profile["accounts"]] == [(1, "administrator")]
