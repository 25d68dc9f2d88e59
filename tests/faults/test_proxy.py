"""The proxy does what the rig believes it does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import CLEAN, Network, Toxics


def echo(listener: socket.socket) -> None:
    def talk(peer: socket.socket) -> None:
        with peer:
            try:
                while data := peer.recv(65536):
                    peer.sendall(data)
            except OSError:
                pass

    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=talk, args=(peer,), daemon=True).start()


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network(seed=7)
    yield network
    network.close()


@pytest.fixture
def port(network: Network) -> Iterator[int]:
    """Of a link to an echo, after a door that is closed: the next one is tried."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody_there = closed.getsockname()[1]
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=echo, args=(listener,), daemon=True).start()
    yield network.add("echo", nobody_there, listener.getsockname()[1])
    listener.close()


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def said_back(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    back = b""
    while len(back) < len(data):
        back += connection.recv(65536)
    return back


def test_a_clean_link_changes_nothing(port: int) -> None:
    data = bytes(range(256)) * 2000
    with dial(port) as connection:
        assert said_back(connection, data) == data


def test_latency_is_felt_in_both_directions(network: Network, port: int) -> None:
    with dial(port) as connection:
        network.spoil("echo", Toxics(latency=0.2))
        began = time.monotonic()
        said_back(connection, b"hello")
        assert time.monotonic() - began >= 0.4


def test_a_rate_is_kept(network: Network, port: int) -> None:
    with dial(port) as connection:
        network.spoil("echo", Toxics(rate=1000))
        began = time.monotonic()
        said_back(connection, b"x" * 500)
        assert time.monotonic() - began >= 0.4


def test_a_black_hole_keeps_and_then_gives_back(network: Network, port: int) -> None:
    with dial(port) as connection:
        network.spoil("echo", Toxics(blackhole=True))
        connection.sendall(b"hello")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(10)
        network.spoil("echo", CLEAN)
        connection.settimeout(5)
        assert connection.recv(10) == b"hello"


def test_a_reset_is_a_reset(network: Network, port: int) -> None:
    with dial(port) as connection:
        said_back(connection, b"hello")
        network.reset("echo")
        with pytest.raises(ConnectionResetError):
            connection.recv(10)


def heard_before_the_cut(port: int) -> int:
    heard = 0
    with dial(port) as connection:
        connection.sendall(b"x" * 1000)
        try:
            while data := connection.recv(65536):
                heard += len(data)
        except ConnectionResetError:
            pass
    return heard


def test_a_cut_comes_at_a_byte_that_the_seed_chose(port: int, network: Network) -> None:
    network.spoil("echo", Toxics(cut_after=(1, 1500)))
    assert heard_before_the_cut(port) < 1000
    assert network.links["echo"].cuts == 1


def test_a_cut_after_certain_bytes_lets_them_pass(port: int, network: Network) -> None:
    network.spoil("echo", Toxics(cut_on=(b"COMMIT", 1.0)))
    with dial(port) as connection:
        assert said_back(connection, b"BEGIN") == b"BEGIN"
        connection.sendall(b"COMMIT")
        with pytest.raises(ConnectionResetError):
            connection.recv(10)


def test_refused_is_refused(port: int, network: Network) -> None:
    network.spoil("echo", Toxics(refuse=1.0))
    with pytest.raises(ConnectionResetError), dial(port) as connection:
        connection.sendall(b"hello")
        connection.recv(10)
