"""The visitor's socket, spoken to as a browser would, through the application that is served."""

import asyncio
import json
import uuid
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async

from handoff_project.asgi import application
from handoffs import announce, erasing, outbox, switchboard
from handoffs.models import Conversation, Scenario, VisitorToken
from handoffs.switchboard import Words
from tests.browser_socket import BrowserSocket
from webchat import consumers, frames, limits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
ORIGIN, HOST = b"http://localhost", b"localhost"


@pytest.fixture
def visitor(scenario):
    """A visitor's token and conversation."""
    return switchboard.begin(scenario, "http://localhost")


@asynccontextmanager
async def socket(origin=ORIGIN, host=HOST, path="/webchat/socket", subprotocols=("handoff.v1",)):
    headers = [(b"host", host)] + ([(b"origin", origin)] if origin is not None else [])
    browser = BrowserSocket(application, path, headers, list(subprotocols))
    await browser.open()
    try:
        yield browser
    finally:
        await browser.close()


def hello(token, **changes):
    return {"type": "hello", "token": token, "tab": str(uuid.UUID(int=1)), "epoch": None, "last": 0, **changes}


async def until(browser, kind):
    """Every frame up to the first of this kind."""
    got = []
    while not got or got[-1]["type"] != kind:
        got.append(await browser.frame())
    return got


async def greeted(browser, token, **changes):
    await browser.send_frame(hello(token, **changes))
    return await until(browser, "ready")


def say(text, n, cid=None, **more):
    return {"type": "say", "cid": str(cid or uuid.uuid4()), "n": n, "text": text, **more}


async def expect_bye(browser, code):
    bye = (await until(browser, "bye"))[-1]
    assert bye["code"] == code and bye["detail"]
    closed = await browser.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", code)


async def test_a_hello_gets_what_was_said_and_then_ready(visitor):
    async with socket() as browser:
        assert browser.protocol == "handoff.v1"
        reset, welcome, ready = await greeted(browser, visitor[0])
        assert reset == {"type": "reset", "epoch": visitor[1].epoch}
        assert (welcome["seq"], welcome["author"]) == (1, {"kind": "bot", "name": "Assistant", "photo": None})
        assert welcome["buttons"][0] == {"label": "Opening hours"}
        assert (ready["last"], ready["floor"]["mode"], ready["n"]) == (1, "bot", 0)


