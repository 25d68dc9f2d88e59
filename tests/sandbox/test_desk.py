"""The desk's backend: the agent's rights, and no other website's."""

from collections.abc import Iterator

import pytest
import requests

from sandbox import people
from tests.sandbox.conftest import Json, World

JSON = {"Content-Type": "application/json"}


class Desk:
    """The page, as far as the backend can tell."""

    def __init__(self, world: World, agent: str = "Jane Doe") -> None:
        self.url = f"{world.server.url}/desk/api"
        self.headers = {"X-Desk-Agent": str(world.store.find("users", name=agent)["id"])}

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=self.headers | headers, timeout=5)

    def post(self, path: str, body: Json, **headers: str) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=self.headers | headers, timeout=5)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_the_root_leads_to_the_desk(world: World) -> None:
    page = requests.get(world.server.url, timeout=5)
    assert page.url == f"{world.server.url}/desk/"
    assert "no real customers" in page.text


def test_the_page_allows_nothing_inline_and_no_frame(world: World) -> None:
    for path in ("/desk/", "/desk/static/desk.js"):
        headers = requests.get(world.server.url + path, timeout=5).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_agents_come_before_administrators_and_the_integration_is_not_among_them(world: World, desk: Desk) -> None:
    people.create_user(world.store, world.demo.account_id, name="Robin", email="robin@demo.test", role="administrator")
    people.create_user(world.store, world.demo.account_id, name="Zoe", email="zoe@demo.test")
    assert [agent["available_name"] for agent in desk.get("/agents").json()] == [
        "Jane",
        "Sam Rivers",
        "Priya from Support",
        "Zoe",
        "Alex Kim",
        "Robin",
    ]


def test_a_reply_in_the_desk_fires_the_same_webhooks_as_the_api(world: World, desk: Desk) -> None:
    conversation = world.conversation()
    world.forget()
    assert desk.post(f"/conversations/{conversation}/messages", {"content": "Hello", "private": False}).status_code == 200
    assert {body["event"] for body in world.heard()} == {"message_created", "conversation_updated"}
    assert world.heard("message_created")[0]["sender"]["name"] == "Jane Doe"


def test_the_desk_speaks_chatwoots_own_endpoints(world: World, desk: Desk) -> None:
    conversation = world.conversation()
    for number in range(30):
        world.visitor_says(conversation, str(number))
    said = desk.get(f"/conversations/{conversation}/messages?after=1&before={2**53 - 1}").json()["payload"]
    assert [message["content"] for message in said] == [str(number) for number in range(30)]
    assert desk.get(f"/conversations/{conversation}").json() == world.jane.get(f"/conversations/{conversation}").json()
    assert desk.get("/nonsense").json() == {"status": 404, "error": "Not Found"}


def test_resolving_typing_and_seeing_go_through_the_desk(world: World, desk: Desk) -> None:
    conversation = world.conversation()
    world.forget()
    desk.post(f"/conversations/{conversation}/toggle_typing_status", {"typing_status": "on", "is_private": False})
    desk.post(f"/conversations/{conversation}/update_last_seen", {})
    desk.post(f"/conversations/{conversation}/toggle_status", {"status": "resolved"})
    assert {body["event"] for body in world.heard()} == {"conversation_typing_on", "conversation_status_changed", "conversation_updated"}
    assert desk.get("/conversations?status=resolved").json()["data"]["meta"]["all_count"] == 1


def test_the_chosen_agent_has_no_more_rights_than_their_token(world: World) -> None:
    conversation = world.conversation()
    world.store.delete("inbox_members", "user_id = ?", world.store.find("users", name="Sam Rivers")["id"])
    assert Desk(world, "Sam Rivers").get(f"/conversations/{conversation}").status_code == 401
    assert Desk(world).get(f"/conversations/{conversation}").status_code == 200


