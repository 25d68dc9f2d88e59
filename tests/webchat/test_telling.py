"""What the website says of its visitor: what is signed is kept, what is not never gets in its way."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from handoffs import identity, switchboard
from webchat import limits

pytestmark = pytest.mark.django_db

SECRET = "the website's and ours"


@pytest.fixture
def token(scenario):
    scenario.identity_secret = SECRET
    scenario.save()
    return switchboard.begin(scenario, "http://testserver")[0]


@pytest.fixture
def tell(client, token):
    def post(door, body):
        return client.post(f"/webchat/{door}", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    return post


def user(scenario):
    return scenario.conversations.get().context.get("user")


def signed(visitor_id):
    """As docs/embedding.md shows it."""
    return hmac.new(SECRET.encode(), visitor_id.encode(), hashlib.sha256).hexdigest()


def test_a_signed_visitor_is_who_they_are(tell, scenario):
    answer = tell("identify", {"id": "42", "name": "Ann", "email": "ann@example.com", "hash": signed("42")})
    assert (answer.status_code, answer.json()) == (200, {"verified": True})
    assert user(scenario) == {"id": "42", "verified": True, "name": "Ann", "email": "ann@example.com"}


def test_an_id_may_be_a_number_and_the_hash_in_capitals(tell, scenario):
    assert tell("identify", {"id": 42, "hash": signed("42").upper()}).json() == {"verified": True}
    assert user(scenario)["id"] == "42"


@pytest.mark.parametrize(
    "claim",
    [
        {"id": "42", "hash": "0" * 64},
        {"id": "42", "hash": signed("43")},
        {"id": "42", "hash": "é"},
        {"id": "42"},
        {"id": "42", "hash": ""},
        {"hash": signed("")},
    ],
)
def test_a_wrong_hash_is_refused_in_words_and_nothing_is_kept(tell, scenario, claim):
    answer = tell("identify", {**claim, "name": "Mallory", "email": "ceo@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_hash")
    assert "hash" in answer.json()["detail"]
    assert user(scenario) is None


def test_without_a_secret_nobody_is_signed(tell, scenario):
    scenario.identity_secret = ""
    scenario.save()
    answer = tell("identify", {"id": "42", "hash": signed("42")})
    assert (answer.status_code, answer.json()["code"]) == (403, "no_secret")


def test_what_is_not_signed_is_kept_as_a_claim_and_never_over_what_is(tell, scenario):
    assert tell("identify", {"name": "Annie"}).json() == {"verified": False}
    assert user(scenario) == {"name": "Annie"}
    tell("identify", {"id": "42", "name": "Ann", "hash": signed("42")})
    assert tell("identify", {"name": "Mallory", "email": "m@example.com"}).json() == {"verified": True}
    assert tell("attributes", {"attributes": {"user.name": "Mallory", "user.plan": "gold"}}).status_code == 204
    assert user(scenario) == {"id": "42", "verified": True, "name": "Ann", "plan": "gold"}


def test_a_conversation_of_one_visitor_does_not_become_anothers(tell, scenario):
    tell("identify", {"id": "42", "hash": signed("42")})
    answer = tell("identify", {"id": "43", "hash": signed("43")})
    assert (answer.status_code, answer.json()["code"]) == (409, "other_visitor")
    assert user(scenario)["id"] == "42"


def test_attributes_are_there_for_the_scenario(tell, scenario):
    assert tell("attributes", {"attributes": {"user.plan": "gold", "cart.items": 3, "vip": True}}).status_code == 204
    context = scenario.conversations.get().context
    assert (context["user"], context["cart"], context["vip"]) == ({"plan": "gold"}, {"items": 3}, True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((path, "x") for path in (*identity.OURS, "user", "user.id.x", "handover.status", "page.url")),
        ("", "x"),
        ("a b", "x"),
        ("x" * 101, "x"),
        ("a.b.c.d.e.f.g.h.i", "x"),
        ("plan", None),
        ("plan", ["x"]),
        ("plan", {"a": 1}),
        ("plan", "x" * 4001),
        ("plan", "\0"),
        ("plan", 2**70),
    ],
)
def test_what_may_not_be_set_is_refused_and_nothing_of_it_is_kept(tell, scenario, path, value):
    before = scenario.conversations.get().context
    answer = tell("attributes", {"attributes": {"fine": "x", path: value}})
    assert answer.status_code == 422 and answer.json()["detail"]
    assert scenario.conversations.get().context == before


def test_so_many_attributes_and_no_more(tell, scenario):
    assert tell("attributes", {"attributes": {f"a{n}": n for n in range(51)}}).json()["code"] == "too_many"
    assert tell("attributes", {"attributes": {f"a{n}": n for n in range(50)}}).status_code == 204
    for more in range(1, 15):
        last = tell("attributes", {"attributes": {f"a{more}x{n}": n for n in range(50)}})
    assert last.status_code == 422 and "500" in last.json()["detail"]


def test_a_website_that_tells_all_the_time_is_told_to_wait(tell, monkeypatch):
    monkeypatch.setattr(limits, "told", limits.Buckets(size=2, per_second=0.001))
    answers = [tell("attributes", {"attributes": {"a": n}}).status_code for n in range(3)]
    assert answers == [204, 204, 429]


@pytest.mark.parametrize("body", [{}, {"attributes": None}, {"attributes": []}, {"attributes": "x"}])
def test_attributes_are_an_object(tell, body):
    assert tell("attributes", body).status_code == 400


@pytest.mark.parametrize("claim", [{"id": []}, {"id": True}, {"name": 1.5}, {"email": {}}, {"id": "x" * 201, "hash": "x"}, {"name": "\0"}])
def test_a_claim_is_made_of_texts(tell, scenario, claim):
    assert tell("identify", claim).status_code == 400
    assert user(scenario) is None
