"""Who may see and do what: every door and every frame, tried by everybody who is not the visitor whose conversation it is.

Doors are read off the URL configuration and frames off the consumer, so a new one is tried without being listed.
"""

import ast
import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.forms.models import model_to_dict
from django.utils import timezone

from handoff_project.asgi import application
from handoffs import desk, files, relay, switchboard
from handoffs.models import Conversation, Delivery, File, Message, Scenario, Transfer, VisitorToken, Workspace
from handoffs.providers.base import AgentSaid, ThreadRef
from handoffs.switchboard import Words
from tests import corpus, samples
from tests.browser_socket import BrowserSocket
from webchat import consumers
from webchat.urls import urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = {"chat", "look", "peek", "sample", "session", "picture"}
# For admins; who of them may is in test_drafts.py. A visitor's token opens nothing there.
ADMINS = {"draft"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
SECRET = "my secret"
TAB = uuid.UUID(int=7)
FRAMES = [each.value.value for each in ast.walk(ast.parse(Path(consumers.__file__).read_text())) if isinstance(each, ast.MatchValue)]


@pytest.fixture
def victim(scenario, sheet):
    """Somebody with everything there is to be had: words, a file, a question of an agent, a message that was not delivered."""
    token, conversation = switchboard.begin(scenario, "http://testserver")
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "talk to a human"))
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), SECRET, TAB, 1))
    relay.relay(conversation.pk)
    transfer = conversation.transfers.get()
    asked = {"kind": "choice", "options": [{"title": SECRET, "value": "l"}]}
    desk.hear(transfer.handoff, AgentSaid(ThreadRef(transfer.thread_id), 50, SECRET, "Jane", control=asked))
    files.store_upload(conversation.pk, f"{SECRET}.pdf", "", samples.PDF + SECRET.encode())
    Delivery.objects.filter(kind="message").update(state="parked")
    return token, conversation


def everything(victim):
    """All that is stored of a visitor, but when they were last seen."""
    conversation = victim[1]
    rows = [model_to_dict(Conversation.objects.get(pk=conversation.pk), exclude=["visitor_seen_at"])]
    for model in (Message, File, Transfer, Delivery):
        rows += [model_to_dict(row) for row in model.objects.filter(conversation=conversation).order_by("pk")]
    return rows


def whole(victim):
    """A body, a query and a frame that names all that is the victim's."""
    conversation = victim[1]
    asked = conversation.messages.get(control__isnull=False)
    mine = conversation.messages.get(text=SECRET, author="visitor")
    return {
        "scenario": "demo",
        "conversation": str(conversation.pk),
        "visitor": str(conversation.visitor_id),
        "cid": str(uuid.uuid4()),
        "tab": str(TAB),
        "n": 1,
        "text": "it is me",
        "message": str(mine.pk),
        "files": [str(conversation.files.get().pk)],
        "answer": {"message": str(asked.pk), "value": "l"},
        "on": True,
        "got": 99,
        "seen": 99,
        "attributes": {"user.plan": "gold"},
        "name": "Mallory",
        "email": "mallory@example.com",
        "after": 0,
        "last": 0,
        "epoch": conversation.epoch,
    }


def doors(victim):
    known = {"key": "demo", "file_id": str(victim[1].files.get().pk)}
    return [door for door in corpus.doors(urlpatterns, known) if door.name not in PUBLIC | ADMINS]


def knocks(client, victim, headers):
    """What every door answers to every method."""
    body = json.dumps(whole(victim))
    for door in doors(victim):
        for method in METHODS:
            query = {"conversation": str(victim[1].pk), "after": 0, "epoch": victim[1].epoch, "name": "a.pdf"}
            address = f"{door.at()}?{'&'.join(f'{name}={value}' for name, value in query.items())}"
            answer = client.generic(method, address, body, content_type="application/json", headers=headers)
            yield f"{method} {door.name}", answer


