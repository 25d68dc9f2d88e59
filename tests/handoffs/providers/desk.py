"""The agents' side of a live-agent system, as the provider contract needs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from handoffs.providers.base import Connection, Thread


@dataclass(frozen=True)
class Webhook:
    headers: Mapping[str, str]
    raw: bytes
    at: float  # unix seconds of its signature


class Desk(ABC):
    """The agents' side. ``connection`` is one that works; messages are given and told as plain text."""

    connection: Connection

    @abstractmethod
    def agent_says(self, thread: Thread, text: str, name: str = "Jane") -> None: ...

    @abstractmethod
    def agent_takes(self, thread: Thread, name: str) -> None: ...

    @abstractmethod
    def agent_asks(self, thread: Thread, text: str, options: list[str]) -> int:
        """Ask the visitor to choose; the remote id of the question."""

    @abstractmethod
    def answers(self, thread: Thread) -> list[str]:
        """What agents see as answered to what they asked, oldest first."""

    @abstractmethod
    def agent_notes(self, thread: Thread, text: str) -> None:
        """Write something only agents may see."""

    @abstractmethod
    def agent_resolves(self, thread: Thread) -> None: ...

    @abstractmethod
    def visitor_texts(self, thread: Thread) -> list[str]:
        """What agents see as said by the visitor, oldest first."""

    @abstractmethod
    def private_texts(self, thread: Thread) -> list[str]:
        """What agents see as notes, oldest first."""

    @abstractmethod
    def webhook(self, containing: str) -> Webhook:
        """The next webhook call the desk made whose body contains these words."""
