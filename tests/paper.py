"""A desk on paper: a second provider, very unlike Chatwoot, for tests that need a desk to fail in a certain way.

It has no network, no files, no typing and no clock: what a desk may leave out of the seam, this one leaves out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from handoffs.providers.base import (
    AgentSaid,
    Arrangement,
    BadSignature,
    Diagnosis,
    Event,
    Finding,
    Gone,
    Ignored,
    Locked,
    Malformed,
    MessageRemoved,
    OurEcho,
    Outgoing,
    Person,
    Place,
    Provider,
    Reading,
    Recipient,
    Request,
    Surroundings,
    Thread,
    ThreadChanged,
    ThreadRef,
    ThreadState,
)


class Sheet:
    """What lies on the desk, shared by every ``PaperDesk`` of a test. ``before``, ``after``: around storing; ``looking``: before a look.

    ``said`` may hold any event. ``key`` and ``trays`` are what opens the office; empty, it is open to everybody.
    """

    def __init__(self) -> None:
        self.ids = count(1)
        self.threads: dict[str, str] = {}
        self.requests: list[tuple[Person, Request]] = []
        self.notes: list[tuple[int, str, Outgoing]] = []
        self.said: list[Event] = []
        self.closed: set[str] = set()
        self.given_back: set[str] = set()
        self.assigned: dict[str, str] = {}
        self.key = ""
        self.trays: set[int] = set()
        self.made: dict[str, int] = {}
        self.copies_to: dict[int, str] = {}
        self.erased: list[str] = []
        self.before: Callable[[Outgoing], None] = lambda outgoing: None
        self.after: Callable[[Outgoing], None] = lambda outgoing: None
        self.looking: Callable[[], None] = lambda: None

    def texts(self) -> list[str]:
        return [outgoing.text for _, _, outgoing in self.notes if not outgoing.private]

    def private(self) -> list[str]:
        """For agents' eyes, but for the briefs that come before the visitor's words."""
        return [
            outgoing.text for _, _, outgoing in self.notes if outgoing.private and not outgoing.text.startswith(("**Handed", "**Not fin"))
        ]

    def agent_says(self, thread: str, text: str, name: str = "Jane") -> AgentSaid:
        said = AgentSaid(ThreadRef(thread), next(self.ids), text, name)
        self.said.append(said)
        return said

    def holds(self, thread: str) -> list[Event]:
        """Everything in a thread, in its order; ours and the agents' words share one row of numbers."""
        ours: list[Event] = [OurEcho(ThreadRef(thread), note.key, number) for number, at, note in self.notes if at == thread]
        theirs = [event for event in self.said if not isinstance(event, Ignored) and event.thread.conversation_id == thread]
        return sorted([*ours, *theirs], key=number_of)

    def state(self, thread: str) -> ThreadState:
        closed = "resolved" if thread in self.closed else "given_back" if thread in self.given_back else None
        return ThreadState(closed, self.assigned.get(thread))


def number_of(event: Event) -> int:
    return getattr(event, "remote_id", 0)


