"""python -m sandbox, as a rig starts it."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Api

ROOT = Path(__file__).parents[2]


@pytest.fixture
def credentials(tmp_path: Path) -> Iterator[Path]:
    """Written by a sandbox that was given every option."""
    file = tmp_path / "credentials.json"
    options = ["--seed-demo", "--webhook-url", "http://127.0.0.1:1/hook", "--credentials", str(file), "--data", ":memory:", "--port", "0"]
    more = ["--version", "4.16.1", "--per-minute", "2", "--faults"]
    process = subprocess.Popen([sys.executable, "-m", "sandbox", *options, *more], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    yield file
    process.kill()
    process.communicate()


def test_a_rig_finds_all_it_needs_in_the_credentials_file(credentials: Path) -> None:
    found: dict[str, Any] = json.loads(credentials.read_text())
    assert found.keys() == {"account_id", "inbox_id", "admin_token", "inbox_secret", "agent_token", "agent_tokens", "port"}
    assert found["agent_tokens"].keys() == {"Jane", "Sam", "Priya"}
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600


def test_the_options_reach_the_sandbox(credentials: Path) -> None:
    found = json.loads(credentials.read_text())
    url = f"http://127.0.0.1:{found['port']}"
    assert requests.get(f"{url}/api", timeout=5).json()["version"] == "4.16.1"
    assert requests.get(f"{url}/_faults", timeout=5).status_code == 200
    bridge = Api(f"{url}/api/v1/accounts/{found['account_id']}", found["admin_token"])
    inbox = bridge.get(f"/inboxes/{found['inbox_id']}").json()
    assert inbox["webhook_url"] == "http://127.0.0.1:1/hook"
    sam = Api(bridge.base, found["agent_tokens"]["Sam"])
    assert sam.get("/profile").status_code == 404, "the profile belongs to no account"
    assert [row["id"] for row in sam.get("/inboxes").json()["payload"]] == [found["inbox_id"]]
