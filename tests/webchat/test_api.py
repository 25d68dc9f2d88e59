import asyncio
import json
import uuid

import pytest
from django.core.cache import cache

from handoffs import switchboard
from handoffs.models import Author, Conversation, Scenario, VisitorToken, Workspace
from handoffs.switchboard import Words
from webchat import api, opening

# The events are read in other threads, which see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture
def token(scenario):
    return switchboard.begin(scenario, "http://testserver")[0]


@pytest.fixture
def ask(client, token):
    """GET the events after a cursor as the visitor."""
    return lambda **query: client.get("/webchat/events", query, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def say(client, token):
    tab = str(uuid.uuid4())

    def post(text="hello", n=1, cid=None, **more):
        body = {"cid": cid or str(uuid.uuid4()), "tab": tab, "n": n, "text": text, **more}
        return client.post("/webchat/messages", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    return post


def open_session(client, body=None, headers=ORIGIN):
    body = {"scenario": "demo"} if body is None else body
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return client.post("/webchat/session", raw, content_type="application/json", headers=headers)


# --- Session ------------------------------------------------------------------------------------------------------------------------------


def test_a_session_gives_a_token_and_only_its_digest_is_kept(client, scenario):
    opened = open_session(client)
    assert (opened.status_code, opened.json()["websockets"], opened.json()["poll_seconds"]) == (201, True, 3)
    assert opened.json()["token"] not in str(VisitorToken.objects.values())


def test_the_toggle_tells_the_widget_not_to_use_websockets(client, scenario):
    scenario.interface.use_websockets = False
    scenario.interface.save()
    assert open_session(client).json()["websockets"] is False


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Origin": "http://testserver:81"}])
def test_a_page_that_is_not_allowed_gets_no_session(client, scenario, headers):
    refused = open_session(client, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "origin")


def test_a_website_the_scenario_lists_gets_a_session(client, scenario):
    scenario.interface.allowed_origins = "https://shop.example\nhttps://www.shop.example"
    scenario.interface.save()
    assert open_session(client, headers={"Origin": "https://www.shop.example"}).status_code == 201


@pytest.mark.parametrize("key", ["nobody", "", "demo\0", "DEMO", "é" * 500, "\ud800", "a" * 100])
def test_an_unknown_scenario_is_refused(client, scenario, key):
    refused = open_session(client, {"scenario": key})
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_scenario")


def test_an_inactive_scenario_looks_like_an_unknown_one(client, scenario):
    unknown = open_session(client, {"scenario": "nobody"}).json()
    Scenario.objects.update(state="draft")
    assert open_session(client).json() == unknown


def test_another_workspaces_host_does_not_serve_the_scenario(client, scenario):
    Workspace.objects.create(slug="other", name="Other")
    refused = open_session(client, headers={"Host": "other.localhost", "Origin": "http://other.localhost"})
    assert refused.status_code == 404
    assert open_session(client, headers={"Host": "demo.localhost", "Origin": "http://demo.localhost"}).status_code == 201


@pytest.mark.parametrize("raw", [b"", b"x", b"[]", b"{}", b'{"scenario": 5}', b'{"scenario": ["demo"]}', b"[" * 9000, b"\xff"])
def test_a_malformed_session_request_is_refused(client, scenario, raw):
    refused = open_session(client, raw)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


def test_too_many_sessions_from_one_address_are_put_off(client, scenario, monkeypatch):
    cache.clear()
    monkeypatch.setattr(opening.SessionsPerAddress, "THROTTLE_RATES", {"session": "2/min"})
    answers = [open_session(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].json()["code"] == "rate"
    cache.clear()


# --- Saying -------------------------------------------------------------------------------------------------------------------------------


def test_a_message_is_acknowledged_after_it_is_stored(say):
    answer = say("thanks")
    assert (answer.status_code, answer.json()["seq"], answer.json()["dup"]) == (201, 2, False)


def test_the_same_cid_is_acknowledged_again_without_a_second_message(say):
    cid = str(uuid.uuid4())
    first, again = say("thanks", cid=cid), say("thanks", cid=cid)
    assert (again.status_code, again.json()["dup"], again.json()["seq"]) == (200, True, first.json()["seq"])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"n": 7}, 409, "order"),
        ({"text": "a" * 8001}, 422, "too_long"),
        ({"text": "\0"}, 422, "bad_text"),
        ({"text": "  "}, 422, "empty"),
        ({"button": {"message": str(uuid.uuid4()), "index": 0}}, 422, "unknown_button"),
        ({"cid": "x"}, 400, "malformed"),
        ({"n": "1"}, 400, "malformed"),
        ({"text": 5}, 400, "malformed"),
        ({"text": "a" * 66_000}, 413, "too_large"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(say, changes, status, code):
    answer = say(**changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


def test_the_same_cid_with_other_words_is_a_conflict(say):
    cid = str(uuid.uuid4())
    say("one", cid=cid)
    assert say("two", cid=cid).status_code == 409


def test_a_body_over_a_mebibyte_is_refused(client, token):
    raw = b'{"text": "' + b"a" * 2**20 + b'"}'
    answer = client.post("/webchat/messages", raw, content_type="application/json", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 413


def test_trying_again_what_is_not_undelivered_does_nothing(client, token, say):
    answer = client.post(
        "/webchat/retry", {"message": say().json()["id"]}, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()) == (200, {"tried": False})


# --- Events -------------------------------------------------------------------------------------------------------------------------------


def test_events_give_what_was_said_after_the_cursor(ask, say):
    say("thanks")
    start = ask().json()
    assert [message["seq"] for message in start["messages"]] == [1, 2, 3]
    assert (start["last"], start["reset"], start["more"], start["floor"]["mode"]) == (3, True, False, "bot")
    rest = ask(after=2, epoch=start["epoch"]).json()
    assert (rest["reset"], [message["seq"] for message in rest["messages"]]) == (False, [3])


def test_events_of_another_epoch_start_anew(ask):
    page = ask(after=1, epoch=1).json()
    assert (page["reset"], [message["seq"] for message in page["messages"]]) == (True, [1])


def test_a_page_has_a_hundred_messages_and_says_that_there_are_more(ask, say, settings):
    settings.MESSAGES_PER_TEN_SECONDS = 1000
    for n in range(1, 61):
        say("thanks", n)
    page = ask().json()
    assert (len(page["messages"]), page["more"], page["last"]) == (100, True, 121)


def agents_write(conversation, *texts):
    for text in texts:
        conversation.say(Author.AGENT, text)


def pages(ask):
    """From the beginning to the end, as a browser asks for them."""
    read = [ask().json()]
    while read[-1]["more"]:
        read.append(ask(after=read[-1]["messages"][-1]["seq"], epoch=read[-1]["epoch"]).json())
    return read


def test_a_page_of_long_texts_has_fewer_messages(ask, token):
    agents_write(Conversation.objects.get(), *["x" * 100_000] * 5)
    read = pages(ask)
    assert [[message["seq"] for message in page["messages"]] for page in read] == [[1, 2, 3], [4, 5], [6]]
    assert [page["reset"] for page in read] == [True, False, False]


def test_a_message_larger_than_a_page_is_a_page(ask, token):
    agents_write(Conversation.objects.get(), "\N{PARTY POPPER}" * 150_000, "short")
    assert [[message["seq"] for message in page["messages"]] for page in pages(ask)] == [[1], [2], [3]]


@pytest.mark.parametrize(
    "query",
    [{"after": "x"}, {"after": "-1"}, {"after": "9" * 400}, {"epoch": "1.5"}, {"wait": "26"}, {"wait": "x"}, {"tab": "x"}, {"after": "²"}],
)
def test_a_malformed_question_is_refused(ask, query):
    answer = ask(**query)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.asyncio
async def test_a_waiting_question_is_answered_when_something_is_said(async_client, scenario):
    token, conversation = await asyncio.to_thread(switchboard.begin, scenario, "http://testserver")
    query = {"after": 1, "epoch": conversation.epoch, "wait": 20}
    asking = asyncio.create_task(async_client.get("/webchat/events", query, headers={"Authorization": f"Bearer {token}"}))
    while not any(api.get_channel_layer().groups.values()):
        await asyncio.sleep(0)
    await asyncio.to_thread(switchboard.visitor_says, conversation.pk, Words(uuid.uuid4(), "thanks"))
    answer = await asyncio.wait_for(asking, 5)
    assert [message["seq"] for message in answer.json()["messages"]] == [2, 3]


@pytest.mark.asyncio
async def test_a_visitor_holds_two_questions_and_no_more(async_client, scenario, monkeypatch):
    token, conversation = await asyncio.to_thread(switchboard.begin, scenario, "http://testserver")
    monkeypatch.setitem(api.waits, conversation.pk, api.MOST_WAITS_EACH)
    query = {"after": 1, "epoch": conversation.epoch, "wait": 25}
    asking = async_client.get("/webchat/events", query, headers={"Authorization": f"Bearer {token}"})
    answer = await asyncio.wait_for(asking, 5)
    assert answer.json()["messages"] == []


@pytest.mark.asyncio
async def test_a_question_that_waited_is_not_answered_once_its_token_is_void(async_client, scenario):
    token, conversation = await asyncio.to_thread(switchboard.begin, scenario, "http://testserver")
    query = {"after": 1, "epoch": conversation.epoch, "wait": 1}
    asking = asyncio.create_task(async_client.get("/webchat/events", query, headers={"Authorization": f"Bearer {token}"}))
    # In threads of their own: the held question has the one that Django would use.
    while not await asyncio.to_thread(Conversation.objects.exclude(visitor_seen_at=None).exists):
        await asyncio.sleep(0)
    await asyncio.to_thread(VisitorToken.objects.all().delete)
    assert (await asyncio.wait_for(asking, 10)).status_code == 401


# --- Who --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer é", "Token x"])
@pytest.mark.parametrize(("method", "path"), [("get", "/webchat/events"), ("post", "/webchat/messages"), ("post", "/webchat/retry")])
def test_without_a_token_nothing_is_told(client, token, method, path, header):
    answer = getattr(client, method)(path, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "token")


def test_a_token_dies_after_seven_idle_days_or_thirty_in_all(ask):
    for field in ("used_at", "dies_at"):
        before = VisitorToken.objects.values_list(field, flat=True).get()
        VisitorToken.objects.update(**{field: "2020-01-01T00:00Z"})
        assert ask().status_code == 401
        VisitorToken.objects.update(**{field: before})
    assert ask().status_code == 200


def test_a_token_opens_its_own_conversation_whatever_else_is_asked_for(client, scenario, ask, token):
    _, other = switchboard.begin(scenario, "http://testserver")
    switchboard.visitor_says(other.pk, Words(uuid.uuid4(), "my secret"))
    answer = ask(conversation=str(other.pk), conv=str(other.pk))
    assert "my secret" not in answer.content.decode()


def test_the_remote_ids_and_the_desks_key_never_reach_the_browser(ask, scenario):
    page = ask().content.decode()
    visitor = VisitorToken.objects.get().visitor
    assert visitor.desk_key not in page and "remote" not in page and "leads_to" not in page
