from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from handoffs.providers import outbound
from handoffs.providers.base import Connection
from handoffs.providers.chatwoot.provider import Chatwoot
from sandbox.server import SandboxServer
from tests.handoffs.providers.resolver import Names
from tests.handoffs.providers.sandbox_desk import SandboxDesk
from tests.handoffs.providers.script import Script
from tests.handoffs.providers.servers import listening


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    resolver = Names()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses the door tried to connect to; nothing is connected."""
    addresses: list[str] = []

    def dial(family: int, address: Any, timeout: float) -> socket.socket:
        addresses.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound, "_dial", dial)
    return addresses


@pytest.fixture
def script() -> Iterator[Script]:
    with listening() as listener:
        yield Script(listener)


@pytest.fixture
def chatwoot(script: Script) -> Chatwoot:
    connection = Connection(script.listener.url, 1, 7, "token", allowed_networks=(ip_network("127.0.0.0/8"),))
    return Chatwoot(connection, outbound.Limits(connect=3, read=10, total=15))


@pytest.fixture(scope="module")
def sandbox_desk() -> Iterator[SandboxDesk]:
    with SandboxServer() as server, listening() as hub:
        yield SandboxDesk(server, hub)
