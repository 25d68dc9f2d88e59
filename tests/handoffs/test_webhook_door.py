import hashlib
import hmac
import json
import time
import uuid

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.db import InterfaceError, OperationalError, connection
from django.urls import reverse

from handoffs.models import Handoff, Receipt, Workspace
from handoffs.views import HintsPerHandoff

SECRET = "secret-of-the-inbox"


def payload(**changes):
    """An agent's reply as Chatwoot sends it (CHATWOOT.md §3.2), cut to what matters here."""
    body = {
        "event": "message_created",
        "id": 9013,
        "content": "Hello",
        "message_type": "outgoing",
        "private": False,
        "content_type": "text",
        "content_attributes": {},
        "source_id": None,
        "sender": {"id": 3, "name": "Jane Doe", "email": "jane@acme.test", "type": "user"},
        "account": {"id": 1, "name": "Acme"},
        "inbox": {"id": 7, "name": "Website"},
        "conversation": {"id": 42, "inbox_id": 7, "contact_inbox": {"source_id": "S"}, "messages": []},
    }
    return json.dumps(body | changes).encode()


def signature(raw, secret=SECRET, at=None):
    at = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), at.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"X-Chatwoot-Signature": f"sha256={digest}", "X-Chatwoot-Timestamp": at, "X-Chatwoot-Delivery": "d-1"}


@pytest.fixture
def door(client, handoff):
    def post(raw, headers=None, path="/w/demo/incoming-chatwoot", host="localhost"):
        headers = signature(raw) if headers is None else headers
        return client.post(path, raw, content_type="application/json", headers={"Host": host, **headers})

    return post


def test_a_signed_call_is_stored_and_answered_at_once(door):
    raw = payload()
    assert door(raw).status_code == 200
    receipt = Receipt.objects.get()
    assert (bytes(receipt.raw), receipt.signed, receipt.state, receipt.delivery_id) == (raw, True, "stored", "d-1")


@pytest.mark.parametrize("host", ["demo.localhost", "DEMO.localhost:8000", "localhost"])
def test_the_workspace_is_told_by_the_host_or_is_the_only_one(door, host):
    assert door(payload(), path="/incoming-chatwoot", host=host).status_code == 200


def test_a_pasted_slash_at_the_end_does_not_matter(door):
    assert door(payload(), path="/incoming-chatwoot/", host="demo.localhost").status_code == 200


@pytest.mark.parametrize("host", ["nobody.localhost", "a.demo.localhost", "demo.demo.localhost"])
def test_an_unknown_or_nested_host_is_not_found(door, host):
    assert door(payload(), path="/incoming-chatwoot", host=host).status_code == 404
    assert not Receipt.objects.exists()


def test_a_host_that_is_not_ours_is_refused(door):
    assert door(payload(), path="/incoming-chatwoot", host="demo.localhost.evil.example").status_code == 400


def test_the_bare_host_is_not_enough_when_there_are_two_workspaces(door):
    Workspace.objects.create(slug="other", name="Other")
    assert door(payload(), path="/incoming-chatwoot").status_code == 404
    assert door(payload(), path="/w/demo/incoming-chatwoot").status_code == 200


def test_a_secret_of_one_workspace_touches_nothing_of_another(door):
    Workspace.objects.create(slug="other", name="Other")
    answer = door(payload(), path="/w/other/incoming-chatwoot")
    assert (answer.status_code, answer.json()["detail"]) == (404, "No handoff of this workspace uses this account and inbox.")


@pytest.mark.parametrize("changes", [{"inbox": {"id": 8}}, {"account": {"id": 2}}])
def test_an_unknown_inbox_or_account_is_refused_with_a_reason(door, changes):
    answer = door(payload(**changes))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_unknown_system_is_not_found(door):
    assert door(payload(), path="/w/demo/incoming-carrierpigeon").status_code == 404


def test_a_body_that_was_written_anew_does_not_verify(door):
    raw = payload()
    again = json.dumps(json.loads(raw), indent=1).encode()
    assert door(again, signature(raw)).status_code == 401


