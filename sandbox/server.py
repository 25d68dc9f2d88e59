"""The stand-in on a port of this machine, in a thread beside whatever else the process does."""

import socket
import threading
from types import TracebackType
from typing import Any, Self

import requests
import uvicorn

from sandbox import rest
from sandbox.app import create_app
from sandbox.store import Row, Store

HOST = "127.0.0.1"


class DeskServer(uvicorn.Server):
    """Says when it is up, hangs up on a client, and ends the desk's event streams before it goes down: uvicorn would wait."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up_or_failed = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.hang_up = self.hang_up  # type: ignore[union-attr]
        await super().startup(sockets)
        self.up_or_failed.set()

    def hang_up(self, client: tuple[str, int]) -> None:
        """Close the connection that comes from there, without a word."""
        for connection in list(self.server_state.connections):
            if connection.transport.get_extra_info("peername") == client:
                connection.transport.abort()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.bell.close()  # type: ignore[union-attr]
        await super().shutdown(sockets)


class SandboxServer:
    """`with SandboxServer() as chatwoot:` or start() and stop(). Signal handlers stay whose they were."""

    def __init__(self, store: Store | None = None, *, port: int = 0, **app_options: Any) -> None:
        self.store = store or Store()
        self._port = port
        self._app_options = app_options

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def start(self) -> Self:
        """Also after a stop: the same port, the same store, a new application."""
        listener = listen(self._port)
        self._port = listener.getsockname()[1]
        self.app = create_app(self.store, **({"frontend_url": self.url} | self._app_options))
        config = uvicorn.Config(self.app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        self._server = DeskServer(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="sandbox", daemon=True)
        self._thread.start()
        self._server.up_or_failed.wait()
        if not self._server.started:
            raise RuntimeError("the sandbox did not start")
        return self

    def _run(self, listener: socket.socket) -> None:
        try:
            self._server.run(sockets=[listener])
        finally:
            self._server.up_or_failed.set()

    def stop(self) -> None:
        """The store stays open: it belongs to whoever made it, and tests read it afterwards."""
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def drain(self, timeout: float = 30) -> None:
        """Wait until every webhook owed so far was attempted."""
        self.app.state.webhooks.drain(timeout)

    def agent_replies(self, conversation_id: int, text: str, agent: str = "Jane", **more: Any) -> Row:
        return self._as_agent(agent, conversation_id, "/messages", {"content": text, **more})

    def agent_notes(self, conversation_id: int, text: str, agent: str = "Jane") -> Row:
        return self.agent_replies(conversation_id, text, agent, private=True)

    def agent_resolves(self, conversation_id: int, agent: str = "Jane") -> Row:
        return self._as_agent(agent, conversation_id, "/toggle_status", {"status": "resolved"})

    def agent_types(self, conversation_id: int, on: bool = True, agent: str = "Jane") -> None:
        self._as_agent(agent, conversation_id, "/toggle_typing_status", {"typing_status": "on" if on else "off", "is_private": False})

    def messages(self, conversation_id: int) -> list[Row]:
        """Everything in the conversation, oldest first, in the shape REST gives it."""
        rows = self.store.all(
            "SELECT m.* FROM messages m JOIN conversations c ON c.id = m.conversation_id"
            " WHERE c.display_id = ? ORDER BY m.created_at, m.id",
            conversation_id,
        )
        return [rest.message(self.store, row) for row in rows]

    def _as_agent(self, name: str, conversation_id: int, path: str, body: Row) -> Row:
        user = self.store.one("SELECT * FROM users WHERE ? IN (name, display_name)", name)
        if user is None:
            raise LookupError(f"no agent called {name}")
        account_id = self.store.find("account_users", user_id=user["id"])["account_id"]
        url = f"{self.url}/api/v1/accounts/{account_id}/conversations/{conversation_id}{path}"
        response = requests.post(url, json=body, headers={"api_access_token": user["access_token"]}, timeout=10)
        response.raise_for_status()
        answer: Row = response.json() if response.content else {}
        return answer


def listen(port: int) -> socket.socket:
    """Bound and listening before the thread starts, so that a port in use is an error here and now."""
    return socket.create_server((HOST, port))
