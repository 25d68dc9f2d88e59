"""Name resolution for tests: it never asks the network."""

from __future__ import annotations

import socket
from typing import Any

real_getaddrinfo = socket.getaddrinfo


class Names:
    """A resolver that knows these names, and every spelling of an address the system knows; it never asks the network."""

    def __init__(self) -> None:
        self.known: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def says(self, host: str, *answers: list[str]) -> None:
        """One list of addresses for each time the name is asked for; the last one stays."""
        self.known[host] = list(answers)

    def __call__(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        self.asked.append(host)
        if host not in self.known:
            return real_getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        answers = self.known[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            entry
            for address in addresses
            for entry in real_getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        ]
