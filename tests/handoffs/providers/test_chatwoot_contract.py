"""The provider contract, held by Chatwoot's provider against the stand-in over real HTTP, webhooks included."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from handoffs.providers.base import AgentSaid, Connection, Provider, Thread, ThreadChanged
from handoffs.providers.chatwoot.talk import ZERO_WIDTH_SPACE
from handoffs.providers.registry import connect
from tests.handoffs.providers.contract import NetworkContract
from tests.handoffs.providers.contract_base import outgoing, request, visitor
from tests.handoffs.providers.desk import Desk
from tests.handoffs.providers.sandbox_desk import SandboxDesk


class TestChatwootContract(NetworkContract):
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
        person, wish = visitor(), request()
        first = provider.open(person, wish)
        assert provider.open(person, wish) == first
        assert provider.open(person, request()).conversation_id != first.conversation_id
        assert provider.open(person, wish) == first

    def test_liquid_in_a_note_stays_what_the_visitor_typed(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        provider.send(thread, outgoing("Visitor: {{ contact.name }}", private=True))
        assert [text.replace(ZERO_WIDTH_SPACE, "") for text in desk.private_texts(thread)] == ["Visitor: {{ contact.name }}"]

    def test_a_conversation_given_back_to_the_bot_is_read_as_given_back(
        self, provider: Provider, desk: SandboxDesk, thread: Thread
    ) -> None:
        desk.api("POST", f"conversations/{thread.conversation_id}/toggle_status", {"status": "pending"})
        assert provider.read(thread, 0).state.closed == "given_back"

    def test_an_agent_who_answers_without_taking_the_conversation_is_named_by_their_public_name(
        self, provider: Provider, desk: SandboxDesk, thread: Thread
    ) -> None:
        desk.server.agent_replies(int(thread.conversation_id), "Hello from nobody’s desk", agent="Jane")
        raw = desk.webhook("nobody’s desk").raw
        (heard,) = provider.parse(raw)
        without_nested = json.loads(raw)
        without_nested["conversation"]["messages"] = []
        (unnamed,) = provider.parse(json.dumps(without_nested).encode())
        (read,) = provider.read(thread, 0).events
        assert isinstance(heard, AgentSaid) and isinstance(read, AgentSaid)
        assert heard.name == read.name == "Jane"
        assert isinstance(unnamed, ThreadChanged) and "Doe" not in repr(unnamed)
