"""What every provider must do, whatever it speaks. A provider's test module subclasses ``ProviderContract`` and supplies a ``Desk``:
the agents' side of a real (or stand-in) system, reached the way agents reach it and never through the provider under test.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from handoffs.providers.base import (
    AgentSaid,
    BadSignature,
    Connection,
    Event,
    Gone,
    Ignored,
    Locked,
    Malformed,
    OurEcho,
    Outgoing,
    Person,
    Provider,
    Recipient,
    Thread,
    ThreadClosed,
    Unavailable,
)
from tests.handoffs.providers.desk import Desk
from tests.handoffs.providers.servers import closed_port


def outgoing(text: str = "Hello?", private: bool = False) -> Outgoing:
    return Outgoing(str(uuid.uuid4()), text, private)


def visitor(name: str = "Ann") -> Person:
    return Person(uuid.uuid4().hex, name)


def new_id() -> str:
    return str(uuid.uuid4())


def agents_words(events: tuple[Event, ...]) -> list[str]:
    return [event.text for event in events if isinstance(event, AgentSaid)]


TEXTS = ["Hi", "two\nlines", "  indented", "naïve 👋 漢字 \u202eabc", "{{ contact.name }} {% if %}", "<b>&amp;</b>", "x" * 8000]


class ProviderContract:
    """Subclass it, override ``desk`` and ``connect``, and name the class ``Test…``."""

    @pytest.fixture
    def desk(self) -> Desk:
        raise NotImplementedError("supply the agents' side")

    @pytest.fixture
    def provider(self, desk: Desk) -> Provider:
        return self.connect(desk.connection)

    def connect(self, connection: Connection) -> Provider:
        raise NotImplementedError("supply the provider")

    @pytest.fixture
    def thread(self, provider: Provider) -> Thread:
        return provider.open(visitor(), new_id())

    # --- threads --------------------------------------------------------------------------------------------------------------------------

    def test_opening_twice_with_one_key_gives_one_thread(self, provider: Provider) -> None:
        person, key = visitor(), new_id()
        assert provider.open(person, key) == provider.open(person, key)

    def test_two_visitors_have_two_threads(self, provider: Provider) -> None:
        one, other = provider.open(visitor(), new_id()), provider.open(visitor(), new_id())
        assert one.conversation_id != other.conversation_id and one.person_id != other.person_id

    def test_a_visitor_who_comes_again_is_the_same_person(self, provider: Provider) -> None:
        person = visitor()
        assert provider.open(person, new_id()).person_id == provider.open(person, new_id()).person_id

    def test_a_thread_opened_after_another_was_closed_is_open(self, provider: Provider) -> None:
        person = visitor()
        provider.close(provider.open(person, new_id()))
        again = provider.open(person, new_id())
        assert not any(isinstance(event, ThreadClosed) for event in provider.read(again, 0).events)

    @pytest.mark.parametrize("name", ["", "Ann", "A" * 1000, "N\0l \ud800"])
    def test_a_visitor_may_have_any_name(self, provider: Provider, name: str) -> None:
        assert provider.open(visitor(name), new_id()).conversation_id

    # --- out ------------------------------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:12]))
    def test_agents_see_exactly_what_the_visitor_wrote(self, provider: Provider, desk: Desk, thread: Thread, text: str) -> None:
        provider.send(thread, outgoing(text))
        assert desk.visitor_texts(thread) == [text]

    def test_what_was_sent_is_found_by_its_key(self, provider: Provider, thread: Thread) -> None:
        message = outgoing()
        assert provider.find(thread, message.key, 0) is None
        remote_id = provider.send(thread, message)
        assert provider.find(thread, message.key, 0) == remote_id
        assert provider.find(thread, message.key, remote_id - 1) == remote_id
        assert provider.find(thread, new_id(), 0) is None

    def test_a_private_note_is_found_and_seen_by_agents_only(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        note = outgoing("What was said before", private=True)
        remote_id = provider.send(thread, note)
        assert provider.find(thread, note.key, 0) == remote_id
        assert desk.private_texts(thread) == ["What was said before"] and desk.visitor_texts(thread) == []

    def test_what_one_thread_got_is_not_found_in_another(self, provider: Provider, thread: Thread) -> None:
        message = outgoing()
        provider.send(thread, message)
        assert provider.find(provider.open(visitor(), new_id()), message.key, 0) is None

    def test_a_copy_is_removed_and_removing_it_again_is_fine(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        kept, copy = outgoing("Hello?"), outgoing("Hello? (again)")
        provider.send(thread, kept)
        for remote_id in [provider.send(thread, copy)] * 2:
            provider.remove(thread, remote_id)
        assert "Hello? (again)" not in desk.visitor_texts(thread)
        assert "Hello?" in desk.visitor_texts(thread)

    def test_the_same_webhook_has_one_meaning_and_another_message_another(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "first words")
        desk.agent_says(thread, "other words")
        one, other = desk.webhook("first words").raw, desk.webhook("other words").raw
        assert provider.meaning(one) == provider.meaning(one) != provider.meaning(other)
        assert max(len(provider.meaning(raw)) for raw in (one, other)) <= 100

    def test_messages_keep_their_order(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        sent = [provider.send(thread, outgoing(str(number))) for number in range(5)]
        assert sent == sorted(set(sent))
        assert desk.visitor_texts(thread) == ["0", "1", "2", "3", "4"]

    # --- in -------------------------------------------------------------------------------------------------------------------------------

    def test_reading_gives_what_agents_said_in_their_order_and_by_name(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        for number in range(3):
            desk.agent_says(thread, f"answer {number}")
        reading = provider.read(thread, 0)
        assert agents_words(reading.events) == ["answer 0", "answer 1", "answer 2"]
        assert {event.name for event in reading.events if isinstance(event, AgentSaid)} == {"Jane"}
        assert {event.thread.conversation_id for event in reading.events if isinstance(event, AgentSaid)} == {thread.conversation_id}

    def test_reading_on_gives_only_remote_ids_known_or_later(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "first")
        first = provider.read(thread, 0)
        desk.agent_says(thread, "second")
        second = provider.read(thread, first.last)
        known = {event.remote_id for event in first.events if isinstance(event, AgentSaid)}
        assert [event.text for event in second.events if isinstance(event, AgentSaid) and event.remote_id not in known] == ["second"]
        assert second.last > first.last
        assert provider.read(thread, second.last).last == second.last

    def test_a_long_thread_is_read_to_its_end(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        for number in range(130):
            desk.agent_says(thread, str(number))
        assert agents_words(provider.read(thread, 0).events) == [str(number) for number in range(130)]

    def test_our_own_words_come_back_as_echoes_and_never_as_an_agents(self, provider: Provider, thread: Thread) -> None:
        message, note = outgoing(), outgoing("for agents", private=True)
        ids = {message.key: provider.send(thread, message), note.key: provider.send(thread, note)}
        events = provider.read(thread, 0).events
        assert {event.key: event.remote_id for event in events if isinstance(event, OurEcho)} == ids
        assert agents_words(events) == []

    def test_notes_between_agents_are_never_read(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "for you")
        desk.agent_notes(thread, "between us")
        assert "between us" not in repr(provider.read(thread, 0))
        assert agents_words(provider.read(thread, 0).events) == ["for you"]

    def test_an_open_thread_is_not_read_as_closed(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Hello")
        assert not any(isinstance(event, ThreadClosed) for event in provider.read(thread, 0).events)

    def test_a_thread_we_close_is_read_as_closed_and_may_be_closed_again(self, provider: Provider, thread: Thread) -> None:
        provider.close(thread)
        provider.close(thread)
        *_, last = provider.read(thread, 0).events
        assert isinstance(last, ThreadClosed) and last.reason == "resolved"

    def test_a_thread_an_agent_resolved_ends_with_the_agents_last_words(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Goodbye")
        desk.agent_resolves(thread)
        events = provider.read(thread, 0).events
        assert agents_words(events) == ["Goodbye"]
        assert isinstance(events[-1], ThreadClosed) and sum(isinstance(event, ThreadClosed) for event in events) == 1

    # --- refusals -------------------------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "use",
        [
            lambda provider, thread: provider.send(thread, outgoing()),
            lambda provider, thread: provider.find(thread, new_id(), 0),
            lambda provider, thread: provider.read(thread, 0),
            lambda provider, thread: provider.close(thread),
        ],
        ids=["send", "find", "read", "close"],
    )
    def test_a_thread_that_is_not_there_is_gone(self, provider: Provider, use: Callable[[Provider, Thread], object]) -> None:
        with pytest.raises(Gone):
            use(provider, Thread("987654321", "987654321"))

    def test_a_wrong_token_locks_and_is_not_quoted(self, desk: Desk) -> None:
        wrong = replace(desk.connection, access_token="wr0ng-token")
        with pytest.raises(Locked) as caught:
            self.connect(wrong).open(visitor(), new_id())
        assert "wr0ng-token" not in repr(caught.value)

    @pytest.mark.parametrize("change", [{"account_id": 987654321}, {"inbox_id": 987654321}])
    def test_an_account_or_inbox_that_is_not_there_locks(self, desk: Desk, change: Mapping[str, int]) -> None:
        with pytest.raises(Locked):
            self.connect(replace(desk.connection, **change)).open(visitor(), new_id())  # type: ignore[arg-type]

    def test_a_desk_that_is_down_is_unavailable(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            self.connect(replace(desk.connection, domain=f"http://127.0.0.1:{closed_port()}")).open(visitor(), new_id())

    def test_a_desk_in_a_network_nobody_opened_is_not_called(self, desk: Desk) -> None:
        with pytest.raises(Locked, match="HANDOFF_ALLOWED_NETWORKS"):
            self.connect(replace(desk.connection, allowed_networks=())).open(visitor(), new_id())

    # --- webhooks -------------------------------------------------------------------------------------------------------------------------

    def test_a_webhook_of_the_desk_is_believed_and_says_what_the_agent_said(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Hello from the webhook")
        webhook = desk.webhook("Hello from the webhook")
        provider.verify(webhook.headers, webhook.raw, webhook.at)
        assert provider.recipient(webhook.raw) == Recipient(desk.connection.account_id, desk.connection.inbox_id)
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
        desk.agent_says(provider.open(person, new_id()), "Hello you")
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

    def test_a_webhook_of_the_end_says_so(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_resolves(thread)
        (event,) = provider.parse(desk.webhook("status_changed").raw)
        assert isinstance(event, ThreadClosed) and event.reason == "resolved" and event.thread.conversation_id == thread.conversation_id

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