@pytest.mark.parametrize("seconds", [-301, 400])
def test_a_time_too_far_away_is_refused(door, seconds):
    assert door(payload(), signature(payload(), at=int(time.time()) + seconds)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signature(payload(), secret="wrong"),
        signature(payload(), at="soon"),
        {**signature(payload()), "X-Chatwoot-Signature": "sha256="},
        {**signature(payload()), "X-Chatwoot-Signature": "é"},
        {**signature(payload()), "X-Chatwoot-Timestamp": "9" * 5000},
    ],
)
def test_what_is_not_signed_as_agreed_is_refused_with_a_reason(door, headers):
    answer = door(payload(), headers)
    assert answer.status_code == 401
    assert answer.json()["detail"]
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"a": "\x00"}',
    ],
)
def test_what_is_not_a_json_object_is_refused_with_a_reason(door, raw):
    answer = door(raw)
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("inbox", [True, "7", [7], {"id": 7}, -7, 2**70, None, 7.0])
def test_an_inbox_that_is_not_a_number_is_nobodys(door, inbox):
    assert door(payload(inbox={"id": inbox}, conversation={"inbox_id": inbox})).status_code == 404


def test_a_body_over_one_mebibyte_is_refused(door):
    answer = door(payload(content="x" * 1024 * 1024))
    assert answer.status_code == 413
    assert "1 MiB" in answer.json()["detail"]


def test_only_post_is_answered(client, handoff):
    assert client.get("/w/demo/incoming-chatwoot").status_code == 405


def test_without_a_secret_the_call_is_only_a_hint(door, handoff):
    handoff.webhook_secret = ""
    handoff.save()
    assert door(payload(), {}).status_code == 200
    assert Receipt.objects.get().signed is False


def test_an_unsigned_call_may_be_smaller_only(door, handoff):
    handoff.webhook_secret = ""
    handoff.save()
    assert door(payload(content="x" * 65 * 1024), {}).status_code == 413
    assert not Receipt.objects.exists()


@pytest.fixture
def few_hints(monkeypatch):
    """Two unsigned calls a minute are kept."""
    cache.clear()
    monkeypatch.setattr(HintsPerHandoff, "rate", "2/min")
    monkeypatch.setattr(HintsPerHandoff, "here", LocMemCache("hints of this test", {}))
    yield
    cache.clear()


@pytest.fixture
def unsigned(handoff):
    """The handoff, of a desk that does not sign."""
    handoff.webhook_secret = ""
    handoff.save()
    return handoff


def test_too_many_unsigned_calls_are_put_off(door, unsigned, few_hints):
    answers = [door(payload(), {}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert Receipt.objects.count() == 2


def test_signed_calls_are_never_put_off(door, few_hints):
    assert {door(payload(id=number)).status_code for number in range(5)} == {200}
    assert Receipt.objects.count() == 5


def test_unsigned_calls_of_one_handoff_put_off_none_of_another(door, unsigned, few_hints):
    answers = [door(payload(), {}) for _ in range(3)]
    unsigned.pk, unsigned.inbox_id = uuid.uuid4(), 8
    unsigned.access_token = "of another row"
    unsigned.save(force_insert=True)
    other = payload(inbox={"id": 8}, conversation={"id": 42, "inbox_id": 8})
    assert (answers[-1].status_code, door(other, {}).status_code) == (429, 200)


def test_unsigned_calls_are_counted_without_the_cache_too(door, unsigned, few_hints, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}}
    assert [door(payload(), {}).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_while_the_database_is_away_the_desk_is_told_to_come_again(door, error):
    def away(*query):
        raise error("the database is away")

    with connection.execute_wrapper(away):
        answer = door(payload())
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["code"]) == (503, "10", "busy")
    assert door(payload()).status_code == 200


def test_while_the_database_is_away_a_workspaces_own_host_says_so_too(client, handoff, settings):
    settings.ALLOWED_HOSTS = [".localhost"]

    def away(*query):
        raise OperationalError("the database is away")

    with connection.execute_wrapper(away):
        answer = client.post("/incoming-chatwoot", b"{}", content_type="application/json", headers={"Host": "demo.localhost"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_once_seen_signed_an_unsigned_call_is_refused_even_without_the_secret(door, handoff):
    door(payload())
    handoff.refresh_from_db()
    assert handoff.seen_signed_at
    handoff.webhook_secret = ""
    handoff.save()
    assert door(payload(), {}).status_code == 401


def test_the_address_to_enter_at_the_desk_is_this_door(handoff, settings):
    settings.PUBLIC_URL = "https://chat.example.com"
    assert handoff.webhook_url() == "https://chat.example.com" + reverse("incoming", kwargs={"slug": "demo", "system": "chatwoot"})


def test_an_inactive_handoff_still_hears_its_desk(door):
    Handoff.objects.update(active=False)
    assert door(payload()).status_code == 200
