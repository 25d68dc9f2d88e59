"""What every provider must do, whatever it speaks. A provider's test module subclasses ``ProviderContract`` (``NetworkContract`` for a desk
that is called over a network) and supplies a ``Desk``: the agents' side of a real (or stand-in) system, reached the way agents reach it and
never through the provider under test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from handoffs.providers.base import (
    AgentSaid,
    Answer,
    Gone,
    Locked,
    OurEcho,
    Person,
    Provider,
    Refused,
    Request,
    Thread,
    Unavailable,
)
from tests.handoffs.providers.contract_base import agents_words, new_id, outgoing, request, visitor
from tests.handoffs.providers.contract_webhooks import WebhookContract
from tests.handoffs.providers.desk import Desk
from tests.handoffs.providers.servers import closed_port

TEXTS = ["Hi", "two\nlines", "  indented", "naïve 👋 漢字 \u202eabc", "{{ contact.name }} {% if %}", "<b>&amp;</b>", "x" * 8000]


class ProviderContract(WebhookContract):
    """Subclass it, override ``desk`` and ``connect``, and name the class ``Test…``."""

    # --- setting up -----------------------------------------------------------------------------------------------------------------------

    def test_a_connection_that_works_is_said_to_work(self, desk: Desk) -> None:
        """With an inbox of its own: the one of the desk is the other tests'."""
        without = self.connect(replace(desk.connection, inbox_id=0))
        made = without.arrange("http://127.0.0.1:9/hook", "Support", new_id(), False)
        own = replace(desk.connection, inbox_id=made.inbox_id, webhook_secret=made.webhook_secret)
        found = self.connect(own).diagnose("http://127.0.0.1:9/hook")
        assert made.done and found.works and found.inbox_name == made.inbox_name

    def test_the_inbox_of_a_connection_is_among_the_places(self, provider: Provider, desk: Desk) -> None:
        found = {(account.id, inbox.id) for account in provider.places().accounts for inbox in account.inboxes}
        assert (desk.connection.account_id, desk.connection.inbox_id) in found

    def test_a_wrong_token_is_a_finding_with_advice_and_without_the_token(self, desk: Desk) -> None:
        locked = self.connect(replace(desk.connection, access_token="hush-hush"))
        for findings in (locked.places().findings, locked.diagnose("").findings, locked.arrange("", "S", "m", True).findings):
            assert findings[-1].state == "bad" and findings[-1].advice and "hush" not in repr(findings)

    def test_setting_up_twice_for_one_mark_makes_one_inbox(self, desk: Desk) -> None:
        without, mark = self.connect(replace(desk.connection, inbox_id=0)), new_id()
        first, again = (without.arrange("http://127.0.0.1:9/hook", "Support", mark, False) for _ in range(2))
        assert first.done and first.inbox_id == again.inbox_id != desk.connection.inbox_id

    def test_an_erased_person_leaves_no_thread_and_erasing_again_is_fine(self, provider: Provider) -> None:
        person = visitor()
        thread = provider.open(person, request())
        provider.erase(person.key)
        provider.erase(person.key)
        with pytest.raises(Gone):
            provider.read(thread, 0)

    # --- threads --------------------------------------------------------------------------------------------------------------------------

    def test_opening_twice_with_one_key_gives_one_thread(self, provider: Provider) -> None:
        person, wish = visitor(), request()
        assert provider.open(person, wish) == provider.open(person, wish)

    def test_a_thread_names_the_person_it_was_opened_for(self, provider: Provider) -> None:
        person = visitor()
        assert provider.open(person, request()).person_key == person.key

    def test_two_visitors_have_two_threads(self, provider: Provider) -> None:
        one, other = provider.open(visitor(), request()), provider.open(visitor(), request())
        assert one.conversation_id != other.conversation_id and one.person_id != other.person_id

    def test_a_visitor_who_comes_again_is_the_same_person(self, provider: Provider) -> None:
        person = visitor()
        assert provider.open(person, request()).person_id == provider.open(person, request()).person_id

    def test_a_thread_opened_after_another_was_closed_is_open(self, provider: Provider) -> None:
        person = visitor()
        provider.close(provider.open(person, request()))
        again = provider.open(person, request())
        assert provider.read(again, 0).state.closed is None

    @pytest.mark.parametrize("name", ["", "Ann", "A" * 1000, "N\0l \ud800"])
    def test_a_visitor_may_have_any_name(self, provider: Provider, name: str) -> None:
        assert provider.open(visitor(name), request()).conversation_id

    def test_how_a_thread_is_to_be_filed_never_keeps_it_from_being_opened(self, provider: Provider) -> None:
        wish = Request(new_id(), ("never heard of", "", "VIP"), 987654321, "no such priority", {"plan": "x" * 5000, "": "", "n": 2**70})
        person = Person(new_id(), "Ann", "not an e-mail", "not a phone", {"plan": "x" * 5000, "nan": float("nan")})
        assert provider.open(person, wish) == provider.open(person, wish)

    def test_an_e_mail_address_does_not_decide_who_somebody_is(self, provider: Provider) -> None:
        one, other = Person(new_id(), "Ann", "ann@example.com", "+31612345678"), Person(new_id(), "Eve", "ann@example.com", "+31612345678")
        first, second = provider.open(one, request()), provider.open(other, request())
        assert first.person_id != second.person_id
        assert provider.open(replace(one, email="eve@example.com"), request()).person_id == first.person_id

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
        assert provider.find(provider.open(visitor(), request()), message.key, 0) is None

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

    def test_an_answer_reaches_the_agents_once_however_often_it_is_given(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        question = desk.agent_asks(thread, "Which size?", ["Small", "Large"])
        answer = Answer(new_id(), question, "Large", (("", "Large", "Large"),))
        for _ in range(2):
            if provider.find(thread, answer.key, 0) is None:
                provider.answer(thread, answer)
        assert desk.answers(thread) == ["Large"]

    def test_what_a_desk_may_leave_out_may_be_asked_for_at_any_time(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Hello")
        said = [event.remote_id for event in provider.read(thread, 0).events if isinstance(event, AgentSaid)]
        for _ in range(2):
            provider.typing(thread, True)
            provider.typing(thread, False)
            provider.delivered(thread, said[0])
            provider.seen(thread)
            provider.delivered(thread, 987654321)
        assert agents_words(provider.read(thread, 0).events) == ["Hello"]
        assert desk.visitor_texts(thread) == []

    @pytest.mark.parametrize("address", ["", "file:///etc/passwd", "ftp://example.com/a", "http://[", "javascript:alert(1)"])
    def test_what_is_no_address_of_a_file_is_refused(self, provider: Provider, address: str) -> None:
        with pytest.raises(Refused) as caught:
            provider.fetch(address, 1000)
        assert not isinstance(caught.value, Locked) and str(caught.value).endswith(".")

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
        assert provider.read(thread, 0).state.closed is None

    def test_a_thread_we_close_is_read_as_closed_and_may_be_closed_again(self, provider: Provider, thread: Thread) -> None:
        provider.close(thread)
        provider.close(thread)
        assert provider.read(thread, 0).state.closed == "resolved"

    def test_a_thread_an_agent_resolved_is_read_with_the_agents_last_words(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        desk.agent_says(thread, "Goodbye")
        desk.agent_resolves(thread)
        reading = provider.read(thread, 0)
        assert agents_words(reading.events) == ["Goodbye"]
        assert reading.state.closed == "resolved"

    def test_a_reading_says_who_has_the_thread(self, provider: Provider, desk: Desk, thread: Thread) -> None:
        before = provider.read(thread, 0).state
        desk.agent_takes(thread, "Jane")
        after = provider.read(thread, 0).state
        assert (before.agent, after.agent) == (None, "Jane")
        assert before.at is None or after.at is None or after.at > before.at

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
            self.connect(wrong).open(visitor(), request())
        assert "wr0ng-token" not in repr(caught.value)

    def test_an_inbox_that_is_not_there_locks(self, desk: Desk) -> None:
        with pytest.raises(Locked):
            self.connect(replace(desk.connection, inbox_id=987654321)).open(visitor(), request())


class NetworkContract(ProviderContract):
    """For desks that are called over a network."""

    def test_an_account_that_is_not_there_locks(self, desk: Desk) -> None:
        with pytest.raises(Locked):
            self.connect(replace(desk.connection, account_id=987654321)).open(visitor(), request())

    def test_a_desk_that_is_down_is_unavailable(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            self.connect(replace(desk.connection, domain=f"http://127.0.0.1:{closed_port()}")).open(visitor(), request())

    def test_a_desk_in_a_network_nobody_opened_is_not_called(self, desk: Desk) -> None:
        with pytest.raises(Locked, match="HANDOFF_ALLOWED_NETWORKS"):
            self.connect(replace(desk.connection, allowed_networks=())).open(visitor(), request())