def test_all_there_is_is_tried(victim):
    assert {door.name for door in doors(victim)} >= {"messages", "retry", "typing", "mark", "end", "files", "file", "events"}
    assert {"say", "retry", "typing", "mark", "end", "beat"} == set(FRAMES)


def test_no_visitor_gets_into_what_is_for_admins(client, victim):
    admins = [door for door in corpus.doors(urlpatterns, {"key": "demo"}) if door.name in ADMINS]
    headers = {"Authorization": f"Bearer {victim[0]}", "Cookie": f"sessionid={victim[0]}"}
    assert {door.name for door in admins} == ADMINS
    for door in admins:
        answers = [client.generic(method, door.at(), "{}", content_type="application/json", headers=headers) for method in METHODS]
        assert {answer.status_code for answer in answers} <= {404, 405}, door.name


# --- Without a token that counts ----------------------------------------------------------------------------------------------------------


def expired(victim):
    VisitorToken.objects.update(dies_at=timezone.now() - timedelta(seconds=1))
    return victim[0]


def idle(victim):
    VisitorToken.objects.update(used_at=timezone.now() - timedelta(days=8))
    return victim[0]


def switched_off(victim):
    Scenario.objects.update(state="draft")
    return victim[0]


def revoked(victim):
    VisitorToken.objects.all().delete()
    return victim[0]


NOBODY = {
    "no token": lambda victim: None,
    "a made-up token": lambda victim: "x" * 43,
    "the conversation's id": lambda victim: str(victim[1].pk),
    "the visitor's key at the desk": lambda victim: victim[1].visitor.desk_key,
    "the token's digest": lambda victim: VisitorToken.objects.get().digest,
    "an expired token": expired,
    "an idle token": idle,
    "a token of a scenario that was switched off": switched_off,
    "a revoked token": revoked,
}


@pytest.mark.parametrize("who", NOBODY)
def test_nobody_gets_anything_through_any_door(client, victim, who):
    before = everything(victim)
    token = NOBODY[who](victim)
    headers = {"Cookie": f"token={victim[0]}; sessionid={victim[0]}"} | ({"Authorization": f"Bearer {token}"} if token else {})
    answers = dict(knocks(client, victim, headers))
    assert {tried: answer.status_code for tried, answer in answers.items() if answer.status_code != 401} == {}
    assert [tried for tried, answer in answers.items() if SECRET in answer.content.decode()] == []
    assert everything(victim) == before


@pytest.mark.parametrize("who", NOBODY)
@pytest.mark.asyncio
async def test_nobody_gets_anything_over_a_socket(victim, who):
    before, body = await sync_to_async(everything)(victim), await sync_to_async(whole)(victim)
    token = await sync_to_async(NOBODY[who])(victim)
    told = await heard(hello(token), *({**body, "type": kind} for kind in FRAMES))
    assert [(frame["type"], frame["code"]) for frame in told] == [("bye", 4401)]
    assert await sync_to_async(everything)(victim) == before


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.asyncio
async def test_nothing_is_done_before_a_hello(victim, kind):
    before, body = await sync_to_async(everything)(victim), await sync_to_async(whole)(victim)
    told = await heard({**body, "type": kind, "token": victim[0]})
    assert [(frame["type"], frame["code"]) for frame in told] == [("bye", 4400)]
    assert await sync_to_async(everything)(victim) == before


@pytest.mark.parametrize("who", ["an expired token", "an idle token", "a token of a scenario that was switched off", "a revoked token"])
@pytest.mark.asyncio
async def test_an_open_socket_does_nothing_more_once_its_token_is_void(victim, who):
    body = await sync_to_async(whole)(victim)
    for kind in FRAMES:
        if kind == "beat":
            continue
        browser = await opened()
        await browser.send_frame(hello(victim[0]))
        await until(browser, "ready")
        kept = await sync_to_async(lambda: list(VisitorToken.objects.values()))()
        before = await sync_to_async(everything)(victim)
        await sync_to_async(NOBODY[who])(victim)
        await browser.send_frame({**body, "type": kind})
        assert (await until(browser, "bye"))[-1]["code"] == 4401, kind
        assert await sync_to_async(everything)(victim) == before, kind
        await browser.close()
        await sync_to_async(put_back)(kept)


