"""Whatever comes in: never a 5xx, never a socket that ends without a code, nothing kept that cannot be read, and then a good word is heard.

Doors, frames, fields and headers are read off the code (``tests.corpus``), so a new one is tried without being listed. What it needs to be
more than refused at once is a good value in ``good``.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import path

import webchat
from handoff_project.asgi import application
from handoffs import switchboard
from handoffs.models import Conversation
from handoffs.switchboard import Words
from tests import corpus
from tests.browser_socket import BrowserSocket
from webchat import frames, history, limits
from webchat.urls import urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)

CODE = Path(webchat.__file__).parent
FIELDS, HEADERS = corpus.fields(CODE), corpus.headers(CODE)
FRAME_FIELDS = sorted({*corpus.fields(CODE / "consumers.py"), *corpus.fields(CODE / "frames.py")})
DOORS = list(corpus.doors(urlpatterns, {"key": "demo"}))
CID, TAB, BARRIER = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture
def visitor(scenario, settings, monkeypatch):
    settings.MESSAGES_PER_TEN_SECONDS = 100_000
    for name in ("typing", "marks", "uploads", "uploads_from", "told"):
        monkeypatch.setattr(limits, name, limits.Buckets(100_000, 1))
    token, conversation = switchboard.begin(scenario, "http://testserver")
    for n, cid in enumerate((CID, BARRIER), 1):
        switchboard.visitor_says(conversation.pk, Words(uuid.UUID(cid), "Opening hours", uuid.UUID(TAB), n))
    return token, conversation


def good(conversation):
    """A good value for every field there is: each door and each frame takes those it knows."""
    offer = conversation.messages.get(seq=1)
    return {
        "scenario": "demo",
        "cid": CID,
        "tab": TAB,
        "n": 1,
        "text": "Opening hours",
        "button": {"message": str(offer.pk), "index": 0},
        "message": str(conversation.messages.get(cid=CID).pk),
        "on": True,
        "got": 1,
        "seen": 1,
        "epoch": conversation.epoch,
        "last": 1,
        "after": 1,
        "files": [],
        "page": {"url": "https://shop.example/", "title": "Shop"},
        "language": "de",
        "spoken": "de",
        "before": "x" * 43,
        "name": "a.txt",
        "id": "",
        "email": "a@b.example",
        "hash": "",
        "attributes": {"user.plan": "gold"},
    }


def assert_all_is_well(conversation):
    """All that is stored can be read, sent, and said on."""
    cursor, page = frames.Cursor(None, 0), None
    while page is None or page.more:
        page = history.read_on(conversation.pk, cursor, uuid.UUID(TAB))
        json.dumps(vars(page), ensure_ascii=False, allow_nan=False).encode()
        cursor = frames.Cursor(page.epoch, page.messages[-1]["seq"])
    words = Words(uuid.uuid4(), "thanks", uuid.UUID(TAB), page.n + 1)
    assert not switchboard.visitor_says(conversation.pk, words).dup


# --- HTTP ---------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def knock(visitor):
    """Ask one of our doors; what it may not do is fail."""
    client = Client(raise_request_exception=False, headers={"Origin": "http://testserver", "Authorization": f"Bearer {visitor[0]}"})

    def ask(method, address, raw=b"", kind="application/json", **headers):
        return client.generic(method, address, raw, content_type=kind, headers=headers).status_code

    return ask


def report(answers):
    """What went wrong, by what was tried."""
    return {tried[:200]: status for tried, status in answers if status >= 500}


def test_the_doors_are_those_of_the_url_configuration():
    listed = corpus.doors([path("a/<uuid:one>/b/<two>", print, name="new")], {"two": "2"})
    assert [(door.name, door.at(one="1")) for door in listed] == [("new", "/a/1/b/2")]
    assert {"/webchat/session", "/webchat/events", "/chat/demo/"} <= {door.at() for door in DOORS}
    assert {"cid", "tab", "n", "text", "button", "message", "index", "scenario", "after", "epoch", "wait", "token", "last"} <= set(FIELDS)
    assert {"files", "answer", "values", "rating", "got", "seen", "on", "page", "language", "spoken", "name"} <= set(FIELDS)
    assert {"Authorization", "Origin"} <= set(HEADERS)


EVERY_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


def anew(raw):
    """As said for the first time, in a tab of its own."""
    return raw.replace(CID, str(uuid.uuid4())).replace(TAB, str(uuid.uuid4())).encode()


@EVERY_DOOR
def test_no_field_makes_a_door_fail(door, knock, visitor):
    whole = good(visitor[1])
    usual = knock("POST", door.at(), anew(json.dumps(whole)))
    read = [place for place in corpus.places(whole, FIELDS) if makes_a_difference(door, knock, whole, place, usual)]
    tries = [("nothing wrong", json.dumps(whole)), *(each for place in read for each in corpus.spoiled(whole, place))]
    assert report((tried, knock("POST", door.at(), anew(raw))) for tried, raw in tries) == {}
    assert_all_is_well(visitor[1])


def makes_a_difference(door, knock, whole, place, usual):
    return any(knock("POST", door.at(), anew(raw)) != usual for raw in corpus.probes(whole, place))


@EVERY_DOOR
def test_no_body_makes_a_door_fail(door, knock, visitor):
    kinds = [(name, raw, kind) for name, raw in corpus.BAD_BODIES.items() for kind in corpus.BAD_TYPES[: None if len(raw) < 20 else 1]]
    assert report((f"{kind} {name}", knock("POST", door.at(), raw, kind)) for name, raw, kind in kinds) == {}
    assert report((method, knock(method, door.at(), b"{}")) for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "X")) == {}
    assert_all_is_well(visitor[1])


@EVERY_DOOR
def test_no_address_makes_a_door_fail(door, knock, visitor):
    whole = {name: value for name, value in good(visitor[1]).items() if isinstance(value, str | int)} | {"wait": 0}
    usual = knock("GET", with_query(door, whole))
    for name in FIELDS:
        rest = {key: value for key, value in whole.items() if key != name}
        if any(knock("GET", with_query(door, rest, name, bad)) != usual for bad in ("", "%00", "-1", "1" * 20)):
            assert report((f"{name}={bad}", knock("GET", with_query(door, rest, name, bad))) for bad in corpus.BAD_TEXTS) == {}
    for part in door.parts:
        assert report((f"{part}: {bad}", knock("GET", door.at(**{part: bad}))) for bad in corpus.BAD_TEXTS) == {}
    assert_all_is_well(visitor[1])


def with_query(door, rest, name="", bad=""):
    return f"{door.at()}?{urlencode(rest)}&{name}={bad}"


@EVERY_DOOR
def test_no_header_and_no_upload_makes_a_door_fail(door, knock, visitor):
    body = json.dumps(good(visitor[1])).encode()
    method = "GET" if knock("POST", door.at(), body) == 405 else "POST"
    tries = [(name, value) for name in HEADERS for value in corpus.BAD_HEADERS]
    assert report((f"{name}: {value}", knock(method, door.at(), body, **{name: value})) for name, value in tries) == {}
    uploads = [upload("file", raw) for raw in corpus.BAD.values() if len(raw) < 1000]
    assert report((str(raw), knock("POST", door.at(), raw, "multipart/form-data; boundary=edge")) for raw in uploads) == {}
    assert_all_is_well(visitor[1])


def upload(field, raw):
    name = raw.replace('"', "").replace("\\u0000", "\x00")
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {name}\r\n\r\n'
    return head.encode("utf-8", "replace") + raw.encode() + b"\r\n--edge--\r\n"


# --- Sockets ------------------------------------------------------------------------------------------------------------------------------

# A socket takes 60 frames at once.
FRAMES_EACH = 25
REFUSED = (4400, 4401, 4413)


class Browser:
    """Sockets one after the other: a new one whenever the last was closed on, or has had as many frames as one may have."""

    def __init__(self, visitor):
        self.token, self.conversation = visitor
        self.barrier = json.dumps({"type": "say", "cid": BARRIER, "n": 2, "text": "Opening hours"})
        self.hello = {"type": "hello", "token": self.token, "tab": TAB, "epoch": self.conversation.epoch, "last": 5}
        self.socket = None

    async def open(self):
        await self.end()
        headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
        self.socket, self.left = BrowserSocket(application, "/webchat/socket", headers, ["handoff.v1"]), FRAMES_EACH
        await self.socket.open()

    async def end(self):
        if self.socket:
            await self.socket.close()
        self.socket = None

    async def answers(self, raw):
        """What becomes of a frame, up to the answer to the good word after it, or to the end."""
        if self.socket is None or not self.left:
            await self.open()
            await self.socket.send_frame(self.hello)
        self.left -= 1
        await self.socket.send_text(raw)
        await self.socket.send_text(self.barrier)
        return await self.until(lambda frame: frame.get("cid") == BARRIER)

    async def answers_first(self, raw):
        """The same for a frame that is the first of its socket."""
        await self.open()
        await self.socket.send_text(raw)
        return await self.until(lambda frame: frame["type"] == "ready")

    async def until(self, last):
        got = []
        while not (got and last(got[-1])):
            output = await self.socket.receive_output(timeout=5)
            if output["type"] == "websocket.close":
                await self.end()
                assert got and (got[-1]["type"], got[-1]["code"]) == ("bye", output["code"]), f"closed without a reason: {output}"
                break
            got.append(json.loads(output["text"]))
        return [(frame["type"], frame.get("code"), frame.get("detail")) for frame in got if frame["type"] != "ready"]


def survived(answers):
    """Refused in words, or with one of the codes for what is wrong with a frame."""
    return not answers or answers[-1][0] != "bye" or answers[-1][1] in REFUSED


async def frame_types(browser):
    """Every word of the code that a socket does not call unknown."""
    answers = {word: await browser.answers(json.dumps({"type": word})) for word in corpus.words(CODE)}
    return [word for word, told in answers.items() if "There is no frame" not in (told[-1][2] or "")]


@pytest.fixture
def browser(visitor):
    return Browser(visitor)


@pytest.mark.asyncio
async def test_no_frame_makes_a_socket_fail(browser):
    types = await frame_types(browser)
    assert {"say", "retry", "typing", "mark", "end", "beat"} <= set(types)
    every, bad = await asyncio.to_thread(good, browser.conversation), {}
    whole = {name: value for name, value in every.items() if name in FRAME_FIELDS}
    for kind in types:
        frame = {"type": kind, **whole}
        usual = await browser.answers(json.dumps(frame))
        tries = [each for place in await places_read(browser, frame, usual) for each in corpus.spoiled(frame, place)]
        for tried, raw in [("nothing wrong", json.dumps(frame)), ("nothing else", json.dumps({"type": kind})), *tries]:
            answers = await browser.answers(raw)
            bad |= {} if survived(answers) else {f"{kind}: {tried}": answers}
    await browser.end()
    assert bad == {}
    await asyncio.to_thread(assert_all_is_well, await Conversation.objects.aget(pk=browser.conversation.pk))


async def places_read(browser, frame, usual):
    return [place for place in corpus.places(frame, FRAME_FIELDS) if await makes_another_answer(browser, frame, place, usual)]


async def makes_another_answer(browser, frame, place, usual):
    for raw in corpus.probes(frame, place):
        if await browser.answers(raw) != usual:
            return True
    return False


@pytest.mark.asyncio
async def test_no_first_frame_makes_a_socket_fail(browser):
    places = [place for place in corpus.places(browser.hello, []) if place != ("type",)]
    tries = {**dict(each for place in places for each in corpus.spoiled(browser.hello, place)), **texts()}
    answers = {tried: await browser.answers_first(raw) for tried, raw in tries.items()}
    await browser.end()
    assert {tried: told for tried, told in answers.items() if not survived(told)} == {}


@pytest.mark.asyncio
async def test_what_is_no_object_ends_a_socket_with_a_code(browser):
    answers = {name: await browser.answers(raw) for name, raw in texts().items()}
    await browser.end()
    assert {name: told for name, told in answers.items() if told[-1][1] not in REFUSED} == {}


def texts():
    return {name: raw.decode("utf-8", "surrogateescape") for name, raw in corpus.BAD_BODIES.items()}
