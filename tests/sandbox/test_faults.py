"""Requests that go wrong on purpose."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.conftest import Hook, Json, World

MESSAGES = "/conversations/1/messages"


class Rig(World):
    """A sandbox with faults, and conversation 1 in it."""

    def put(self, *rules: Json, **more: object) -> requests.Response:
        return requests.put(f"{self.server.url}/_faults", json={"rules": list(rules), **more}, timeout=5)

    def set(self, do: str, **more: object) -> None:
        """One rule for posted messages."""
        assert self.put({"name": "it", "method": "POST", "path": "/messages$", "do": do, **more}).status_code == 200

    def see(self, path: str = "/_faults") -> Json:
        seen: Json = requests.get(self.server.url + path, timeout=5).json()
        return seen

    def say(self, content: str = "Hi", timeout: float = 5) -> requests.Response:
        """The visitor's words, as Handoff brings them."""
        body = {"content": content, "message_type": "incoming", "source_id": "bot:1"}
        return requests.post(self.admin.base + MESSAGES, json=body, headers=self.admin.headers, timeout=timeout)

    @property
    def stored(self) -> list[str]:
        return [message["content"] for message in self.see("/_store")["messages"]]

    @property
    def applied(self) -> int:
        return int(self.see()["applied"]["it"])


def until(is_so: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline


@pytest.fixture
def rig(hook: Hook, stopping: ThreadPoolExecutor) -> Iterator[Rig]:
    rig = Rig(hook, faults=True)
    rig.conversation()
    yield rig
    stopping.submit(rig.server.stop)


def test_without_the_option_there_is_nothing_to_set_and_nothing_to_see(world: World) -> None:
    for path in ("/_faults", "/_store", "/_store/conversations"):
        assert requests.get(world.server.url + path, timeout=5).status_code == 404
    assert requests.put(f"{world.server.url}/_faults", json={}, timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The body is not JSON."),
        (b"[]", "The plan must be an object."),
        (b'{"rule": []}', "The plan cannot have 'rule', only seed, rules, webhooks, files."),
        (b'{"rules": {}}', "The plan needs a list as its 'rules'."),
        (b'{"rules": [7]}', "Rule 0 must be an object."),
        (b'{"rules": [{"name": "x"}]}', "Rule 0 has no 'do'."),
        (b'{"rules": [{"name": "x", "do": "late", "share": 2}]}', "Rule 0 needs a number from 0 to 1 as its 'share'."),
        (b'{"rules": [{"name": "x", "do": "late", "path": "("}]}', "Rule 0 needs a regular expression as its 'path'."),
        (b'{"webhooks": {"drop": true}}', "'webhooks' needs a number from 0 to 1 as its 'drop'."),
        (
            b'{"webhooks": {"delay_seconds": [2, 1]}}',
            "'webhooks' needs the least and the most seconds, two numbers, as its 'delay_seconds'.",
        ),
    ],
)
def test_a_malformed_plan_is_refused_with_a_sentence_and_changes_nothing(rig: Rig, body: bytes, sentence: str) -> None:
    rig.set("error_before")
    refused = requests.put(f"{rig.server.url}/_faults", data=body, timeout=5)
    assert (refused.status_code, refused.json()) == (422, {"error": sentence})
    assert rig.say().status_code == 500


@pytest.mark.parametrize(("do", "stored"), [("error_before", []), ("error_after", ["Hi"])])
def test_an_error_comes_before_or_after_the_commit(rig: Rig, do: str, stored: list[str]) -> None:
    rig.set(do)
    assert (rig.say().status_code, rig.stored) == (500, stored)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"status": 500}, '{"status":500,"error":"Internal Server Error"}'),
        ({"status": 401}, '{"error":"Invalid Access Token"}'),
        ({"status": 429}, "Retry later\n"),
        ({"status": 422}, '{"error":"Validation failed: Content is too long (maximum is 150000 characters)"}'),
        ({"status": 422, "do": "error_after"}, '{"error":"Something went wrong"}'),
        ({"status": 422, "error": "Something went wrong"}, '{"error":"Something went wrong"}'),
        ({"status": 418}, '{"error":"I\'m a Teapot"}'),
    ],
)
def test_an_error_has_the_body_chatwoot_would_give_it(rig: Rig, rule: Json, text: str) -> None:
    rig.set(**{"do": "error_before", **rule})
    answer = rig.say()
    assert (answer.status_code, answer.text, "retry-after" in answer.headers) == (rule["status"], text, False)


def test_a_gateways_error_is_html(rig: Rig) -> None:
    rig.set("error_before", status=502)
    answer = rig.say()
    assert answer.headers["content-type"].startswith("text/html")
    assert "502 Bad Gateway" in answer.text


def test_retry_after_is_sent_if_given(rig: Rig) -> None:
    rig.set("error_before", status=429, retry_after=3)
    assert rig.say().headers["retry-after"] == "3"


@pytest.mark.parametrize(("do", "stored"), [("reset_before", []), ("reset_after", ["Hi"])])
def test_a_reset_closes_the_connection_without_an_answer(rig: Rig, do: str, stored: list[str]) -> None:
    rig.set(do)
    with pytest.raises(requests.ConnectionError):
        rig.say()
    assert rig.stored == stored


def test_a_reset_closes_only_the_connection_it_is_about(rig: Rig) -> None:
    with requests.Session() as other:
        other.get(f"{rig.server.url}/health", timeout=5)
        rig.set("reset_before")
        with pytest.raises(requests.ConnectionError):
            rig.say()
        assert other.get(f"{rig.server.url}/health", timeout=5).json() == {"status": "woot"}


