"""How every way a call can fail is told to the caller: (what Chatwoot does) → (which error of ``base``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network

import pytest

from handoffs.providers.base import (
    Attachment,
    Connection,
    Gone,
    Locked,
    Outgoing,
    Person,
    ProviderError,
    Rejected,
    Request,
    Thread,
    Throttled,
    Unavailable,
    Uncertain,
)
from handoffs.providers.chatwoot.answers import Invalid, NotAllowed, retry_after
from handoffs.providers.chatwoot.provider import Chatwoot
from handoffs.providers.outbound import Forbidden, Limits
from tests.handoffs.providers.servers import Call, Listener, closed_port, listening

PATIENT = Limits(connect=3, read=5, total=8, body=10_000)
# Only where running out of time is one of the ways to the expected error.
QUICK = Limits(connect=3, read=0.5, total=1.5, body=10_000)
NEVER_ENDS = ("no answer", "drips")
TOKEN = "t0ken-that-must-not-leak"
SAID = "what the visitor said"
THREAD = Thread("55", "42")
HELLO = Outgoing("3f1c8e1e-8a52-4a44-9a0e-0d5b6a6d7c11", SAID)

Do = Callable[[Chatwoot], object]
WRITES: dict[str, Do] = {
    "send": lambda desk: desk.send(THREAD, HELLO),
    "send a file": lambda desk: desk.send(THREAD, replace(HELLO, files=(Attachment("a.txt", "text/plain", SAID.encode()),))),
    "close": lambda desk: desk.close(THREAD),
}
READS: dict[str, Do] = {
    "find": lambda desk: desk.find(THREAD, HELLO.key, 0),
    "read": lambda desk: desk.read(THREAD, 0),
    "open": lambda desk: desk.open(Person("visitor-1", "Ann"), Request(HELLO.key)),
}
EVERYTHING = WRITES | READS


def chatwoot(url: str, token: str = TOKEN, limits: Limits = PATIENT) -> Chatwoot:
    return Chatwoot(Connection(url, 1, 7, token, allowed_networks=(ip_network("127.0.0.0/8"),)), limits)


@pytest.fixture
def server() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def error_of(do: Do, desk: Chatwoot) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        do(desk)
    assert TOKEN not in repr(caught.value) and SAID not in repr(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


def answering(server: Listener, status: int, body: object = b"", headers: dict[str, str] | None = None) -> Chatwoot:
    server.respond = lambda call: call.answer(status, body, headers)
    return chatwoot(server.url)


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize(("status", "kind"), [(401, Locked), (402, Locked), (403, NotAllowed)])
def test_a_desk_that_no_longer_lets_us_in_is_locked(do: Do, status: int, kind: type[Locked], server: Listener) -> None:
    assert type(error_of(do, answering(server, status, {"error": f"{TOKEN} {SAID}"}))) is kind


@pytest.mark.parametrize("do", [*WRITES.values(), READS["find"], READS["read"]])
def test_a_conversation_that_is_not_there_is_gone(do: Do, server: Listener) -> None:
    assert type(error_of(do, answering(server, 404, {"error": "Resource could not be found"}))) is Gone


def test_an_account_or_inbox_that_is_not_there_is_locked(server: Listener) -> None:
    assert type(error_of(READS["open"], answering(server, 404, {"error": "Resource could not be found"}))) is Locked


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize(("header", "pause"), [(None, None), ("7", 7.0), ("soon", None), ("999999", 3600.0), ("-5", None)])
def test_too_many_requests_means_later(do: Do, header: str | None, pause: float | None, server: Listener) -> None:
    error = error_of(do, answering(server, 429, b"Retry later\n", {"Retry-After": header} if header else None))
    assert type(error) is Throttled
    assert error.retry_after == pause


def test_a_pause_may_be_given_as_a_date() -> None:
    pause = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=100)))
    assert pause is not None and 90 < pause <= 100
    assert retry_after(format_datetime(datetime.now(UTC) - timedelta(seconds=100))) == 0


UNPROCESSABLE = [
    ({"error": "Validation failed: Content is too long (maximum is 150000 characters)"}, Rejected),
    ({"error": "Validation failed: Attachments is invalid"}, Rejected),
    ({"error": "param is missing or the value is empty: payload"}, Rejected),
    ({"message": "Email has already been taken", "attributes": ["email"]}, Invalid),
    ({"error": "Validation failed: Too many messages"}, Unavailable),
    ({"error": "undefined method for nil"}, Uncertain),
    ({"error": ["Validation failed"]}, Uncertain),
    ({}, Uncertain),
    ([], Uncertain),
    (b"<html>", Uncertain),
]


@pytest.mark.parametrize(("body", "kind"), UNPROCESSABLE)
def test_unprocessable_means_wrong_or_later_or_nobody_knows(body: object, kind: type[ProviderError], server: Listener) -> None:
    error = error_of(WRITES["send"], answering(server, 422, body))
    assert type(error) is kind
    assert getattr(error, "retry_after", None) == (60.0 if kind is Unavailable else None)


@pytest.mark.parametrize("status", [400, 405, 413, 415])
def test_a_request_the_desk_will_never_take_is_rejected(status: int, server: Listener) -> None:
    assert type(error_of(WRITES["send"], answering(server, status, b"Request Entity Too Large"))) is Rejected


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_stored_nothing_and_does_not_get_the_token(do: Do, status: int, server: Listener) -> None:
    with listening("127.0.0.2") as elsewhere:
        assert type(error_of(do, answering(server, status, b"", {"Location": elsewhere.url}))) is Unavailable
    assert elsewhere.seen == []


# What may happen after the request was sent and proves nothing.
AMBIGUOUS: dict[str, Callable[[Call], None]] = {
    "500": lambda call: call.answer(500, {"error": TOKEN}),
    "502": lambda call: call.answer(502, b"<html>"),
    "503": lambda call: call.answer(503, b""),
    "504": lambda call: call.answer(504, b""),
    "408": lambda call: call.answer(408, b""),
    "no answer": lambda call: call.hang(),
    "reset": lambda call: call.reset(),
    "closed": lambda call: None,
    "not HTTP": lambda call: call.write(b"\x00\x01garbage\r\n\r\n"),
    "cut in half": lambda call: call.write(call.head(200, {"Content-Length": "500"}) + b'{"id": 9013'),
    "HTML": lambda call: call.answer(200, b"<html>Welcome to nginx</html>"),
    "an empty 200": lambda call: call.answer(200, b""),
    "huge": lambda call: call.answer(200, b" " * 10_001),
    "nested": lambda call: call.answer(200, b"[" * 9_000),
    "drips": lambda call: call.drip(call.head(200, {})),
    "compressed": lambda call: call.answer(200, b"{}", {"Content-Encoding": "br"}),
}


def ambiguous(server: Listener, how: str) -> Chatwoot:
    server.respond = AMBIGUOUS[how]
    return chatwoot(server.url, limits=QUICK if how in NEVER_ENDS else PATIENT)


@pytest.mark.parametrize("how", AMBIGUOUS)
@pytest.mark.parametrize("do", WRITES.values(), ids=WRITES)
def test_a_change_without_a_clear_answer_is_uncertain(do: Do, how: str, server: Listener) -> None:
    assert type(error_of(do, ambiguous(server, how))) is Uncertain
    assert len(server.seen) == 1, "never sent again on its own"


@pytest.mark.parametrize("how", AMBIGUOUS)
@pytest.mark.parametrize("do", READS.values(), ids=READS)
def test_a_question_without_a_clear_answer_changed_nothing(do: Do, how: str, server: Listener) -> None:
    assert type(error_of(do, ambiguous(server, how))) is Unavailable


@pytest.mark.parametrize(
    "body", [{}, [], None, 7, "x", {"id": None}, {"id": True}, {"id": "9013"}, {"id": -1}, {"id": 2**63}, {"payload": {"id": 1}}]
)
def test_a_message_accepted_without_an_id_is_uncertain(body: object, server: Listener) -> None:
    assert type(error_of(WRITES["send"], answering(server, 200, body))) is Uncertain


@pytest.mark.parametrize("body", [[], None, 7, "x", {"payload": None}, {"payload": 7}, {"payload": {}}])
@pytest.mark.parametrize("do", READS.values(), ids=READS)
def test_json_of_another_shape_is_no_answer_to_a_question(do: Do, body: object, server: Listener) -> None:
    assert type(error_of(do, answering(server, 200, body))) is Unavailable


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
def test_nobody_there_means_later(do: Do) -> None:
    assert type(error_of(do, chatwoot(f"http://127.0.0.1:{closed_port()}"))) is Unavailable


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize("domain", ["", "ftp://chat.acme.com", "https://user@chat.acme.com", "https://chat.acme.com/sub/path"])
def test_a_domain_that_is_none_is_locked_with_a_sentence_for_the_admin(do: Do, domain: str) -> None:
    error = error_of(do, chatwoot(domain))
    assert type(error) is Locked and "Enter it like" in str(error)


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize("token", ["", "   ", "t0ken\r\nX-Evil: 1", "t0ken\x00", "tökén"])
def test_a_token_that_is_none_is_locked_and_never_sent(do: Do, token: str, server: Listener) -> None:
    assert type(error_of(do, chatwoot(server.url, token))) is Locked
    assert server.seen == []


@pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize("domain", ["http://10.0.0.1", "https://169.254.169.254", "http://93.184.216.34"])
def test_a_forbidden_address_is_permanent_and_names_the_setting(do: Do, domain: str) -> None:
    error = error_of(do, chatwoot(domain))
    assert type(error) is Forbidden and "HANDOFF_ALLOWED_NETWORKS" in str(error)


def test_the_token_travels_in_the_header_that_proxies_let_through(server: Listener) -> None:
    error_of(WRITES["send"], answering(server, 500))
    assert server.seen[0].headers["api-access-token"] == TOKEN
    assert TOKEN not in server.seen[0].path


def test_a_connection_does_not_show_its_secrets() -> None:
    connection = Connection("https://chat.acme.com", 1, 7, TOKEN, "whsec")
    assert TOKEN not in repr(connection) and "whsec" not in repr(connection)
