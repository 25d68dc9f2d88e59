"""Whatever a desk, or somebody in its name, sends: never a 5xx, nothing kept that cannot be read back, and then a good call is heard.

The doors are read off the URL configuration, the fields off captured calls and off the code that reads them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest
from django.test import Client

from handoffs import inbox, switchboard
from handoffs.models import Conversation, Message, Receipt
from handoffs.providers import chatwoot
from handoffs.urls import urlpatterns
from tests import corpus

FIELDS = set(corpus.fields(Path(chatwoot.__file__).parent))
PAYLOADS = Path(__file__).parents[1] / "payloads" / "chatwoot"
DOORS = list(corpus.doors(urlpatterns, {"slug": "demo", "system": "chatwoot"}))
HEADERS = ["X-Chatwoot-Signature", "X-Chatwoot-Timestamp", "X-Chatwoot-Delivery"]
EVERY_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


@pytest.fixture
def call(handoff):
    """An agent's reply in the thread of a visitor who is with humans."""
    _, conversation = switchboard.begin(handoff.scenario, "http://testserver")
    conversation.transfers.create(handoff=handoff, state="active", thread_id="42")
    body = json.loads((PAYLOADS / "message_created__agent_reply.json").read_text())
    body = {"id": body.pop("id"), **body}
    body["account"]["id"], body["inbox"]["id"] = handoff.account_id, handoff.inbox_id
    body["conversation"] |= {"id": 42, "inbox_id": handoff.inbox_id}
    body["conversation"]["contact_inbox"]["source_id"] = conversation.visitor.desk_key
    return body


@pytest.fixture
def knock(handoff):
    client = Client(raise_request_exception=False)

    def ask(address, raw, kind="application/json", **headers):
        signed = {**signature(raw), **headers}
        return client.generic("POST", address, raw, content_type=kind, headers=signed).status_code

    return ask


def signature(raw):
    at = str(int(time.time()))
    digest = hmac.new(b"secret-of-the-inbox", at.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"X-Chatwoot-Signature": f"sha256={digest}", "X-Chatwoot-Timestamp": at}


def is_a_bug(error):
    """A desk that does not exist may be asked; it complains in the words of its provider."""
    return error.startswith("Traceback") and not error.strip().rpartition("\n")[2].startswith("handoffs.providers.")


def report(answers):
    return {tried[:200]: status for tried, status in answers if status >= 500}


def assert_a_good_call_is_heard(knock, call):
    """After everything that was kept was applied; what an agent seems to have said is text that can be stored and sent."""
    for receipt in Receipt.objects.filter(state="stored"):
        inbox.apply(receipt.pk)
    assert [error for error in Receipt.objects.values_list("error", flat=True) if is_a_bug(error)] == []
    assert knock(DOORS[0].at(), json.dumps({**call, "id": 2**40, "content": "the good one"}).encode()) == 200
    inbox.apply(Receipt.objects.latest("pk").pk)
    conversation = Conversation.objects.get(transfers__thread_id="42")
    assert conversation.messages.filter(author="agent", text="the good one").exists()
    for message in Message.objects.values("text", "name"):
        json.dumps(message, ensure_ascii=False).encode()


def places_read(body):
    return [place for place in corpus.paths(body) if not isinstance(place[-1], str) or place[-1] in FIELDS]


def test_no_field_makes_the_door_fail(knock, call):
    assert knock(DOORS[0].at(), json.dumps(call).encode()) == 200
    places = [place for place in places_read(call) if len(place) == 1 or (len(place) == 2 and place[-1] in ("id", "name"))]
    tries = [each for place in places for each in corpus.spoiled(call, place)]
    assert len(tries) > 500
    assert report((tried, knock(DOORS[0].at(), numbered(raw, number))) for number, (tried, raw) in enumerate(tries)) == {}
    assert_a_good_call_is_heard(knock, call)


def numbered(raw, number):
    """Under a number of its own, or it would be the same call again."""
    return raw.replace('"id": 9013,', f'"id": {10**6 + number},').encode()


@EVERY_DOOR
def test_no_body_makes_the_door_fail(door, knock, call):
    kinds = [(name, raw, kind) for name, raw in corpus.BAD_BODIES.items() for kind in corpus.BAD_TYPES[: None if len(raw) < 20 else 1]]
    assert report((f"{kind} {name}", knock(door.at(), raw, kind)) for name, raw, kind in kinds) == {}
    assert_a_good_call_is_heard(knock, call)


@EVERY_DOOR
def test_no_address_and_no_header_makes_the_door_fail(door, knock, call):
    raw = json.dumps(call).encode()
    assert report((f"{part}: {bad}", knock(door.at(**{part: bad}), raw)) for part in door.parts for bad in corpus.BAD_TEXTS) == {}
    assert report((f"{name}: {bad}", knock(door.at(), raw, **{name: bad})) for name in HEADERS for bad in corpus.BAD_HEADERS) == {}
    assert_a_good_call_is_heard(knock, call)


def test_no_field_of_any_call_makes_the_door_fail(knock, call):
    """Every event, deeper down, with fewer kinds of bad."""
    bodies = [json.loads(file.read_text()) for file in sorted(PAYLOADS.glob("*.json"))]
    once = {(body["event"], place): body for body in [*bodies, call] if "event" in body for place in places_read(body)}
    tries = [(f"{event} {place}", corpus.with_raw(body, place, raw)) for (event, place), body in once.items() for raw in corpus.PROBES]
    assert report((tried, knock(DOORS[0].at(), numbered(raw, number))) for number, (tried, raw) in enumerate(tries)) == {}
    assert_a_good_call_is_heard(knock, call)