@pytest.mark.parametrize(("do", "stored"), [("hang_before", []), ("hang_after", ["Hi"])])
def test_a_client_gives_up_on_a_hanging_request(rig: Rig, do: str, stored: list[str]) -> None:
    rig.set(do, seconds=30)
    with pytest.raises(requests.ReadTimeout):
        rig.say(timeout=0.2)
    assert rig.stored == stored


def test_who_outlasts_the_hanging_gets_the_answer_or_a_gateways_word(rig: Rig) -> None:
    rig.set("hang_after", seconds=0.05)
    assert rig.say().json()["content"] == "Hi"
    rig.set("hang_before", seconds=0.05)
    assert rig.say().status_code == 504


def test_a_late_request_is_carried_out_after_its_client_has_left_and_looked(rig: Rig) -> None:
    rig.set("late", seconds=1)
    with pytest.raises(requests.ReadTimeout):
        rig.say(timeout=0.1)
    assert (rig.stored, rig.see()["pending"]) == ([], 1)
    until(lambda: rig.see()["pending"] == 0)
    assert rig.stored == ["Hi"]


def test_a_late_request_is_answered_to_who_still_waits(rig: Rig) -> None:
    rig.set("late", seconds=0.05)
    assert rig.say().json()["content"] == "Hi"


def test_a_rule_strikes_only_its_method_and_path(rig: Rig) -> None:
    rig.set("error_before")
    assert rig.admin.get(MESSAGES).status_code == 200
    assert rig.admin.post("/conversations/1/update_last_seen").status_code == 200
    assert rig.applied == 0


def test_a_rule_without_method_and_path_strikes_all_but_the_desk_and_itself(rig: Rig) -> None:
    rig.put({"name": "it", "do": "error_before"})
    assert rig.admin.get("/agents").status_code == 500
    assert requests.get(f"{rig.server.url}/desk/api/agents", timeout=5).status_code == 200
    assert rig.applied == 1


def test_times_is_how_often_at_most(rig: Rig) -> None:
    rig.set("error_before", times=2)
    assert [rig.say().status_code for _ in range(4)] == [500, 500, 200, 200]
    assert rig.applied == 2


def test_the_first_rule_that_strikes_is_the_only_one(rig: Rig) -> None:
    rig.put({"name": "a", "do": "error_before", "times": 1}, {"name": "b", "do": "error_before", "status": 503})
    assert [rig.say().status_code for _ in range(2)] == [500, 503]
    assert rig.see()["applied"] == {"a": 1, "b": 1}


def test_a_share_falls_alike_with_the_same_seed(rig: Rig) -> None:
    def statuses(seed: int) -> list[int]:
        rig.put({"name": "it", "method": "GET", "do": "error_before", "share": 0.5}, seed=seed)
        return [rig.admin.get("/agents").status_code for _ in range(20)]

    first = statuses(7)
    assert set(first) == {200, 500}
    assert statuses(7) == first
    assert statuses(8) != first


def test_an_empty_plan_ends_the_faults_and_leaves_the_counts(rig: Rig) -> None:
    rig.set("error_before")
    rig.say()
    requests.put(f"{rig.server.url}/_faults", json={}, timeout=5)
    assert (rig.say().status_code, rig.applied) == (200, 1)
    rig.set("error_before")
    assert rig.applied == 0


def test_fifty_hanging_requests_keep_nobody_waiting(rig: Rig) -> None:
    rig.set("hang_after", seconds=30, times=50)
    hanging = [_post_and_leave_open(rig) for _ in range(50)]
    until(lambda: rig.applied == 50 and len(rig.stored) == 50)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: rig.say(), range(40))} == {200}
    assert time.monotonic() - began < 5
    for connection in hanging:
        connection.close()


def _post_and_leave_open(rig: Rig) -> socket.socket:
    parts = urlsplit(rig.admin.base + MESSAGES)
    connection = socket.create_connection((str(parts.hostname), int(parts.port or 0)))
    body = b'{"content":"x"}'
    head = f"POST {parts.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}api_access_token: {rig.demo.admin_token}\r\n\r\n".encode() + body)
    return connection


def test_the_store_shows_every_message_as_it_is_kept(rig: Rig) -> None:
    said = rig.say().json()
    rig.server.agent_notes(1, "psst")
    first, second = rig.see("/_store")["messages"]
    assert type(first.pop("created_at")) is float
    assert first == {
        "id": said["id"],
        "conversation_id": 1,
        "message_type": "incoming",
        "private": False,
        "content": "Hi",
        "source_id": "bot:1",
        "content_attributes": {},
        "status": "sent",
    }
    assert (second["message_type"], second["private"]) == ("outgoing", True)
    assert rig.see(f"/_store?since={said['id']}")["messages"] == [second]


def test_a_deleted_message_keeps_its_source_id(rig: Rig) -> None:
    said = rig.say().json()
    rig.admin.delete(f"{MESSAGES}/{said['id']}")
    (kept,) = rig.see("/_store")["messages"]
    assert (kept["source_id"], kept["content"], kept["content_attributes"]) == ("bot:1", "This message was deleted", {"deleted": True})


def test_the_store_shows_the_conversations(rig: Rig) -> None:
    rig.admin.post("/conversations/1/custom_attributes", custom_attributes={"a": 1})
    expected = {"id": 1, "source_id": "S", "custom_attributes": {"a": 1}, "status": "open"}
    assert rig.see("/_store/conversations") == {"conversations": [expected]}
