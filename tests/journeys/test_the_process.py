"""The one process of ``./start``: killed, stopped, and started again."""

from __future__ import annotations

import sqlite3
import uuid

import pytest
import requests

from tests.hub import Hub


@pytest.fixture
def own_hub(tmp_path):
    hub = Hub(tmp_path)
    yield hub
    hub.kill()


class Caller:
    """A visitor over HTTP."""

    def __init__(self, hub):
        self.hub, self.tab, self.n = hub, str(uuid.uuid4()), 0
        opened = requests.post(f"{hub.url}/webchat/session", json={"scenario": "demo"}, headers={"Origin": hub.url}, timeout=10)
        self.headers = {"Authorization": f"Bearer {opened.json()['token']}"}

    def says(self, text):
        self.n += 1
        body = {"cid": str(uuid.uuid4()), "tab": self.tab, "n": self.n, "text": text}
        answer = requests.post(f"{self.hub.url}/webchat/messages", json=body, headers=self.headers, timeout=10)
        assert answer.status_code == 201


def at_the_desk(hub, text):
    """How often the desk holds a message of these words."""
    store = sqlite3.connect(hub.data / "sandbox.sqlite3")
    return store.execute("SELECT count(*) FROM messages WHERE content = ?", [text]).fetchone()[0]


def wait_until(hub, settled):
    """The sweeper looks every second; asking the hub whether it is alive gives it the time."""
    for _ in range(3000):
        if settled():
            return
        requests.get(f"{hub.url}/healthz", timeout=10)
    raise AssertionError("It did not settle.")


def nothing_is_owed(hub):
    store = sqlite3.connect(hub.data / "handoff.sqlite3")
    return store.execute("SELECT count(*) FROM handoffs_delivery WHERE state NOT IN ('sent', 'parked')").fetchone()[0] == 0


def test_a_message_acknowledged_just_before_a_kill_arrives_once(own_hub):
    own_hub.start()
    texts = []
    for _ in range(3):
        caller = Caller(own_hub)
        texts.append(f"Just before the crash {uuid.uuid4()}")
        caller.says("human")
        caller.says(texts[-1])
        own_hub.kill()
        own_hub.start()
    wait_until(own_hub, lambda: nothing_is_owed(own_hub))
    assert [at_the_desk(own_hub, text) for text in texts] == [1, 1, 1]


def test_ctrl_c_stops_cleanly_and_the_next_start_keeps_the_data(own_hub):
    own_hub.start()
    password = own_hub.password
    assert password in own_hub.greeting
    caller = Caller(own_hub)
    assert own_hub.stop() == 0
    assert "Traceback" not in (own_hub.data / "log.txt").read_text()
    own_hub.start()
    assert own_hub.password == password
    caller.says("Still me")


def test_a_port_in_use_is_one_sentence_and_exit_code_2(own_hub, tmp_path):
    own_hub.start()
    second = Hub(tmp_path / "second")
    second.data.mkdir()
    second.port, second.desk_port = own_hub.port, own_hub.desk_port
    with pytest.raises(AssertionError):
        second.start()
    assert second.process.wait(timeout=10) == 2
    assert (second.data / "log.txt").read_text() == (
        f"handoff: Port {own_hub.port} is in use; stop what listens there, or choose another with --port N.\n"
    )
