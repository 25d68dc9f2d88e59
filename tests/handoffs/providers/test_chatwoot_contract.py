"""The provider contract, held by Chatwoot's provider against the stand-in over real HTTP, webhooks included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
import requests

from handoffs.providers.base import AgentSaid, Connection, Provider, Thread, ThreadClosed
from handoffs.providers.chatwoot.provider import ZERO_WIDTH_SPACE
from handoffs.providers.registry import connect
from sandbox.seed import ensure_demo
from sandbox.server import SandboxServer
from tests.handoffs.providers.contract import ProviderContract, new_id, outgoing, visitor
from tests.handoffs.providers.desk import Desk, Webhook
from tests.handoffs.providers.servers import Listener, Seen, listening

INCOMING = 0
TOLD_BY = ("message_created", "conversation_status_changed")


class SandboxDesk(Desk):
    def __init__(self, server: SandboxServer, hub: Listener) -> None:
        credentials = ensure_demo(server.store, f"{hub.url}/incoming-chatwoot")
        self.server = server
        self.hub = hub
        self.connection = Connection(
            server.url,
            credentials.account_id,
            credentials.inbox_id,
            credentials.admin_token,
            credentials.inbox_secret,
            (ip_network("127.0.0.0/8"),),
        )

    def agent_says(self, thread: Thread, text: str, name: str = "Jane") -> None:
        """As agents do: take the conversation, then answer. Only an assigned agent's public name is in a webhook."""
        self.api("POST", f"conversations/{thread.conversation_id}/assignments", {"assignee_id": self.agent_id(name)})
        self.server.agent_replies(int(thread.conversation_id), text, agent=name)

    def agent_notes(self, thread: Thread, text: str) -> None:
        self.server.agent_notes(int(thread.conversation_id), text)

    def agent_resolves(self, thread: Thread) -> None:
        self.server.agent_resolves(int(thread.conversation_id))

    def visitor_texts(self, thread: Thread) -> list[str]:
        messages = self.server.messages(int(thread.conversation_id))
        return [message["content"] for message in messages if message["message_type"] == INCOMING]

    def private_texts(self, thread: Thread) -> list[str]:
        return [message["content"] for message in self.server.messages(int(thread.conversation_id)) if message["private"]]

    def agent_id(self, name: str) -> object:
        return next(agent["id"] for agent in self.api("GET", "agents") if name in (agent["name"], agent["available_name"]))

    def api(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.server.url}/api/v1/accounts/{self.connection.account_id}/{path}"
        answer = requests.request(method, url, json=body, headers={"api_access_token": self.connection.access_token}, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def webhook(self, containing: str) -> Webhook:
        self.server.drain()
        seen = next(seen for seen in reversed(self.hub.seen) if tells(seen, containing))
        return Webhook(seen.headers, seen.body, float(seen.headers["x-chatwoot-timestamp"]))


def tells(seen: Seen, words: str) -> bool:
    """Whether a call is about these words itself: nested messages and other events repeat them."""
    payload = json.loads(seen.body)
    return payload["event"] in TOLD_BY and words in (payload.get("content") or payload["event"])


@pytest.fixture(scope="module")
def sandbox_desk() -> Iterator[SandboxDesk]:
    with SandboxServer() as server, listening() as hub:
        yield SandboxDesk(server, hub)


class TestChatwootContract(ProviderContract):
    @pytest.fixture
    def desk(self, sandbox_desk: SandboxDesk) -> SandboxDesk:
        return sandbox_desk

    def connect(self, connection: Connection) -> Provider:
        return connect("chatwoot", connection)

    # --- what only Chatwoot has -----------------------------------------------------------------------------------------------------------

    @pytest.fixture
    def unlocked(self, desk: SandboxDesk) -> Iterator[None]:
        """The inbox starts a new conversation for a visitor who comes again."""
        inbox = f"inboxes/{desk.connection.inbox_id}"
        desk.api("PATCH", inbox, {"lock_to_single_conversation": False})
        yield
        desk.api("PATCH", inbox, {"lock_to_single_conversation": True})

    @pytest.mark.usefixtures("unlocked")
    def test_an_inbox_without_the_single_conversation_lock_gives_one_thread_per_key(self, provider: Provider) -> None:
        person, key = visitor(), new_id()
        first = provider.open(person, key)
        assert provider.open(person, key) == first
        assert provider.open(person, new_id()).conversation_id != first.conversation_id
        assert provider.open(person, key) == first

    def test_liquid_in_a_note_stays_what_the_visitor_typed(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        provider.send(thread, outgoing("Visitor: {{ contact.name }}", private=True))
        assert [text.replace(ZERO_WIDTH_SPACE, "") for text in desk.private_texts(thread)] == ["Visitor: {{ contact.name }}"]

    def test_a_conversation_given_back_to_the_bot_is_read_as_given_back(
        self, provider: Provider, desk: SandboxDesk, thread: Thread
    ) -> None:
        desk.api("POST", f"conversations/{thread.conversation_id}/toggle_status", {"status": "pending"})
        (closed,) = provider.read(thread, 0).events
        assert isinstance(closed, ThreadClosed) and closed.reason == "given_back"

    def test_an_agent_who_answers_without_taking_the_conversation_has_only_the_full_name_in_a_webhook(
        self, provider: Provider, desk: SandboxDesk, thread: Thread
    ) -> None:
        desk.server.agent_replies(int(thread.conversation_id), "Hello from nobody’s desk", agent="Jane")
        (heard,) = provider.parse(desk.webhook("nobody’s desk").raw)
        (read,) = provider.read(thread, 0).events
        assert isinstance(heard, AgentSaid) and isinstance(read, AgentSaid)
        assert (heard.name, read.name) == ("Jane Doe", "Jane")
