"""The only door to the network: every request a provider makes goes through ``session()``.

The door resolves the host itself, checks every address it gets and connects to the address it checked (a name that resolves differently a
moment later changes nothing). It follows no redirect, reads no proxy or netrc settings, keeps no cookies, asks for no compression, and
bounds connecting, waiting, the whole exchange and the size of the answer. Only resolving itself has no limit but the system resolver's.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from handoffs.providers.base import Locked
from handoffs.providers.networks import Network, listed, parsed, public
from handoffs.providers.reasons import TooLarge, Unreadable, category

CLOSED = (
    "This host is at an address we do not connect to. If the desk runs in your own network, add that network to the deployment setting "
    "HANDOFF_ALLOWED_NETWORKS (cloud metadata and link-local addresses stay closed)."
)
NOT_ENCRYPTED = "http:// is only for hosts in the networks of the deployment setting HANDOFF_ALLOWED_NETWORKS; use https://."


class Forbidden(Locked):
    """An address we do not call, whatever is there. ``str()`` names what to do, never the address a name resolved to."""


class NoAnswer(Exception):
    """The exchange ended without a usable answer. ``str()`` is a category in words.

    ``sent``: whether a byte of the request had left us. ``too_large``: the answer had more bytes than the limit.
    """

    def __init__(self, reason: str, sent: bool, too_large: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.too_large = too_large


@dataclass(frozen=True)
class Limits:
    """Seconds to connect (all addresses together), between two bytes, and for the whole exchange; bytes of an answer's body."""

    connect: float = 3.0
    read: float = 20.0
    total: float = 25.0
    body: int = 8 * 1024 * 1024


LIMITS = Limits()


def session(allowed_networks: Iterable[Network] = (), limits: Limits = LIMITS) -> requests.Session:
    """A session that only leaves through the door. One thread at a time. Raises ``Forbidden`` or ``NoAnswer``, nothing else."""
    guarded = _Session()
    guarded.trust_env = False
    guarded.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    guarded.headers = requests.structures.CaseInsensitiveDict({"User-Agent": "Handoff", "Accept-Encoding": "identity"})
    guarded.adapters.clear()
    adapter = _Door(_Gate(tuple(allowed_networks), limits))
    guarded.mount("http://", adapter)
    guarded.mount("https://", adapter)
    return guarded


class _Gate:
    """Says where a session's connections may go and knows how far the running exchange got."""

    def __init__(self, allowed: tuple[Network, ...], limits: Limits) -> None:
        self.allowed = allowed
        self.limits = limits
        self.sent = self.expired = False
        self.current: socket.socket | None = None

    def connect(self, host: str, port: int, encrypted: bool) -> socket.socket:
        deadline = time.monotonic() + self.limits.connect
        failure = OSError("the host has no address")
        for family, address in self.resolve(host, port, encrypted):
            try:
                return _dial(family, address, max(deadline - time.monotonic(), 0.01))
            except OSError as error:
                failure = error
        raise failure

    def resolve(self, host: str, port: int, encrypted: bool) -> list[tuple[int, Any]]:
        """Family and socket address of every address of ``host``. Raises ``Forbidden`` if one of them is closed."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for *_, address in found:
            self.check(str(address[0]), encrypted)
        return [(family, address) for family, *_, address in found]

    def check(self, text: str, encrypted: bool) -> None:
        address = parsed(text)
        if address is not None and listed(address, self.allowed):
            return
        if address is None or not public(address):
            raise Forbidden(CLOSED)
        if not encrypted:
            raise Forbidden(NOT_ENCRYPTED)

    def sending(self, connection: socket.socket) -> None:
        if self.expired:
            raise TimeoutError
        self.current, self.sent = connection, True

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Cut the exchange after ``limits.total``, however slowly bytes keep coming: no socket timeout notices a drip."""
        self.sent, self.expired, self.current = False, False, None
        timer = threading.Timer(self.limits.total, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def cut(self) -> None:
        self.expired = True
        try:
            if self.current is not None:
                # Not SSLSocket.shutdown: that one takes the TLS object away under the reading thread.
                socket.socket.shutdown(self.current, socket.SHUT_RDWR)
        except OSError:
            pass  # already closed: there is nothing left to cut


def _dial(family: int, address: Any, timeout: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


class _Guarded(HTTPConnection):
    """A connection that asks the gate where to go; Host and TLS server name stay those of the URL."""

    gate: _Gate
    encrypted = False

    def _new_conn(self) -> socket.socket:
        return self.gate.connect(self._dns_host, int(self.port or self.default_port), self.encrypted)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.gate.sending(self.sock)
        super().send(data)


class _GuardedTLS(_Guarded, HTTPSConnection):
    encrypted = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded
    gate: _Gate

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.gate = self.gate
        return connection


class _TLSPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class _Door(HTTPAdapter):
    def __init__(self, gate: _Gate) -> None:
        self.gate = gate
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.gate = self.gate
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """One exchange, body included. The caller's own timeout, verify, cert and proxies are not asked for."""
        check_url(request.url or "")
        with self.gate.watched():
            try:
                answer = self.exchange(request)
            except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, AttributeError) as error:
                # urllib3 stumbles (AttributeError) over a socket that was lost, or cut off by our watch, between sending and reading.
                # No chain: an invalid header, for one, is quoted in the exception, and headers carry the token.
                raise NoAnswer(self.reason(error), self.gate.sent, isinstance(error, TooLarge)) from None
        if self.gate.expired:
            raise NoAnswer(self.too_slow(), sent=True)
        return answer

    def exchange(self, request: requests.PreparedRequest) -> requests.Response:
        limits = self.gate.limits
        answer = super().send(request, stream=True, timeout=(limits.connect, limits.read), verify=True, proxies={})
        answer._content = _body(answer.raw, answer.headers, limits.body)
        answer._content_consumed = True  # type: ignore[attr-defined]  # the stubs know the first half of requests' own pair
        return answer

    def reason(self, error: BaseException) -> str:
        return self.too_slow() if self.gate.expired else category(error)

    def too_slow(self) -> str:
        return f"the exchange took longer than {self.gate.limits.total:g} seconds"


class _Session(requests.Session):
    def request(self, *args: Any, **options: Any) -> requests.Response:
        try:
            return super().request(*args, **options)
        except (requests.RequestException, ValueError):
            # The door turns its own into NoAnswer; what is left is a request that could not even be written down.
            raise Forbidden("This is not a request we can make: its address, or a header such as the access token, is not valid.") from None

    def get_redirect_target(self, resp: requests.Response) -> None:
        """A redirect is an answer like any other: followed, it would take the token to an address nobody checked."""


def check_url(url: str) -> None:
    """Raise ``Forbidden`` for a URL that is not a plain http(s) address. What its host resolves to is checked when connecting."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("This is not a valid address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden("Only http:// and https:// addresses can be called.")
    if "@" in parts.netloc or "#" in url:
        raise Forbidden("The address must not contain a user name, a password or a # part.")
    if port is not None and port not in (80, 443) and port < 1024:
        raise Forbidden("This port belongs to another service; use 443, 80 or one from 1024 up.")


def _body(raw: HTTPResponse, headers: Mapping[str, str], most: int) -> bytes:
    try:
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Unreadable("it answered with compressed content we did not ask for")
        return _capped(raw, most)
    except BaseException:
        raw.close()
        raise


def _capped(raw: HTTPResponse, most: int) -> bytes:
    body = bytearray()
    for piece in raw.stream(65536, decode_content=False):
        body += piece
        if len(body) > most:
            raise TooLarge("its answer is larger than any we expect")
    return bytes(body)
