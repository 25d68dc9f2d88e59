"""What the parts of the provider contract share."""

from __future__ import annotations

import uuid

import pytest

from handoffs.providers.base import (
    AgentSaid,
    Connection,
    Event,
    Outgoing,
    Person,
    Provider,
    Request,
    Thread,
)
from tests.handoffs.providers.desk import Desk


def outgoing(text: str = "Hello?", private: bool = False) -> Outgoing:
    return Outgoing(str(uuid.uuid4()), text, private)


def visitor(name: str = "Ann") -> Person:
    return Person(uuid.uuid4().hex, name)


def request() -> Request:
    return Request(new_id())


def new_id() -> str:
    return str(uuid.uuid4())


def agents_words(events: tuple[Event, ...]) -> list[str]:
    return [event.text for event in events if isinstance(event, AgentSaid)]


class Contract:
    """The provider under test and the desk it speaks to."""

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
        return provider.open(visitor(), request())
