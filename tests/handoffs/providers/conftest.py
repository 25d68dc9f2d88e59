from __future__ import annotations

import socket
from typing import Any

import pytest

from handoffs.providers import outbound
from tests.handoffs.providers.resolver import Names


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