def test_the_page_cannot_bring_a_token_of_its_own(world: World, desk: Desk) -> None:
    for header in ("api_access_token", "api-access-token"):
        asked = desk.post(f"/inboxes/{world.demo.inbox_id}/reset_secret", {}, **{header: world.demo.admin_token})
        assert asked.status_code == 401, "Jane is no administrator"


def test_a_deletion_rings_at_every_desk(world: World, desk: Desk) -> None:
    message = world.server.agent_replies(world.conversation(), "Oops")
    with requests.get(f"{desk.url}/events", stream=True, timeout=5) as stream:
        lines = frames(stream)
        assert [next(lines), next(lines)] == ["event: changed", "data: {}"]
        path = f"/conversations/{message['conversation_id']}/messages/{message['id']}"
        requests.delete(desk.url + path, headers={**JSON, **desk.headers}, timeout=5)
        assert next(lines) == "event: changed"


def test_nobody_in_particular_has_no_rights(world: World, desk: Desk) -> None:
    assert desk.get("/conversations", **{"X-Desk-Agent": "99"}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", ""])
def test_a_foreign_host_name_is_refused(desk: Desk, host: str) -> None:
    assert desk.get("/agents", Host=host).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8001", "acme.localhost:8001", "127.0.0.1", "[::1]:8001"])
def test_names_of_this_machine_are_answered(desk: Desk, host: str) -> None:
    assert desk.get("/agents", Host=host).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
    ],
)
def test_another_website_cannot_write(world: World, desk: Desk, headers: dict[str, str]) -> None:
    conversation = world.conversation()
    assert desk.post(f"/conversations/{conversation}/messages", {"content": "x"}, **headers).status_code == 403
    assert world.server.messages(conversation) == []


def test_a_write_without_the_desks_own_header_is_refused(world: World) -> None:
    url = f"{world.server.url}/desk/api/conversations/{world.conversation()}/messages"
    assert requests.post(url, json={"content": "x"}, timeout=5).status_code == 403


def test_a_form_needs_the_desks_own_header_as_well(world: World, desk: Desk) -> None:
    url = f"{desk.url}/conversations/{world.conversation()}/messages"
    assert requests.post(url, files={"content": (None, "x")}, timeout=5).status_code == 403


def test_the_desk_page_itself_may_write(world: World, desk: Desk) -> None:
    conversation = world.conversation()
    headers = {"Origin": world.server.url, "Sec-Fetch-Site": "same-origin"}
    assert desk.post(f"/conversations/{conversation}/messages", {"content": "x"}, **headers).status_code == 200


def test_a_link_from_elsewhere_may_open_the_page_but_read_nothing(world: World, desk: Desk) -> None:
    navigation = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert requests.get(f"{world.server.url}/desk/", headers=navigation, timeout=5).status_code == 200
    assert desk.get("/conversations", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status_code == 403


def frames(stream: requests.Response) -> Iterator[str]:
    """The events of a stream, without their blank lines."""
    return (line for line in stream.iter_lines(decode_unicode=True) if line)


def test_an_open_page_is_rung_for_changes_and_typing_and_let_go_at_the_end(world: World, desk: Desk) -> None:
    conversation = world.conversation("S")
    identifier = world.store.find("inboxes", id=world.demo.inbox_id)["identifier"]
    path = f"/public/api/v1/inboxes/{identifier}/contacts/S/conversations/{conversation}/toggle_typing"
    with requests.get(f"{desk.url}/events", stream=True, timeout=5) as stream:
        lines = frames(stream)
        assert [next(lines), next(lines)] == ["event: changed", "data: {}"], "at once, to catch up"
        world.server.agent_types(conversation)  # one's own side is not announced
        requests.post(world.server.url + path, json={"typing_status": "on"}, timeout=5)
        assert [next(lines), next(lines)] == ["event: typing", f'data: {{"conversation_id": {conversation}, "on": true}}']
        world.visitor_says(conversation, "Hi")
        assert next(lines) == "event: changed"
        world.server.stop()
        assert {line.split(":")[0] for line in lines} <= {"event", "data"}, "the stream ends instead of holding the server up"