class PaperDesk(Provider):
    kind = "paper"
    label = "Paper"
    default_domain = "paper://desk"
    sheet = Sheet()

    def open(self, person: Person, request: Request) -> Thread:
        self.enter()
        self.sheet.requests.append((person, request))
        thread = self.sheet.threads.setdefault(request.key, f"thread-{len(self.sheet.threads) + 1}")
        return Thread(person.key, thread, person.key)

    def send(self, thread: Thread, outgoing: Outgoing) -> int:
        self.enter()
        self.sheet.before(outgoing)
        self.known(thread)
        remote_id = next(self.sheet.ids)
        self.sheet.notes.append((remote_id, thread.conversation_id, outgoing))
        self.sheet.after(outgoing)
        return remote_id

    def find(self, thread: Thread, key: str, after: int) -> int | None:
        self.sheet.looking()
        where = self.known(thread)
        mine = (number for number, at, outgoing in self.sheet.notes if at == where and outgoing.key == key and number > after)
        return next(mine, None)

    def read(self, thread: Thread, after: int) -> Reading:
        held = self.sheet.holds(self.known(thread))
        return Reading(tuple(held), max([after, *map(number_of, held)]), self.sheet.state(thread.conversation_id))

    def remove(self, thread: Thread, remote_id: int) -> None:
        self.sheet.notes = [note for note in self.sheet.notes if note[0] != remote_id]

    def close(self, thread: Thread) -> None:
        self.sheet.closed.add(self.known(thread))

    def places(self) -> Surroundings:
        if refusal := self.refused():
            return Surroundings((refusal,))
        trays = tuple(Place(tray, f"Tray {tray}") for tray in sorted(self.sheet.trays))
        return Surroundings((Finding("Key", "good", "It opens the office."),), (Place(1, "The office", trays),))

    def diagnose(self, webhook_url: str) -> Diagnosis:
        if refusal := self.refused():
            return Diagnosis((refusal,))
        try:
            self.enter()
        except Locked as error:
            return Diagnosis((Finding("Tray", "bad", str(error), "Take another tray."),))
        return Diagnosis((Finding("Key", "good", "It opens the office."),), f"Tray {self.connection.inbox_id}")

    def refused(self) -> Finding | None:
        if self.sheet.key in ("", self.connection.access_token):
            return None
        return Finding("Key", "bad", "The key does not open the office.", "Ask the porter for the right one.")

    def arrange(self, webhook_url: str, name: str, mark: str, replace: bool) -> Arrangement:
        """A tray is made for a mark, and its copies go to one address."""
        if refusal := self.refused():
            return Arrangement((refusal,))
        tray = self.connection.inbox_id or self.sheet.made.setdefault(mark, max([*self.sheet.trays, *self.sheet.made.values(), 0]) + 1)
        self.sheet.trays.add(tray)
        if self.sheet.copies_to.get(tray, webhook_url) != webhook_url and not replace:
            return Arrangement((Finding("Copies", "bad", "They go elsewhere."),), tray, f"Tray {tray}", asks=True)
        self.sheet.copies_to[tray] = webhook_url
        return Arrangement((Finding("Copies", "good", "They come to us."),), tray, f"Tray {tray}", "wax")

    def erase(self, person_key: str, threads: Sequence[Thread] = ()) -> None:
        self.enter()
        self.sheet.erased.append(person_key)
        mine = {request.key for person, request in self.sheet.requests if person.key == person_key}
        self.sheet.threads = {key: thread for key, thread in self.sheet.threads.items() if key not in mine}

    def verify(self, headers: Mapping[str, str], raw: bytes, now: float) -> None:
        """The seal is pressed into the paper and says when: ``seal``."""
        at = headers.get("X-Paper-Date", "0")
        if not self.connection.webhook_secret or headers.get("X-Paper-Seal") != seal(self.connection.webhook_secret, at, raw):
            raise BadSignature("No seal, or not ours.")
        if abs(now - float(at)) > 300:
            raise BadSignature("The seal is old.")

    @classmethod
    def recipient(cls, raw: bytes) -> Recipient:
        return Recipient(None, paper(raw).get("tray"))

    @classmethod
    def parse(cls, raw: bytes) -> tuple[Event, ...]:
        said = paper(raw)
        if "thread" not in said:
            return (Ignored("blank paper"),)
        ref = ThreadRef(said["thread"], said.get("who"))
        if said.get("closed") or said.get("changed"):
            return (ThreadChanged(ref, "the paper says so"),)
        if "removed" in said:
            return (MessageRemoved(ref, said["removed"]),)
        if "ours" in said:
            return (OurEcho(ref, said["ours"], said["id"]),)
        return (AgentSaid(ref, said["id"], said["said"], said.get("name")) if "said" in said else Ignored("blank paper"),)

    # --- the office -----------------------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        if self.sheet.key not in ("", self.connection.access_token):
            raise Locked("The key does not open the office.")
        if self.sheet.trays and self.connection.inbox_id not in self.sheet.trays:
            raise Locked("There is no such tray.")

    def known(self, thread: Thread) -> str:
        if thread.conversation_id not in self.sheet.threads.values():
            raise Gone("Nobody here has this paper.")
        return thread.conversation_id


def paper(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed("Not a paper.") from None
    if not isinstance(found, dict):
        raise Malformed("Not a paper.")
    return found


def seal(secret: str, at: str, raw: bytes) -> str:
    return hashlib.sha256(secret.encode() + at.encode() + raw).hexdigest()
