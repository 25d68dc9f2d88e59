"""Outbox, inbox and switchboard as a state machine: whatever happens in whatever order, nothing is lost, doubled or reordered.

``--hypothesis-seed`` repeats a run; ``HYPOTHESIS_PROFILE=nightly`` does 2,000 examples of 50 steps.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import timedelta
from itertools import count

from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from handoffs import desk, reconcile, relay, switchboard
from handoffs.models import Author, Conversation, Delivery, Handoff, Message, Scenario
from handoffs.providers.base import AgentSaid, MessageRemoved, OurEcho, ThreadRef, Unavailable, Uncertain
from handoffs.switchboard import Words
from tests.paper import PaperDesk, Sheet

EXAMPLES, STEPS = {"nightly": (2000, 50)}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), (25, 25))

IDS = count(1)
ACCIDENTS = {
    "away": Unavailable("away"),
    "no answer": Uncertain("no answer"),
    "killed": KeyboardInterrupt(),
}


class Ledgers(RuleBasedStateMachine):
    said = Bundle("said")

    @initialize()
    def open_the_shop(self):
        self.sheet = PaperDesk.sheet = Sheet()
        # A desk's ids never come again, and the handoff is the same in every example.
        self.sheet.ids = IDS
        self.conversation = switchboard.begin(Scenario.objects.get(key="demo"), "http://testserver")[1]
        Handoff.objects.update(rests_until=None, failures=0, polling_only_since=None, after_end="bot")
        switchboard.visitor_says(self.conversation.pk, Words(uuid.uuid4(), "talk to a human"))
        self.owed: list[str] = []
        self.replies: list[str] = []
        self.held: list = []
        self.deleted = False
        self.taken: set[str] = set()
        self.unheard: set[str] = set()

    # --- The visitor ----------------------------------------------------------------------------------------------------------------------

    @rule(target=said)
    def says(self):
        words = Words(uuid.uuid4(), f"word {uuid.uuid4()}")
        if switchboard.floor(Conversation.objects.get(pk=self.conversation.pk))["mode"] != "bot":
            self.owed.append(words.text)
        switchboard.visitor_says(self.conversation.pk, words)
        return words

    @rule(words=said)
    def says_the_same_again(self, words):
        assert switchboard.visitor_says(self.conversation.pk, words).dup

    @rule()
    def asks_for_a_human(self):
        if switchboard.floor(Conversation.objects.get(pk=self.conversation.pk))["mode"] == "bot":
            switchboard.visitor_says(self.conversation.pk, Words(uuid.uuid4(), "talk to a human"))

    @rule()
    def ends_it(self):
        switchboard.visitor_ends(self.conversation.pk)

    @rule(after_end=st.sampled_from(["bot", "reopen", "new"]))
    def the_admin_chooses_what_comes_after_the_end(self, after_end):
        Handoff.objects.update(after_end=after_end)

    # --- The relay ------------------------------------------------------------------------------------------------------------------------

    @rule()
    def the_relay_runs(self):
        relay.relay(self.conversation.pk)

    @rule(accident=st.sampled_from(sorted(ACCIDENTS)))
    def an_accident_before_the_desk_stores(self, accident):
        self.with_accident("before", accident)

    @rule(accident=st.sampled_from(["no answer", "killed"]))
    def an_accident_after_the_desk_stored(self, accident):
        self.with_accident("after", accident)

    @rule()
    def the_desk_stores_late(self):
        def hold(outgoing):
            self.held.append((self.thread(), outgoing))
            raise Uncertain("no answer")

        self.sheet.before = hold
        self.run_once()
        self.sheet.before = lambda outgoing: None

    @rule()
    def what_was_late_is_stored(self):
        for thread, outgoing in self.held:
            self.sheet.notes.append((next(self.sheet.ids), thread, outgoing))
        self.held = []

    @rule()
    def a_worker_sleeps_through_its_lease(self):
        claim = relay.take(self.conversation.pk)
        self.time_passes()
        relay.relay(self.conversation.pk)
        first = Delivery.objects.filter(conversation=self.conversation).first()
        if claim and first:
            assert not claim.mark(first, Delivery.State.PENDING)

    @rule()
    def time_passes(self):
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.open().update(due_at=past)
        Conversation.objects.exclude(lease_until=None).update(lease_until=past)
        Handoff.objects.exclude(rests_until=None).update(rests_until=past)

    # --- The desk -------------------------------------------------------------------------------------------------------------------------

    @rule()
    def an_agent_replies(self):
        if self.thread():
            self.replies.append(f"reply {uuid.uuid4()}")
            self.sheet.agent_says(self.thread(), self.replies[-1])

    @rule(data=st.data())
    def a_webhook_comes_late_or_twice(self, data):
        if self.sheet.said:
            desk.hear(self.handoff(), data.draw(st.sampled_from(self.sheet.said)))

    @rule(data=st.data())
    def an_echo_comes_late_or_twice(self, data):
        if self.sheet.notes:
            remote_id, thread, outgoing = data.draw(st.sampled_from(self.sheet.notes))
            desk.hear(self.handoff(), OurEcho(ThreadRef(thread), outgoing.key, remote_id))

    @rule()
    def an_agent_resolves(self):
        if self.thread() and not Delivery.objects.filter(conversation=self.conversation).open().exists():
            self.sheet.closed.add(self.thread())
            self.poll()

    @rule()
    def an_agent_opens_it_again(self):
        self.sheet.closed.discard(self.thread())
        self.poll()

    @rule(data=st.data())
    def an_agent_takes_a_reply_back(self, data):
        said = [event for event in self.sheet.said if isinstance(event, AgentSaid) and event.text in self.replies]
        if said:
            taken = data.draw(st.sampled_from(said))
            self.replies.remove(taken.text)
            self.taken.add(taken.text)
            self.sheet.said.append(MessageRemoved(taken.thread, taken.remote_id))

    @precondition(lambda self: not self.deleted)
    @rule()
    def the_thread_is_deleted(self):
        """With everything in it; what we do not know to have arrived there is sent to the next one."""
        thread, self.deleted = self.thread(), True
        if not thread:
            self.deleted = False
            return
        self.sheet.threads = {key: name for key, name in self.sheet.threads.items() if name != thread} | {"": thread + " (deleted)"}
        known = Delivery.objects.filter(conversation=self.conversation, state="sent").values_list("key", flat=True)
        lost = [outgoing for _, at, outgoing in self.sheet.notes if at == thread and not outgoing.private]
        for outgoing in lost:
            if uuid.UUID(outgoing.key) in known and outgoing.text in self.owed:
                self.owed.remove(outgoing.text)
        self.sheet.notes = [note for note in self.sheet.notes if note[1] != thread]
        self.held = [(at, outgoing) for at, outgoing in self.held if at != thread]
        seen = {message.text for message in self.shown()}
        unread = [event for event in self.sheet.said if event.thread.conversation_id == thread and getattr(event, "text", "") not in seen]
        self.replies = [text for text in self.replies if text not in {getattr(event, "text", "") for event in unread}]
        self.sheet.said = [event for event in self.sheet.said if event.thread.conversation_id != thread]
        # That one of these was taken back went with the thread, if we had not heard of it.
        self.unheard |= self.taken

    @rule()
    def poll(self):
        for transfer in self.conversation.transfers.exclude(thread_id=""):
            reconcile.read(transfer)

    # --- What holds whatever happens ------------------------------------------------------------------------------------------------------

    @invariant()
    def numbers_are_gapless(self):
        seqs = list(Message.objects.filter(conversation=self.conversation).order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))
        assert Conversation.objects.get(pk=self.conversation.pk).last_seq == len(seqs)

    @invariant()
    def no_reply_is_shown_twice_or_out_of_place(self):
        shown = [message.text for message in self.shown() if message.text not in self.taken]
        assert shown == [text for text in self.replies if text in shown]

    @invariant()
    def nothing_is_in_limbo(self):
        states = Delivery.objects.filter(conversation=self.conversation).values_list("state", flat=True)
        assert set(states) <= set(Delivery.State.values) - {"parked"}

    def teardown(self):
        """Faults stop; everything settles; both sides hold the same."""
        if not hasattr(self, "conversation"):
            return
        self.sheet.before = self.sheet.after = lambda outgoing: None
        self.what_was_late_is_stored()
        for _ in range(4):
            self.time_passes()
            relay.relay(self.conversation.pk)
            self.poll()
            for remote_id, thread, outgoing in list(self.sheet.notes):
                desk.hear(self.handoff(), OurEcho(ThreadRef(thread), outgoing.key, remote_id))
        assert sorted(self.sheet.texts()) == sorted(self.owed)
        assert not Delivery.objects.filter(conversation=self.conversation).exclude(state="sent").exists()
        assert [message.text for message in self.shown() if message.text not in self.unheard] == self.replies
        latest = self.conversation.transfers.first()
        if latest and latest.thread_id and latest.reason == "resolved":
            assert latest.thread_id in self.sheet.closed

    # --- Helpers --------------------------------------------------------------------------------------------------------------------------

    def shown(self):
        return Message.objects.filter(conversation=self.conversation, author=Author.AGENT, gone=False, revises=None).order_by("ord", "seq")

    def handoff(self):
        return Handoff.objects.get()

    def thread(self):
        transfer = self.conversation.transfers.order_by("-requested_at").first()
        return transfer.thread_id if transfer and transfer.thread_id in self.sheet.threads.values() else ""

    def with_accident(self, when, accident):
        def happen(outgoing):
            raise ACCIDENTS[accident]

        setattr(self.sheet, when, happen)
        self.run_once()
        setattr(self.sheet, when, lambda outgoing: None)

    def run_once(self):
        with suppress(KeyboardInterrupt):
            relay.relay(self.conversation.pk)


def test_nothing_is_lost_doubled_or_reordered_whatever_happens(scenario, sheet, settings):
    settings.MESSAGES_PER_TEN_SECONDS = 100_000
    run_state_machine_as_test(
        Ledgers,
        settings=hypothesis_settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
        ),
    )
