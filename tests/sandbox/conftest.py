"""A stand-in Chatwoot on a real port, somebody who catches its webhooks, and clients with the rights of each person."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
import requests

from sandbox.seed import Credentials, ensure_demo
from sandbox.server import SandboxServer
from sandbox.store import Store

Json = dict[str, Any]


class Delivery(NamedTuple):
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Json:
        parsed: Json = json.loads(self.raw)
        return parsed


class Hook:
    """Catches webhooks. `status` is what it answers; while `held` it answers nothing at all."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.status = 200
        self.location = ""
        self.released = threading.Event()
        self.released.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _handler(hook) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                hook.deliveries.append(Delivery({name.lower(): value for name, value in self.headers.items()}, raw))
                hook.released.wait(10)
                self.send_response(302 if hook.location and self.path == "/hook" else hook.status)
                self.send_header("Location", hook.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler

    def bodies(self, event: str = "") -> list[Json]:
        return [delivery.body for delivery in self.deliveries if event in ("", delivery.body["event"])]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class Api:
    """The application API with one token."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self.headers = {"api_access_token": token}

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.base + path, headers=self.headers, timeout=10, **options)

    def get(self, path: str, **params: object) -> requests.Response:
        return self.call("GET", path, params={key: str(value) for key, value in params.items()})

    def post(self, path: str, **body: object) -> requests.Response:
        return self.call("POST", path, json=body)

    def patch(self, path: str, **body: object) -> requests.Response:
        return self.call("PATCH", path, json=body)

    def delete(self, path: str) -> requests.Response:
        return self.call("DELETE", path)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.close()


class World:
    """A started sandbox with the demo in it. `options` are create_app's."""

    def __init__(self, hook: Hook, **options: Any) -> None:
        self.hook = hook
        self.server = SandboxServer(**options)
        self.demo: Credentials = ensure_demo(self.server.store, hook.url)
        self.server.start()
        self.admin = self.api(self.demo.admin_token)
        self.jane = self.api(self.token("Jane Doe"))

    @property
    def store(self) -> Store:
        return self.server.store

    def token(self, name: str) -> str:
        return str(self.store.find("users", name=name)["access_token"])

    def api(self, token: str, account_id: int = 1) -> Api:
        return Api(f"{self.server.url}/api/v1/accounts/{account_id}", token)

    def contact(self, source_id: str = "S", **more: object) -> Json:
        body = {"inbox_id": self.demo.inbox_id, "source_id": source_id, "name": "Ann", **more}
        contact: Json = self.admin.post("/contacts", **body).json()["payload"]["contact"]
        return contact

    def conversation(self, source_id: str = "S", **more: object) -> int:
        contact = self.contact(source_id)
        body = {"inbox_id": self.demo.inbox_id, "contact_id": contact["id"], "source_id": source_id, **more}
        return int(self.admin.post("/conversations", **body).json()["id"])

    def visitor_says(self, conversation_id: int, content: str, **more: object) -> Json:
        path = f"/conversations/{conversation_id}/messages"
        message: Json = self.admin.post(path, content=content, message_type="incoming", **more).json()
        return message

    def heard(self, event: str = "") -> list[Json]:
        """The webhooks caught so far, once all that are owed were attempted."""
        self.server.drain()
        return self.hook.bodies(event)

    def forget(self) -> None:
        self.server.drain()
        self.hook.deliveries.clear()


@pytest.fixture(scope="session")
def stopping() -> Iterator[ThreadPoolExecutor]:
    """uvicorn takes its time to stop; the next test need not wait for it."""
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.fixture
def make_world(hook: Hook, stopping: ThreadPoolExecutor) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:
        made.append(World(hook, **options))
        return made[-1]

    yield make
    hook.released.set()
    for world in made:
        stopping.submit(world.server.stop)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
