"""Threads as conversations: one for a request, open, filed as asked, and how it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handoffs.providers.base import Gone, Locked, Request, Thread, ThreadState, Unavailable
from handoffs.providers.chatwoot.provider import Chatwoot
from tests.handoffs.providers.script import (
    ANN,
    ATTRIBUTES,
    CONVERSATION,
    CREATE,
    DONE,
    DOOR,
    FILTER,
    INBOX,
    KEY,
    LISTING,
    MESSAGES,
    NONE,
    OTHER,
    PROFILE,
    THREAD,
    TOGGLE,
    WISH,
    Script,
    conversation,
)

LABELS = "POST conversations/42/labels"
ASSIGN = "POST conversations/42/assignments"
PRIORITY = "POST conversations/42/toggle_priority"
FILED = Request(KEY, ("vip", "sales"), 2, "urgent", {"plan": "gold"})
MARKED = {"handoff_transfer": KEY, "plan": "gold"}


def test_a_request_becomes_an_open_conversation_with_its_attributes(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    script.on(CREATE, (200, conversation(**MARKED)))
    assert chatwoot.open(ANN, replace(WISH, attributes={"plan": "gold"})) == Thread("55", "42", ANN.key, DOOR)
    assert script.sent(CREATE) == [
        {"inbox_id": 7, "source_id": ANN.key, "contact_id": 55, "status": "open", "custom_attributes": MARKED},
    ]
    assert script.calls == [INBOX, PROFILE, FILTER, "POST contacts", LISTING, CREATE, LISTING]


def test_a_request_that_has_a_conversation_gets_no_second_one(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor()
    mine = conversation(handoff_transfer=KEY)
    script.on(LISTING, (200, {"payload": [conversation(number=41, inbox=8, handoff_transfer=KEY), mine, conversation(number=40)]}))
    assert chatwoot.open(ANN, WISH).conversation_id == "42"
    assert CREATE not in script.calls


def test_of_two_conversations_of_one_request_everybody_takes_the_older(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor()
    script.on(LISTING, (200, {"payload": [conversation(number=43, handoff_transfer=KEY), conversation(handoff_transfer=KEY)]}))
    assert chatwoot.open(ANN, WISH).conversation_id == "42"


def test_the_second_of_two_made_at_once_is_resolved_and_the_first_one_used(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor()
    both = [conversation(number=43, handoff_transfer=KEY), conversation(handoff_transfer=KEY)]
    script.on(LISTING, NONE, (200, {"payload": both}))
    script.on(CREATE, (200, both[0]))
    script.on("POST conversations/43/toggle_status", DONE)
    assert chatwoot.open(ANN, WISH).conversation_id == "42"
    assert script.sent("POST conversations/43/toggle_status") == [{"status": "resolved"}]
    assert TOGGLE not in script.calls


def test_an_agent_bot_that_forces_pending_is_overruled(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor()
    script.on(CREATE, (200, conversation("pending", handoff_transfer=KEY)))
    chatwoot.open(ANN, WISH)
    assert script.sent(TOGGLE) == [{"status": "open"}]


def test_a_repeated_open_finishes_what_the_first_one_did_not(script: Script, chatwoot: Chatwoot) -> None:
    script.a_known_visitor()
    script.on(LISTING, (200, {"payload": [conversation("pending", handoff_transfer=KEY)]}))
    chatwoot.open(ANN, WISH)
    assert script.calls == [INBOX, PROFILE, FILTER, LISTING, TOGGLE]


@pytest.mark.parametrize("status", ["resolved", "snoozed", "pending"])
def test_an_inbox_with_one_conversation_per_person_gets_the_old_one_marked_and_reopened(
    status: str, script: Script, chatwoot: Chatwoot
) -> None:
    script.a_known_visitor()
    script.on(CREATE, (200, conversation(status, handoff_transfer=OTHER, vip=True, plan="silver")))
    chatwoot.open(ANN, replace(WISH, attributes={"plan": "gold"}))
    assert script.sent(ATTRIBUTES) == [{"custom_attributes": {"handoff_transfer": KEY, "vip": True, "plan": "gold"}}]
    assert script.sent(TOGGLE) == [{"status": "open"}]


def test_nobody_s_attributes_can_take_the_place_of_our_mark(script: Script, chatwoot: Chatwoot) -> None:
    script.a_new_visitor()
    chatwoot.open(ANN, replace(WISH, attributes={"handoff_transfer": OTHER}))
    assert script.sent(CREATE)[0]["custom_attributes"] == {"handoff_transfer": KEY}


# --- the token of an agent ----------------------------------------------------------------------------------------------------------------


def given_to(user: int | None) -> dict[str, object]:
    return conversation(handoff_transfer=KEY) | {"meta": {"assignee": {"id": user}} if user else {}}


@pytest.mark.parametrize("before", [None, 3])
def test_an_agents_token_that_is_given_what_it_opens_gives_it_back(script: Script, chatwoot: Chatwoot, before: int | None) -> None:
    script.a_known_visitor()
    script.a_desk(role="agent")
    script.on(CREATE, (200, given_to(before) | {"status": "resolved"}))
    script.on(CONVERSATION, (200, given_to(9)))
    script.on(ASSIGN, (200, b"null") if before is None else (200, {"id": before}))
    chatwoot.open(ANN, WISH)
    assert script.sent(ASSIGN) == [{"assignee_id": before}]


@pytest.mark.parametrize(
    ("role", "before", "now"), [("agent", None, 3), ("agent", None, None), ("agent", 9, 9), ("administrator", None, 9)]
)
def test_whoever_has_an_opened_conversation_otherwise_keeps_it(
    script: Script, chatwoot: Chatwoot, role: str, before: int | None, now: int | None
) -> None:
    script.a_known_visitor()
    script.a_desk(role)
    script.on(CREATE, (200, given_to(before) | {"status": "pending"}))
    script.on(CONVERSATION, (200, given_to(now)))
    chatwoot.open(ANN, WISH)
    assert ASSIGN not in script.calls


# --- filing -------------------------------------------------------------------------------------------------------------------------------


def a_desk_that_files(script: Script) -> None:
    script.a_known_visitor()
    script.on(CREATE, (200, conversation(**MARKED) | {"labels": ["old"]}))
    script.on(LABELS, (200, {"payload": ["old", "vip", "sales"]}))
    script.on(ASSIGN, (200, {"id": 2, "name": "Sales"}))
    script.on(PRIORITY, (200, b""))


def test_a_conversation_is_filed_as_asked_and_keeps_the_labels_it_has(
    script: Script, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture
) -> None:
    a_desk_that_files(script)
    chatwoot.open(ANN, FILED)
    assert script.sent(LABELS) == [{"labels": ["old", "vip", "sales"]}]
    assert script.sent(ASSIGN) == [{"team_id": 2}]
    assert script.sent(PRIORITY) == [{"priority": "urgent"}]
    assert caplog.text == ""


def test_what_is_filed_already_is_not_filed_again(script: Script, chatwoot: Chatwoot) -> None:
    a_desk_that_files(script)
    filed = {"labels": ["sales", "vip"], "priority": "urgent", "meta": {"team": {"id": 2}}}
    script.on(LISTING, (200, {"payload": [conversation(**MARKED) | filed]}))
    chatwoot.open(ANN, FILED)
    assert script.calls == [INBOX, PROFILE, FILTER, LISTING]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500, 502])
@pytest.mark.parametrize("call", [LABELS, ASSIGN, PRIORITY])
def test_what_cannot_be_filed_is_logged_and_the_visitor_handed_over(
    script: Script, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture, call: str, status: int
) -> None:
    a_desk_that_files(script)
    script.on(call, (status, {"error": "no"}))
    assert chatwoot.open(ANN, FILED).conversation_id == "42"
    assert {LABELS, ASSIGN, PRIORITY} <= set(script.calls)
    assert [record.levelname for record in caplog.records] == ["WARNING"] and "42" in caplog.text


@pytest.mark.parametrize(
    ("call", "answer", "said"), [(ASSIGN, (200, b"null"), "team"), (LABELS, (200, {"payload": ["old", "vip"]}), "sales")]
)
def test_a_team_or_label_chatwoot_does_not_know_is_logged(
    script: Script, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture, call: str, answer: tuple, said: str
) -> None:
    a_desk_that_files(script)
    script.on(call, answer)
    assert chatwoot.open(ANN, FILED).conversation_id == "42"
    assert said in caplog.text


def test_a_priority_chatwoot_has_not_is_not_even_sent(script: Script, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture) -> None:
    a_desk_that_files(script)
    chatwoot.open(ANN, replace(FILED, priority="asap"))
    assert PRIORITY not in script.calls and "priority" in caplog.text


def test_a_desk_that_asks_us_to_slow_down_while_filing_is_asked_again_later(script: Script, chatwoot: Chatwoot) -> None:
    a_desk_that_files(script)
    script.on(LABELS, (429, b"Retry later\n"))
    with pytest.raises(Unavailable):
        chatwoot.open(ANN, FILED)


# --- how it stands ------------------------------------------------------------------------------------------------------------------------

JANE = {"id": 3, "name": "Jane Doe", "available_name": "Jane", "email": "jane@acme.test", "thumbnail": "/rails/jane.png", "role": "agent"}


def state(script: Script, chatwoot: Chatwoot, thread: Thread = THREAD, **changes: object) -> ThreadState:
    script.on(CONVERSATION, (200, conversation() | changes))
    script.on(MESSAGES, NONE)
    return chatwoot.read(thread, 0).state


@pytest.mark.parametrize(("status", "closed"), [("open", None), ("snoozed", None), ("resolved", "resolved"), ("pending", "given_back")])
def test_a_conversation_is_closed_when_resolved_or_given_to_the_bot(
    script: Script, chatwoot: Chatwoot, status: str, closed: str | None
) -> None:
    assert state(script, chatwoot, status=status) == ThreadState(closed)


def test_the_agent_who_has_it_is_known_by_public_name_and_photo(script: Script, chatwoot: Chatwoot) -> None:
    told = state(script, chatwoot, meta={"assignee": JANE, "assignee_type": "User"}, updated_at=1789899330.51)
    assert told == ThreadState(None, "Jane", "/rails/jane.png", 1789899330.51)


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"assignee": None, "assignee_type": None},
        {"assignee": JANE | {"id": 9}, "assignee_type": "User"},
        {"assignee": {"id": 2, "name": "Bot"}, "assignee_type": "AgentBot"},
        {"assignee": JANE, "assignee_type": "Captain::Assistant"},
        {"assignee": {"id": 2, "name": "Bot"}},
        {"assignee": JANE | {"available_name": "jane@acme.test"}},
        {"assignee": "Jane"},
    ],
    ids=["nobody", "null", "ourselves", "bot", "captain", "bot before assignee_type", "e-mail for a name", "nonsense"],
)
def test_nobody_has_it_whom_a_visitor_could_be_told_of(script: Script, chatwoot: Chatwoot, meta: object) -> None:
    told = state(script, chatwoot, meta=meta)
    assert (told.closed, told.agent) == (None, None)


def test_a_thread_without_a_door_does_not_know_who_we_are(script: Script, chatwoot: Chatwoot) -> None:
    assert state(script, chatwoot, replace(THREAD, door=""), meta={"assignee": JANE | {"id": 9}}).agent == "Jane"


@pytest.mark.parametrize("at", [None, "2026-09-20", True, -1, float("nan"), float("inf"), 10**400, []])
def test_a_time_that_is_none_is_none(script: Script, chatwoot: Chatwoot, at: object) -> None:
    assert state(script, chatwoot, updated_at=at).at is None


def test_a_conversation_of_another_inbox_is_none_of_ours(script: Script, chatwoot: Chatwoot) -> None:
    script.on(CONVERSATION, (200, conversation(inbox=8)))
    with pytest.raises(Gone):
        chatwoot.read(THREAD, 0)
    assert MESSAGES not in script.calls


def test_an_inbox_we_are_not_let_into_is_locked(script: Script, chatwoot: Chatwoot) -> None:
    script.on(CONVERSATION, (401, {"error": "You are not authorized to do this action"}))
    with pytest.raises(Locked):
        chatwoot.read(THREAD, 0)


def test_closing_resolves_the_conversation(script: Script, chatwoot: Chatwoot) -> None:
    script.on(TOGGLE, DONE)
    chatwoot.close(THREAD)
    assert script.sent(TOGGLE) == [{"status": "resolved"}]
