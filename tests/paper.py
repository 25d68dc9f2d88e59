"""A desk on paper: a second provider, very unlike Chatwoot, for tests that need a desk to fail in a certain way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import count

from handoffs.providers.base import (
    AgentSaid,
    BadSignature,
    Event,
    Ignored,
    Malformed,
    Outgoing,
    Person,
    Provider,
    Reading,
    Recipient,
    Thread,
    ThreadClosed,
    ThreadRef,
)


class Sheet:
    """What lies on the desk, shared by every ``PaperDesk`` of a test. ``accident`` runs before (``store`` False) or after storing."""

    def __init__(self) -> None:
        self.ids = count(1)
        self.threads: dict[str, str] = {}
        self.notes: list[tuple[int, str, Outgoing]] = []
        self.said: list[AgentSaid] = []
        self.closed: set[str] = set()
        self.before: Callable[[Outgoing], None] = lambda outgoing: None
        self.after: Callable[[Outgoing], None] = lambda outgoing: None
        self.looking: Callable[[], None] = lambda: None

    def texts(self) -> list[str]:
        return [outgoing.text for _, _, outgoing in self.notes if not outgoing.private]

    def agent_says(self, thread: str, text: str, name: str = "Jane") -> AgentSaid:
        self.said.append(AgentSaid(ThreadRef(thread), next(self.ids), text, name))
        return self.said[-1]


class PaperDesk(Provider):
    kind = "paper"
    label = "Paper"
    default_domain = "paper://desk"
    sheet = Sheet()

    def open(self, person: Person, key: str) -> Thread:
        return Thread(person.key, self.sheet.threads.setdefault(key, f"thread-{len(self.sheet.threads) + 1}"))

    def send(self, thread: Thread, outgoing: Outgoing) -> int:
        self.sheet.before(outgoing)
        remote_id = next(self.sheet.ids)
        self.sheet.notes.append((remote_id, thread.conversation_id, outgoing))
        self.sheet.after(outgoing)
        return remote_id

    def find(self, thread: Thread, key: str, after: int) -> int | None:
        self.sheet.looking()
        mine = (remote_id for remote_id, _, outgoing in self.sheet.notes if outgoing.key == key and remote_id > after)
        return next(mine, None)

    def read(self, thread: Thread, after: int) -> Reading:
        said: list[Event] = [event for event in self.sheet.said if event.thread.conversation_id == thread.conversation_id]
        last = max([after, *(event.remote_id for event in said if isinstance(event, AgentSaid))])
        closed = [ThreadClosed(ThreadRef(thread.conversation_id), "resolved")] if thread.conversation_id in self.sheet.closed else []
        return Reading((*said, *closed), last)

    def remove(self, thread: Thread, remote_id: int) -> None:
        self.sheet.notes = [note for note in self.sheet.notes if note[0] != remote_id]

    def close(self, thread: Thread) -> None:
        self.sheet.closed.add(thread.conversation_id)

    def verify(self, headers: Mapping[str, str], raw: bytes, now: float) -> None:
        if headers.get("X-Paper-Seal") != self.connection.webhook_secret or not self.connection.webhook_secret:
            raise BadSignature("No seal, or not ours.")

    @classmethod
    def recipient(cls, raw: bytes) -> Recipient:
        try:
            paper = json.loads(raw)
            return Recipient(None, paper["tray"])
        except (ValueError, KeyError, TypeError):
            raise Malformed("Not a paper.") from None

    @classmethod
    def parse(cls, raw: bytes) -> tuple[Event, ...]:
        paper = json.loads(raw)
        if paper.get("closed"):
            return (ThreadClosed(ThreadRef(paper["thread"]), "resolved"),)
        if "said" not in paper:
            return (Ignored("blank paper"),)
        return (AgentSaid(ThreadRef(paper["thread"]), paper["id"], paper["said"], paper.get("name")),)