async def test_a_say_is_acknowledged_and_answered(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        cid = uuid.uuid4()
        await browser.send_frame(say("opening hours", 1, cid))
        ack, own, answer = [await browser.frame() for _ in range(3)]
        assert (ack["type"], ack["cid"], ack["dup"]) == ("ack", str(cid), False)
        assert (own["cid"], own["seq"], own["delivery"]) == (str(cid), 2, "stored")
        assert answer["text"].startswith("The roastery")


async def test_what_is_said_elsewhere_is_rung_and_arrives(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await sync_to_async(switchboard.visitor_says)(visitor[1].pk, Words(uuid.uuid4(), "thanks"))
        assert (await browser.frame())["text"] == "thanks"


async def test_a_reconnect_gets_exactly_the_gap(visitor):
    async with socket() as browser:
        ready = (await greeted(browser, visitor[0]))[-1]
    await sync_to_async(switchboard.visitor_says)(visitor[1].pk, Words(uuid.uuid4(), "thanks"))
    async with socket() as browser:
        got = await greeted(browser, visitor[0], epoch=ready["epoch"], last=ready["last"])
        assert [frame.get("seq") for frame in got] == [2, 3, None]


async def test_a_page_that_was_cut_before_ready_resumes(visitor):
    async with socket() as browser:
        await browser.send_frame(hello(visitor[0]))
        told = await until(browser, "message")
    epoch, last = told[0]["epoch"], told[-1]["seq"]
    async with socket() as browser:
        assert [frame["type"] for frame in await greeted(browser, visitor[0], epoch=epoch, last=last)] == ["ready"]


@pytest.mark.parametrize("cursor", [{"epoch": 1, "last": 1}, {"epoch": None, "last": 1}, {"last": 99}])
async def test_a_cursor_that_cannot_be_resumed_is_reset(visitor, cursor):
    cursor = {"epoch": visitor[1].epoch, **cursor}
    async with socket() as browser:
        got = await greeted(browser, visitor[0], **cursor)
        assert [frame["type"] for frame in got] == ["reset", "message", "ready"]


async def test_more_than_a_page_arrives_whole_and_in_order(visitor, settings):
    settings.MESSAGES_PER_TEN_SECONDS = 1000

    def talk():
        for _ in range(120):
            switchboard.visitor_says(visitor[1].pk, Words(uuid.uuid4(), "thanks"))

    await sync_to_async(talk)()
    async with socket() as browser:
        got = await greeted(browser, visitor[0])
        assert [frame["seq"] for frame in got[1:-1]] == list(range(1, 242))


async def test_the_floor_is_told_when_it_changes(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_frame(say("talk to a human", 1))
        assert (await until(browser, "floor"))[-1]["floor"]["mode"] == "invited"


@pytest.mark.parametrize(
    ("changes", "code", "final"),
    [
        ({"text": "a" * 8001}, "too_long", True),
        ({"text": "a\0"}, "bad_text", True),
        ({"text": " "}, "empty", True),
        ({"n": 5}, "order", False),
    ],
)
async def test_words_that_are_not_taken_are_answered_and_the_socket_lives(visitor, changes, code, final):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_frame({**say("hello", 1), **changes})
        nak = await browser.frame()
        assert (nak["type"], nak["code"], nak["final"]) == ("nak", code, final)
        await browser.send_frame(say("thanks", 1))
        assert (await browser.frame())["type"] == "ack"


@pytest.mark.parametrize(
    "raw", ["not json", "[]", "{}", '{"type": "sing"}', "[" * 10_000, '{"type": "say", "n": 1, "cid": 5, "text": "x"}']
)
async def test_a_malformed_frame_ends_in_a_reason_and_a_code(visitor, raw):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_text(raw)
        await expect_bye(browser, 4400)


async def test_a_lone_surrogate_is_refused_in_words(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_text(json.dumps(say("\ud800", 1)))
        assert (await browser.frame())["code"] == "bad_text"


async def test_bytes_are_not_frames(visitor):
    async with socket() as browser:
        await browser.send_bytes(b"\x00")
        await expect_bye(browser, 4400)


async def test_a_frame_too_large_ends_in_4413(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_frame(say("a" * 66_000, 1))
        await expect_bye(browser, 4413)


async def test_a_hello_too_large_ends_in_4413(visitor):
    async with socket() as browser:
        await browser.send_frame(hello("t" * 3000))
        await expect_bye(browser, 4413)


async def test_the_first_frame_must_be_hello(visitor):
    async with socket() as browser:
        await browser.send_frame(say("hello", 1))
        await expect_bye(browser, 4400)


@pytest.mark.parametrize("token", ["", "wrong", "\0", "ü", "\ud800"])
async def test_a_wrong_token_ends_in_4401(visitor, token):
    async with socket() as browser:
        await browser.send_text(json.dumps(hello(token)))
        await expect_bye(browser, 4401)


async def test_a_token_that_ended_meanwhile_says_nothing_more(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await sync_to_async(VisitorToken.objects.all().delete)()
        await browser.send_frame(say("hello", 1))
        await expect_bye(browser, 4401)


async def test_a_scenario_switched_off_ends_its_sockets_at_the_next_word(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await sync_to_async(Scenario.objects.update)(state="draft")
        await browser.send_frame(say("hello", 1))
        await expect_bye(browser, 4401)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        b"null",
        b"",
        b"http://evil.example",
        b"https://localhost",
        b"http://localhost:81",
        b"http://localhost.evil.example",
        b"\xff",
        b"http://[::1",
        b"file://",
    ],
)
async def test_a_page_that_is_not_ours_gets_a_reason_and_4403(visitor, origin):
    async with socket(origin=origin) as browser:
        await expect_bye(browser, 4403)


async def test_a_host_that_is_not_ours_gets_4403_even_with_a_matching_origin(visitor):
    async with socket(origin=b"http://evil.example", host=b"evil.example") as browser:
        await expect_bye(browser, 4403)


async def test_after_a_bye_nothing_is_taken_any_more(visitor):
    async with socket(origin=b"http://evil.example") as browser:
        await browser.send_frame(hello(visitor[0]))
        await expect_bye(browser, 4403)
        assert await browser.receive_nothing()


async def test_another_path_is_refused_in_the_handshake():
    async with socket(path="/elsewhere") as browser:
        assert not browser.accepted


async def test_a_socket_that_says_nothing_is_ended(visitor, monkeypatch):
    monkeypatch.setattr(consumers, "HELLO_SECONDS", 0.05)
    async with socket() as browser:
        await expect_bye(browser, 4408)


async def test_a_flood_of_frames_is_ended(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        for _ in range(80):
            await browser.send_frame({"type": "beat"})
        await expect_bye(browser, 4429)


async def test_the_beat_finds_what_a_lost_ring_would_have_announced(visitor, monkeypatch):
    monkeypatch.setattr(frames, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(announce, "ring", lambda conversation_id: None)
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await sync_to_async(switchboard.visitor_says)(visitor[1].pk, Words(uuid.uuid4(), "thanks"))
        got = await until(browser, "message")
        assert got[-1]["text"] == "thanks"
        while (beat := (await until(browser, "beat"))[-1])["last"] != 3:
            pass
        assert beat == {"type": "beat", "last": 3}


async def test_two_tabs_of_one_visitor_see_the_same(visitor):
    async with socket() as one, socket() as two:
        await greeted(one, visitor[0])
        await greeted(two, visitor[0], tab=str(uuid.UUID(int=2)))
        await one.send_frame(say("thanks", 1))
        seen = [await two.frame() for _ in range(2)]
        assert [frame["seq"] for frame in seen] == [2, 3]


async def test_one_visitor_sees_nothing_of_another(visitor, scenario):
    stranger, _ = await sync_to_async(switchboard.begin)(scenario, "http://localhost")
    async with socket() as browser:
        await greeted(browser, stranger)
        await sync_to_async(switchboard.visitor_says)(visitor[1].pk, Words(uuid.uuid4(), "my secret"))
        assert await browser.receive_nothing(timeout=0.3)


async def test_messages_of_many_at_once_are_numbered_without_holes(visitor, settings):
    settings.MESSAGES_PER_TEN_SECONDS = 1000
    speak = sync_to_async(switchboard.visitor_says, thread_sensitive=False)
    await asyncio.gather(*(speak(visitor[1].pk, Words(uuid.uuid4(), "thanks")) for _ in range(20)))
    conversation = await Conversation.objects.aget(pk=visitor[1].pk)
    assert [seq async for seq in conversation.messages.order_by("seq").values_list("seq", flat=True)] == list(range(1, 42))


async def test_an_undelivered_message_is_tried_again_at_the_visitors_word(visitor):
    def refused():
        switchboard.visitor_says(visitor[1].pk, Words(uuid.uuid4(), "talk to a human"))
        said = switchboard.visitor_says(visitor[1].pk, Words(uuid.uuid4(), "hello?"))
        said.message.deliveries.filter(kind="message").update(state="parked")
        outbox.refused(said.message.deliveries.get(kind="message"))
        return str(said.message.pk)

    message = await sync_to_async(refused)()
    async with socket() as browser:
        assert [frame["delivery"] for frame in (await greeted(browser, visitor[0]))[1:-1] if frame["id"] == message] == ["failed", "failed"]
        await browser.send_frame({"type": "retry", "message": message})
        again = (await until(browser, "message"))[-1]
        assert (again["id"], again["delivery"]) == (message, "stored")


async def test_ready_tells_the_limits(visitor):
    async with socket() as browser:
        ready = (await greeted(browser, visitor[0]))[-1]
        assert (ready["limits"]["text"], ready["limits"]["file"], ready["limits"]["files"]) == (8000, 10 * 2**20, 5)
        assert "image/png" in ready["limits"]["types"]


async def test_the_visitor_ends_the_handover_and_the_bot_answers_again(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_frame(say("talk to a human", 1))
        assert (await until(browser, "floor"))[-1]["floor"]["can_end"] is True
        await browser.send_frame({"type": "end"})
        ended = (await until(browser, "floor"))[-1]["floor"]
        assert (ended["mode"], ended["can_end"]) == ("bot", False)


async def test_a_mark_is_kept_and_never_goes_back(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        for mark in ({"got": 1, "seen": 1}, {"got": 0, "seen": 0}, {"got": 99, "seen": 0}):
            await browser.send_frame({"type": "mark", **mark})
        await browser.send_frame(say("thanks", 1))
        await until(browser, "ack")
    conversation = await Conversation.objects.aget(pk=visitor[1].pk)
    assert (conversation.got_seq, conversation.seen_seq) == (1, 1)


async def test_typing_is_passed_on_and_not_more_often_than_anybody_types(visitor, monkeypatch):
    told = []
    monkeypatch.setattr(announce, "nudge", lambda task, *what: told.append((task, *what)))
    async with socket() as browser:
        await greeted(browser, visitor[0])
        for on in [True, False] * 10:
            await browser.send_frame({"type": "typing", "on": on})
        await browser.send_frame(say("thanks", 1))
        await until(browser, "ack")
    passed = [what for task, *what in told if task == "handoffs.typing"]
    assert 1 <= len(passed) <= 8 and passed[0] == [str(visitor[1].pk), True]


async def test_several_sockets_of_one_visitor_share_what_they_may_type(visitor, monkeypatch):
    monkeypatch.setattr(limits, "typing", limits.Buckets(size=2, per_second=0.001))
    told = []
    monkeypatch.setattr(announce, "nudge", lambda task, *what: told.append(task))
    async with socket() as one, socket() as two:
        for number, browser in enumerate((one, two), 1):
            await greeted(browser, visitor[0], tab=str(uuid.UUID(int=number)))
            await browser.send_frame({"type": "typing", "on": True})
            await browser.send_frame({"type": "typing", "on": True})
            await browser.send_frame(say("thanks", 1))
            await until(browser, "ack")
    assert told.count("handoffs.typing") == 2


@pytest.mark.parametrize(
    "frame", [{"type": "typing"}, {"type": "typing", "on": "yes"}, {"type": "mark", "got": 1}, {"type": "mark", "got": -1, "seen": 0}]
)
async def test_what_passes_by_must_be_well_formed_too(visitor, frame):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_frame(frame)
        await expect_bye(browser, 4400)


async def test_an_answer_over_the_socket_is_refused_in_words_when_nothing_was_asked(visitor):
    async with socket() as browser:
        await greeted(browser, visitor[0])
        await browser.send_frame(say("", 1, answer={"message": str(uuid.uuid4()), "value": "l"}))
        nak = await browser.frame()
        assert (nak["type"], nak["code"], nak["final"]) == ("nak", "unknown_control", True)


async def test_a_browser_that_is_gone_is_nobodys_error(visitor, caplog):
    async with socket() as browser:
        await greeted(browser, visitor[0])
    consumer = consumers.ChatConsumer()

    async def gone(text):
        raise OSError("the browser is gone")

    consumer.send = gone
    await consumer.tell({"type": "beat", "last": 1})
    await consumer.leave(4400, "too late")
    assert consumer.left and "ERROR" not in caplog.text


async def test_a_reader_that_does_not_read_is_ended_with_4408(monkeypatch):
    monkeypatch.setattr(consumers, "SLOWEST_READER_SECONDS", 0.01)
    consumer, closed = consumers.ChatConsumer(), []

    async def stuck(text):
        await asyncio.Event().wait()

    async def close(code):
        closed.append(code)

    consumer.send, consumer.close = stuck, close
    await consumer.tell({"type": "beat", "last": 1})
    await consumer.tell({"type": "beat", "last": 2})
    assert closed == [4408]


@pytest.mark.parametrize("how", ["the token ends", "the scenario is switched off"])
async def test_an_open_socket_shows_nothing_more_once_its_visitor_may_not_see_it(visitor, how):
    def end():
        if how == "the token ends":
            VisitorToken.objects.update(dies_at="2020-01-01T00:00Z")
        else:
            Scenario.objects.update(state="draft")
        switchboard.visitor_says(visitor[1].pk, Words(uuid.uuid4(), "said too late"))

    async with socket() as browser:
        await greeted(browser, visitor[0])
        await sync_to_async(end)()
        await expect_bye(browser, 4401)


async def test_the_open_page_of_a_visitor_who_is_erased_hears_that_its_session_has_ended(visitor):
    token, conversation = visitor
    async with socket() as browser:
        await greeted(browser, token)
        await sync_to_async(erasing.erase)(conversation.pk)
        await expect_bye(browser, 4401)
    async with socket() as browser:
        await browser.send_frame(hello(token))
        await expect_bye(browser, 4401)
