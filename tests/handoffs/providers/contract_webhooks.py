"""The part of the provider contract that is about webhooks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from handoffs.providers.base import (
    AgentSaid,
    BadSignature,
    Ignored,
    Malformed,
    OurEcho,
    Provider,
    Recipient,
    Thread,
    ThreadChanged,
)
from tests.handoffs.providers.contract_base import Contract, outgoing, request, visitor
from tests.handoffs.providers.desk import Desk


class WebhookContract(Contract):
    def test_a_webhook_of_the_desk_is_believed_and_says_what_the_agent_said(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Hello from the webhook")
        webhook = desk.webhook("Hello from the webhook")
        provider.verify(webhook.headers, webhook.raw, webhook.at)
        account, inbox = desk.connection.account_id, desk.connection.inbox_id
        assert provider.recipient(webhook.raw) in (Recipient(account, inbox), Recipient(None, inbox))
        (event,) = provider.parse(webhook.raw)
        assert isinstance(event, AgentSaid) and (event.text, event.name) == ("Hello from the webhook", "Jane")
        assert event.thread.conversation_id == thread.conversation_id

    def test_a_webhook_and_a_reading_give_a_message_the_same_id_and_words(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Hello both ways")
        (heard,) = provider.parse(desk.webhook("Hello both ways").raw)
        (read,) = provider.read(thread, 0).events
        assert isinstance(heard, AgentSaid) and isinstance(read, AgentSaid)
        assert (heard.remote_id, heard.text, heard.name) == (read.remote_id, read.text, read.name)

    def test_a_webhook_names_the_visitor_by_our_key(self, provider: Provider, desk: Desk) -> None:
        person = visitor()
        desk.agent_says(provider.open(person, request()), "Hello you")
        (event,) = provider.parse(desk.webhook("Hello you").raw)
        assert isinstance(event, AgentSaid) and event.thread.person_key == person.key

    def test_a_webhook_of_a_note_between_agents_says_nothing(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "said before")
        desk.agent_notes(thread, "nobody else may read this")
        events = provider.parse(desk.webhook("nobody else may read this").raw)
        assert all(isinstance(event, Ignored) for event in events)
        assert "nobody else" not in repr(events) and "said before" not in repr(events)

    def test_a_webhook_of_our_own_message_is_its_echo(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        message = outgoing("echo me")
        remote_id = provider.send(thread, message)
        (event,) = provider.parse(desk.webhook("echo me").raw)
        assert isinstance(event, OurEcho) and (event.key, event.remote_id) == (message.key, remote_id)

    def test_a_webhook_of_the_end_makes_us_look(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_resolves(thread)
        (event,) = provider.parse(desk.webhook("status_changed").raw)
        assert isinstance(event, ThreadChanged) and event.what and event.thread.conversation_id == thread.conversation_id

    def test_a_webhook_that_was_tampered_with_is_refused(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Hello signature")
        webhook = desk.webhook("Hello signature")
        headers, raw, at = webhook.headers, webhook.raw, webhook.at
        again = json.dumps(json.loads(raw), indent=1).encode()
        other_secret = self.connect(replace(desk.connection, webhook_secret="another-secret"))
        no_secret = self.connect(replace(desk.connection, webhook_secret=""))
        for reader, given, body, now in [
            (provider, headers, raw.replace(b"Hello", b"Hallo"), at),
            (provider, headers, again, at),
            (provider, headers, raw + b" ", at),
            (provider, {}, raw, at),
            (provider, headers, raw, at + 301),
            (provider, headers, raw, at - 301),
            (other_secret, headers, raw, at),
            (no_secret, headers, raw, at),
        ]:
            with pytest.raises(BadSignature):
                reader.verify(given, body, now)

    @pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000], ids=lambda raw: repr(raw[:8]))
    def test_garbage_is_malformed(self, provider: Provider, raw: bytes) -> None:
        for read in (provider.recipient, provider.parse):
            with pytest.raises(Malformed):
                read(raw)

    @pytest.mark.parametrize("raw", [b"{}", b'{"event": "something_new", "id": 1}', b'{"event": ["x"], "id": {}}'])
    def test_what_is_not_known_is_ignored_with_a_reason(self, provider: Provider, raw: bytes) -> None:
        provider.recipient(raw)
        events = provider.parse(raw)
        assert events and all(isinstance(event, Ignored) and event.why for event in events)
