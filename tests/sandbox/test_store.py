"""What was answered 200 is still there after kill -9."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import NotFound
from sandbox.people import create_account
from sandbox.seed import ensure_demo
from sandbox.server import SandboxServer
from sandbox.store import Event, Store
from tests.sandbox.conftest import Api

ROOT = Path(__file__).parents[2]

RUN_UNTIL_KILLED = """
import sys
from sandbox.server import SandboxServer
from sandbox.store import Store
print(SandboxServer(Store(sys.argv[1])).start().url, flush=True)
sys.stdin.read()
"""


def test_everything_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "var" / "sandbox.sqlite3"
    before = ensure_demo(Store(path), "http://localhost/hook")
    command = [sys.executable, "-c", RUN_UNTIL_KILLED, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    api = Api(f"{process.stdout.readline().strip()}/api/v1/accounts/1", before.admin_token)
    made = api.post("/contacts", name="Ann", inbox_id=before.inbox_id, source_id="S").json()["payload"]["contact"]
    process.kill()
    process.communicate()
    store = Store(path)
    assert store.find("contacts", id=made["id"])["name"] == "Ann"
    assert ensure_demo(store, "http://localhost/hook") == before


def test_seeding_twice_changes_only_the_webhook_address() -> None:
    store = Store()
    first = ensure_demo(store, "http://localhost/one")
    assert ensure_demo(store, "http://localhost/two") == first
    assert store.find("inboxes", id=first.inbox_id)["webhook_url"] == "http://localhost/two"
    ensure_demo(store, "")
    assert store.find("inboxes", id=first.inbox_id)["webhook_url"] == "http://localhost/two"
    assert store.count("users", "1") == 5


def test_tokens_and_secrets_differ_between_installations() -> None:
    one, two = ensure_demo(Store(), ""), ensure_demo(Store(), "")
    assert one.admin_token != two.admin_token
    assert one.inbox_secret != two.inbox_secret


def test_what_is_rolled_back_is_neither_kept_nor_told() -> None:
    store, heard = Store(), list[Event]()
    store.subscribe(heard.append)

    def fail() -> None:
        with store.transaction():
            create_account(store, "Gone")
            store.emit("message_created", 1)
            store.find("accounts", id=99)

    with pytest.raises(NotFound):
        fail()
    assert (store.count("accounts", "1"), heard) == (0, [])


def test_a_server_starts_again_on_the_same_port() -> None:
    server = SandboxServer()
    with server:
        url = server.url
    with server:
        assert server.url == url
        assert Api(server.url, "").get("/api").status_code == 200


def test_a_port_in_use_is_an_error_at_once() -> None:
    with SandboxServer() as server, pytest.raises(OSError, match="in use"):
        SandboxServer(port=int(server.url.rpartition(":")[2])).start()
