"""Fetching files a desk holds: hostile servers, redirects, and what never leaves with the request."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from handoffs.providers.base import Connection, Fetched, Locked, Refused, Unavailable
from handoffs.providers.chatwoot.provider import Chatwoot
from handoffs.providers.fetching import MOST_REDIRECTS, fetch
from handoffs.providers.outbound import Limits
from tests.handoffs.providers.resolver import Names
from tests.handoffs.providers.servers import Call, closed_port, listening

LOOPBACK = (ip_network("127.0.0.0/8"),)
PATIENT = Limits(connect=3, read=10, total=15)
QUICK = Limits(connect=3, read=0.3, total=0.6)
PICTURE = b"\x89PNG" + b"x" * 996


def picture(call: Call) -> None:
    call.answer(200, PICTURE, {"Content-Type": "Image/PNG; charset=binary"})


def to(location: str, status: int = 302) -> Callable[[Call], None]:
    return lambda call: call.answer(status, b"elsewhere", {"Location": location})


def got(url: str, most: int = 1000) -> Fetched:
    return fetch(url, most, LOOPBACK, PATIENT)


def test_a_file_comes_with_the_type_its_server_claims() -> None:
    with listening() as server:
        server.respond = picture
        assert got(f"{server.url}/a.png?signed=1") == Fetched("image/png", PICTURE)


@pytest.mark.parametrize("claimed", ["", "nonsense", "text/html\x7f", "a/" + "b" * 100, "ümlaut/x"])
def test_a_type_that_is_none_is_none(claimed: str) -> None:
    with listening() as server:
        server.respond = lambda call: call.write(
            f"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Type: {claimed}\r\n\r\nx".encode("latin-1")
        )
        assert got(server.url).type == ""


# --- redirects ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_storage_is_followed_and_no_token_goes_anywhere(status: int) -> None:
    with listening("127.0.0.1") as desk, listening("127.0.0.2") as storage:
        desk.respond = to(f"{storage.url}/bucket/a.png", status)
        storage.respond = picture
        connection = Connection(desk.url, 1, 7, "t0ken", "whsec", LOOPBACK)
        assert Chatwoot(connection, PATIENT).fetch(f"{desk.url}/rails/a.png", 1000).content == PICTURE
    for seen in desk.seen + storage.seen:
        assert seen.method == "GET"
        assert set(seen.headers) <= {"host", "user-agent", "accept-encoding", "accept", "connection"}


def test_an_address_without_a_host_is_the_desks_own() -> None:
    with listening() as desk:
        desk.respond = picture
        chatwoot = Chatwoot(Connection(f"{desk.url}/app/accounts/1", 1, 7, "t0ken", allowed_networks=LOOPBACK), PATIENT)
        assert chatwoot.fetch("/rails/jane.png", 1000).content == PICTURE
    assert desk.seen[0].path == "/rails/jane.png"


def test_relative_redirects_and_fragments_are_understood() -> None:
    with listening() as server:
        server.respond = lambda call: picture(call) if call.seen.path == "/b/c.png" else to("../b/c.png#top")(call)
        assert got(f"{server.url}/a/").content == PICTURE


def test_redirects_without_end_are_refused() -> None:
    with listening() as server:
        server.respond = lambda call: to(f"{call.seen.path}x")(call)
        with pytest.raises(Refused, match="redirects"):
            got(f"{server.url}/")
    assert len(server.seen) == MOST_REDIRECTS + 1


def test_as_many_redirects_as_we_follow_are_followed() -> None:
    with listening() as server:
        server.respond = lambda call: picture(call) if call.seen.path == "/xxx" else to(f"{call.seen.path}x")(call)
        assert got(f"{server.url}/").content == PICTURE


FORBIDDEN = [
    "http://10.0.0.1/a",
    "https://169.254.169.254/latest/meta-data/",
    "http://[::1]/a",
    "http://93.184.216.34/a",
    "ftp://127.0.0.1/a",
    "file:///etc/passwd",
    "https://user:pass@example.com/a",
    "http://127.0.0.1:22/",
    "gopher://127.0.0.1/",
    "http://[",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_forbidden_address_is_refused_and_does_not_lock_the_desk(address: str) -> None:
    with pytest.raises(Refused) as caught:
        got(address)
    assert not isinstance(caught.value, Locked)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_redirect_to_a_forbidden_address_is_refused(address: str) -> None:
    with listening() as server:
        server.respond = to(address)
        with pytest.raises(Refused) as caught:
            got(server.url)
    assert not isinstance(caught.value, Locked)
    assert len(server.seen) == 1


def test_a_host_that_moves_inside_between_two_hops_is_refused(names: Names, dialled: list[str]) -> None:
    names.says("files.example.com", ["10.0.0.5"])
    with pytest.raises(Refused, match="not connect to"):
        got("https://files.example.com/a")
    assert dialled == []


# --- what is not there, too large, too slow -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 429, 500, 502, 503, 204, 206, 304])
def test_what_is_not_there_yet_is_tried_again_later(status: int) -> None:
    with listening() as server:
        server.respond = lambda call: call.answer(status, b"")
        with pytest.raises(Unavailable):
            got(server.url)


def test_what_is_gone_for_good_is_refused() -> None:
    with listening() as server:
        server.respond = lambda call: call.answer(410, b"")
        with pytest.raises(Refused, match="410"):
            got(server.url)


@pytest.mark.parametrize(
    "respond",
    [
        lambda call: call.answer(200, PICTURE + b"x"),
        lambda call: call.write(call.head(200, {}) + PICTURE + b"x"),
        lambda call: call.write(call.head(200, {"Content-Length": "9" * 12}) + PICTURE + b"x" * 100_000),
    ],
    ids=["with a length", "until the end", "endless"],
)
def test_a_file_larger_than_wanted_is_refused(respond: Callable[[Call], None]) -> None:
    with listening() as server:
        server.respond = respond
        with pytest.raises(Refused, match="larger"):
            got(server.url)


@pytest.mark.parametrize(
    "respond",
    [lambda call: call.hang(), lambda call: call.drip(call.head(200, {})), lambda call: call.reset(), lambda call: call.write(b"\0")],
    ids=["hangs", "drips", "resets", "babbles"],
)
def test_a_server_that_never_finishes_is_tried_again_later(respond: Callable[[Call], None]) -> None:
    with listening() as server:
        server.respond = respond
        with pytest.raises(Unavailable):
            fetch(server.url, 1000, LOOPBACK, QUICK)


def test_one_deadline_holds_for_all_hops() -> None:
    def slowly(call: Call) -> None:
        call.over.wait(0.2)
        picture(call) if call.seen.path == "/xxx" else to(f"{call.seen.path}x")(call)

    with listening() as server:
        server.respond = slowly
        with pytest.raises(Unavailable):
            fetch(f"{server.url}/", 1000, LOOPBACK, Limits(connect=1, read=5, total=0.5))


def test_nobody_there_means_later() -> None:
    with pytest.raises(Unavailable):
        got(f"http://127.0.0.1:{closed_port()}/a")


@pytest.mark.parametrize("domain", ["", "https://user@chat.acme.com"])
def test_an_address_beside_a_domain_that_is_none_is_refused(domain: str) -> None:
    with pytest.raises(Refused):
        Chatwoot(Connection(domain, 1, 7, "t0ken")).fetch("/a.png", 1000)
