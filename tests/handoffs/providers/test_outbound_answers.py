"""What comes back through the door, and what never leaves with the request. Listeners are real; only name resolution is played."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse

from handoffs.providers.outbound import Forbidden, Limits, NoAnswer, session
from tests.handoffs.providers.certificates import server_context
from tests.handoffs.providers.resolver import Names
from tests.handoffs.providers.servers import Call, closed_port, listening

LOOPBACK = (ip_network("127.0.0.0/8"),)
QUICK = Limits(connect=3, read=0.3, total=0.6)
SMALL = Limits(body=10_000)
TOKEN = {"api-access-token": "t0ken-that-must-not-leak"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed_and_the_token_stays_home(status: int, method: str) -> None:
    with listening("127.0.0.1") as desk, listening("127.0.0.2") as canary:
        desk.respond = lambda call: call.answer(status, b"", {"Location": f"{canary.url}/stolen"})
        answer = session(LOOPBACK).request(method, desk.url, headers=TOKEN, allow_redirects=True)
    assert answer.status_code == status
    assert desk.seen[0].headers["api-access-token"] == TOKEN["api-access-token"]
    assert canary.seen == []


@pytest.mark.parametrize("location", ["http://[", "file:///etc/passwd", "//", "\u00e9", ""])
def test_a_redirect_to_nonsense_is_an_answer_like_any_other(location: str) -> None:
    with listening() as desk:
        desk.respond = lambda call: call.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        assert session(LOOPBACK).get(desk.url).status_code == 302


def test_proxies_and_netrc_of_the_environment_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with listening("127.0.0.1") as desk, listening("127.0.0.2") as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        session(LOOPBACK).get(desk.url, proxies={"http": proxy.url})
    assert "authorization" not in desk.seen[0].headers
    assert proxy.seen == []


def test_cookies_are_not_kept() -> None:
    with listening() as desk:
        desk.respond = lambda call: call.answer(200, {}, {"Set-Cookie": "a=b; Path=/"})
        guarded = session(LOOPBACK)
        guarded.get(desk.url)
        guarded.get(desk.url)
    assert "cookie" not in desk.seen[1].headers


def test_no_compression_is_asked_for_and_none_is_unpacked() -> None:
    with listening() as desk:
        desk.respond = lambda call: call.answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})
        with pytest.raises(NoAnswer, match="compressed"):
            session(LOOPBACK).get(desk.url)
    assert desk.seen[0].headers["accept-encoding"] == "identity"


def chunks(call: Call) -> None:
    call.write(call.head(200, {"Transfer-Encoding": "chunked"}))
    for _ in range(30):
        call.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
    call.write(b"0\r\n\r\n")


@pytest.mark.parametrize(
    "respond",
    [
        lambda call: call.answer(200, b"x" * 10_001),
        lambda call: call.write(call.head(200, {}) + b"x" * 10_001),
        lambda call: call.answer(500, b"x" * 10_001),
        lambda call: call.answer(302, b"x" * 10_001, {"Location": "/x"}),
        chunks,
    ],
    ids=["with a length", "until the end", "of an error", "of a redirect", "in chunks"],
)
def test_an_answer_larger_than_the_limit_is_not_read_to_its_end(respond: Callable[[Call], None]) -> None:
    with listening() as desk:
        desk.respond = respond
        with pytest.raises(NoAnswer, match="larger") as caught:
            session(LOOPBACK, SMALL).post(desk.url)
    assert caught.value.sent


def test_an_answer_at_the_limit_is_read() -> None:
    with listening() as desk:
        desk.respond = lambda call: call.answer(200, b"x" * 10_000)
        assert len(session(LOOPBACK, SMALL).get(desk.url).content) == 10_000


@pytest.mark.parametrize(
    "respond",
    [
        lambda call: call.hang(),
        lambda call: call.drip(b""),
        lambda call: call.drip(b"HTTP/1.1 200 OK\r\nX: "),
        lambda call: call.drip(call.head(200, {})),
        lambda call: call.drip(call.head(200, {"Content-Length": "5000"})),
        lambda call: call.write(call.head(200, {"Content-Length": "5"}) + b"x") or call.hang(),
    ],
    ids=["nothing", "a status line", "a header", "a body without length", "a body with length", "half a body"],
)
def test_a_host_that_never_finishes_is_cut_off(respond: Callable[[Call], None]) -> None:
    with listening() as desk:
        desk.respond = respond
        began = time.monotonic()
        with pytest.raises(NoAnswer, match=r"in time|took longer") as caught:
            session(LOOPBACK, QUICK).get(desk.url)
    assert caught.value.sent
    assert time.monotonic() - began < 5


def test_a_refused_connection_had_sent_nothing() -> None:
    with pytest.raises(NoAnswer, match="refused") as caught:
        session(LOOPBACK).get(f"http://127.0.0.1:{closed_port()}/")
    assert not caught.value.sent


def test_an_unknown_name_had_sent_nothing(names: Names) -> None:
    with pytest.raises(NoAnswer, match="could not be found") as caught:
        session().get("https://nobody.test/")
    assert not caught.value.sent


def test_a_broken_connection_had_sent_something() -> None:
    with listening() as desk:
        desk.respond = lambda call: call.reset()
        with pytest.raises(NoAnswer, match="broke") as caught:
            session(LOOPBACK).post(desk.url, json={})
    assert caught.value.sent


def test_a_connection_that_vanishes_between_sending_and_reading_is_no_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(connection: HTTPConnection) -> HTTPResponse:
        connection.sock = None
        return read(connection)

    read = HTTPConnection.getresponse
    monkeypatch.setattr(HTTPConnection, "getresponse", cut_off)
    with listening() as desk, pytest.raises(NoAnswer) as caught:
        session(LOOPBACK).post(desk.url, json={})
    assert caught.value.sent


@pytest.mark.parametrize("header", ["t0ken\nbreak", "t0ken\r\nX-Evil: 1", " t0ken", "t0ken-ключ"])
def test_a_header_that_is_none_is_refused_without_being_quoted(header: str) -> None:
    with listening() as desk, pytest.raises((Forbidden, NoAnswer)) as caught:
        session(LOOPBACK).get(desk.url, headers={"api-access-token": header})
    assert "t0ken" not in repr(caught.value)
    assert desk.seen == []


def test_no_error_of_the_door_names_the_url_or_the_token() -> None:
    with listening() as desk:
        desk.respond = lambda call: call.reset()
        with pytest.raises(NoAnswer) as caught:
            session(LOOPBACK).get(f"{desk.url}/path-s3cret", headers=TOKEN)
    assert "s3cret" not in repr(caught.value)
    assert TOKEN["api-access-token"] not in repr(caught.value)


def test_exchanges_leave_no_thread_behind() -> None:
    before = threading.active_count()
    guarded = session([])
    for _ in range(5):
        with pytest.raises(Forbidden):
            guarded.get("http://127.0.0.1/")
    assert threading.active_count() == before


def test_tls_keeps_the_name_of_the_url_while_the_checked_address_is_called(
    names: Names, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context, authority = server_context("desk.test", tmp_path)
    asked_for: list[str | None] = []
    context.sni_callback = lambda connection, name, of: asked_for.append(name)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(authority))
    with listening("127.0.0.4", context) as desk:
        names.says("desk.test", ["127.0.0.4"])
        assert session(LOOPBACK).get(f"https://desk.test:{desk.port}/").status_code == 200
    assert asked_for == ["desk.test"]
    assert desk.seen[0].headers["host"] == f"desk.test:{desk.port}"


@pytest.mark.parametrize("host", ["desk.test", "other.test"])
def test_a_certificate_that_is_not_trusted_or_for_another_name_is_refused_before_anything_is_sent(
    host: str, names: Names, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context, authority = server_context("desk.test", tmp_path)
    if host == "other.test":
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(authority))
    with listening("127.0.0.4", context) as desk:
        names.says(host, ["127.0.0.4"])
        with pytest.raises(NoAnswer, match="certificate") as caught:
            session(LOOPBACK).get(f"https://{host}:{desk.port}/", headers=TOKEN, verify=False)
    assert not caught.value.sent
    assert desk.seen == []


def test_a_tls_answer_that_drips_is_cut_off_too(names: Names, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context, authority = server_context("desk.test", tmp_path)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(authority))
    with listening("127.0.0.4", context) as desk:
        desk.respond = lambda call: call.drip(call.head(200, {}))
        names.says("desk.test", ["127.0.0.4"])
        with pytest.raises(NoAnswer, match="took longer"):
            session(LOOPBACK, QUICK).get(f"https://desk.test:{desk.port}/")


def test_a_host_that_does_not_speak_tls_had_been_sent_nothing(names: Names) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=lambda: server.accept()[0].sendall(b"220 smtp ready\r\n"), daemon=True)
        answering.start()
        with pytest.raises(NoAnswer, match=r"TLS|broke") as caught:
            session(LOOPBACK, QUICK).get(f"https://127.0.0.1:{server.getsockname()[1]}/", headers=TOKEN)
    assert not caught.value.sent
