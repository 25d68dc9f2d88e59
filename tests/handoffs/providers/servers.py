"""Real listeners on 127.0.0.x that misbehave on demand."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PACE = 0.02  # seconds between two bytes of an answer that drips


@dataclass
class Seen:
    """One request as the listener got it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return json.loads(self.body)


class Call:
    """The listener's side of one exchange; what a test's ``respond`` acts on."""

    def __init__(self, handler: BaseHTTPRequestHandler, seen: Seen, over: threading.Event) -> None:
        self.handler = handler
        self.seen = seen
        self.over = over

    def answer(self, status: int, body: bytes | object = b"", headers: Mapping[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.write(self.head(status, {"Content-Length": str(len(raw))} | dict(headers or {})) + raw)

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {status} Whatever\r\nConnection: close\r\n{lines}\r\n".encode()

    def write(self, data: bytes) -> None:
        with suppress(OSError):
            self.handler.connection.sendall(data)

    def hang(self) -> None:
        self.over.wait(10)

    def drip(self, head: bytes) -> None:
        self.write(head)
        while not self.over.wait(PACE):
            self.write(b"x")

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.connection.close()


Respond = Callable[[Call], None]


def ok(call: Call) -> None:
    call.answer(200, {})


@dataclass
class Listener:
    url: str
    port: int
    respond: Respond = ok
    seen: list[Seen] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that walks away is what these tests are about."""


@contextmanager
def listening(address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """A listener on ``address``; set ``respond`` to decide what it does, read ``seen`` for what it got."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if self.raw_requestline and self.parse_request():
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen = Seen(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                listener.seen.append(seen)
                listener.respond(Call(self, seen, over))
            self.close_connection = True

    server = _Server((address, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    listener = Listener(f"{'https' if tls else 'http'}://{address}:{port}", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port of 127.0.0.1 nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
