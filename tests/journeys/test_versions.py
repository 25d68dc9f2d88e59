"""Old and new Chatwoots: whether they sign is seen, not set, and who has signed once must go on signing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.desk import Desk
from tests.hub import ROOT, Hub
from tests.journeys.two_sides import Agent, Visitor, eventually

SIGNS = {"4.2.0": False, "4.12.1": False, "4.13.0": True, "4.16.2": True, "4.18.0": True}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """One for each: at another desk the same numbers would be other messages."""
    (tmp_path / "hub").mkdir()
    hub = Hub(tmp_path / "hub").start()
    yield hub
    hub.kill()


@pytest.fixture(params=SIGNS)
def desk(hub: Hub, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A Chatwoot of that version, and the demo handoff leading to it. One that does not sign has no secret to be copied."""
    desk = Desk(tmp_path, hub.port, version=request.param)
    connect(hub, desk, desk.start() | ({} if SIGNS[request.param] else {"inbox_secret": ""}))
    yield desk
    desk.process.remove()


def connect(hub: Hub, desk: Desk, credentials: dict[str, object]) -> None:
    where = {"domain": f"http://127.0.0.1:{desk.port}/api/v1/", "account": credentials["account_id"], "inbox": credentials["inbox_id"]}
    keys = {"token": credentials["admin_token"], "secret": credentials["inbox_secret"]}
    options = [f"--{name}={value}" for name, value in (where | keys).items()]
    environment = {"HANDOFF_DATA": str(hub.data), "PATH": os.environ["PATH"], "HANDOFF_ALLOWED_NETWORKS": "127.0.0.0/8"}
    command = [sys.executable, "manage.py", "load_demo", *options]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def test_a_conversation_goes_both_ways_whatever_the_version(hub: Hub, desk: Desk, request: pytest.FixtureRequest) -> None:
    version = request.node.callspec.params["desk"]
    agent = Agent(hub, api=f"http://127.0.0.1:{desk.port}/desk/api")
    visitor = Visitor(hub)
    visitor.asks_for_a_human(f"Hello, {version}?")
    agent.takes(f"Hello, {version}?")
    agent.replies("Here I am.")
    visitor.sees("Here I am.")
    eventually(lambda: state(hub) == ("sent", SIGNS[version]), "the echo came as this version sends it")
    forged = {"event": "message_created", "message_type": "outgoing", "id": 999_999, "content": "Forged.", "inbox": {"id": 1}}
    answer = requests.post(f"{hub.url}/w/demo/incoming-chatwoot", json={**forged, "account": {"id": 1}}, timeout=20)
    assert answer.status_code == (401 if SIGNS[version] else 200)
    agent.sets("resolved")
    visitor.until(lambda: visitor.floor["mode"] == "bot", "the bot has the floor")
    assert "Forged." not in visitor.texts()


def state(hub: Hub) -> tuple[str, bool]:
    """How the last message fared, and whether webhooks were seen signed. It must have come back by webhook."""
    with sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20) as database:
        last = "SELECT state FROM handoffs_delivery WHERE kind = 'message' AND echoed_at IS NOT NULL ORDER BY id DESC LIMIT 1"
        fared = database.execute(last).fetchone()
        signed = database.execute("SELECT seen_signed_at FROM handoffs_handoff").fetchone()
        return (fared or [""])[0], signed[0] is not None