def put_back(tokens):
    Scenario.objects.update(state="active")
    VisitorToken.objects.all().delete()
    VisitorToken.objects.bulk_create([VisitorToken(**token) for token in tokens])


# --- With a token of one's own ------------------------------------------------------------------------------------------------------------


def same_scenario(scenario):
    return scenario


def another_scenario(scenario):
    return Scenario.objects.create(workspace=scenario.workspace, name="Tea", key="tea", state="active")


def another_tenant(scenario):
    workspace = Workspace.objects.create(slug="other", name="Other")
    return Scenario.objects.create(workspace=workspace, name="Tea", key="tea", state="active")


OTHERS = pytest.mark.parametrize("where", [same_scenario, another_scenario, another_tenant])


@pytest.fixture
def stranger(where, scenario):
    return switchboard.begin(where(scenario), "http://testserver")[0]


@OTHERS
def test_another_visitor_gets_nothing_through_any_door(client, victim, stranger):
    before = everything(victim)
    answers = dict(knocks(client, victim, {"Authorization": f"Bearer {stranger}"}))
    assert [tried for tried, answer in answers.items() if SECRET in answer.content.decode()] == []
    assert answers["GET file"].status_code == 404 and answers["GET events"].status_code == 200
    assert {answers[f"POST {door}"].status_code for door in ("messages", "retry")} <= {200, 422}
    assert everything(victim) == before


@OTHERS
def test_nothing_of_another_visitor_can_be_named(client, victim, stranger):
    """Each id of the victim's alone: refused as one that does not exist."""
    body = whole(victim)
    named = {"files": {"files": body["files"]}, "answer": {"answer": body["answer"]}}
    named["button"] = {"button": {"message": str(victim[1].messages.get(seq=1).pk), "index": 0}, "text": "Opening hours"}
    codes = {}
    for name, fields in named.items():
        said = {"cid": str(uuid.uuid4()), "tab": str(uuid.uuid4()), "n": 1, "text": "", **fields}
        headers = {"Authorization": f"Bearer {stranger}"}
        answer = client.post("/webchat/messages", json.dumps(said), content_type="application/json", headers=headers)
        codes[name] = (answer.status_code, answer.json()["code"])
    assert codes == {"files": (422, "unknown_file"), "answer": (422, "unknown_control"), "button": (422, "unknown_button")}


@OTHERS
@pytest.mark.asyncio
async def test_another_visitor_gets_nothing_over_a_socket(victim, stranger):
    before, body = await sync_to_async(everything)(victim), await sync_to_async(whole)(victim)
    for kind in FRAMES:
        cid = str(uuid.uuid4())
        barrier = {"type": "say", "cid": cid, "n": 0, "text": "x"}
        told = await heard(hello(stranger), {**body, "type": kind}, barrier)
        assert SECRET not in json.dumps(told), kind
        assert (told[-1]["type"], told[-1]["code"]) == ("bye", 4400), "the barrier has no number, so it ends the socket"
    assert await sync_to_async(everything)(victim) == before


# --- A browser ----------------------------------------------------------------------------------------------------------------------------


def hello(token):
    return {"type": "hello", "token": token or "", "tab": str(TAB), "epoch": None, "last": 0}


async def opened():
    browser = BrowserSocket(application, "/webchat/socket", [(b"host", b"localhost"), (b"origin", b"http://localhost")], ["handoff.v1"])
    await browser.open()
    return browser


async def heard(*frames):
    """All that a socket is told until it is closed on."""
    browser = await opened()
    for frame in frames:
        await browser.send_frame(frame)
    told = await until(browser, "bye")
    await browser.close()
    return told


async def until(browser, kind):
    told = []
    while not told or told[-1]["type"] != kind:
        told.append(await browser.frame())
    return told
