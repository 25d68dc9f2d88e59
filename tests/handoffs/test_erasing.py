"""A visitor is forgotten: at the desks first, then here, whatever else is going on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client

from handoffs import erasing, inbox, relay, sweeper, switchboard
from handoffs.models import (
    Author,
    Conversation,
    Delivery,
    Erased,
    Explanation,
    File,
    FileBytes,
    Handoff,
    Message,
    Receipt,
    Transfer,
    Visitor,
    VisitorToken,
)
from handoffs.switchboard import Words
from tests.paper import Sheet
from tests.racing import raised_by
from webchat import sessions

CANARY = "canary-7f3a91"
ALL: tuple[type[models.Model], ...] = (
    Visitor,
    VisitorToken,
    Conversation,
    Message,
    File,
    FileBytes,
    Transfer,
    Delivery,
    Explanation,
    Receipt,
)


def says_in(conversation: Conversation, text: str) -> None:
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))


def arrives(transfer: Transfer, **paper: Any) -> Receipt:
    return inbox.store(transfer.handoff, json.dumps({"tray": 7, **paper}).encode(), signed=True, delivery_id="")


def with_humans(scenario: Any, words: str) -> Conversation:
    """A visitor with everything that one can leave behind."""
    about = {"user": {"name": words, "email": f"{words}@example.com"}}
    conversation = switchboard.begin(scenario, "http://testserver", about)[1]
    says_in(conversation, "talk to a human")
    says_in(conversation, f"I am {words}")
    relay.relay(conversation.pk)
    message = conversation.messages.get(text=f"I am {words}")
    file = File.objects.create(conversation=conversation, message=message, name=f"{words}.png", type="image/png", size=3)
    FileBytes.objects.create(file=file, content=words.encode())
    transfer = conversation.transfers.get()
    inbox.apply(arrives(transfer, thread=transfer.thread_id, id=uuid.uuid4().int % 10**9, said=f"Hello {words}", name="Jane").pk)
    Explanation.objects.create(conversation=conversation, seq=1, said=words)
    says_in(conversation, f"And {words} again")
    return conversation


def everything() -> str:
    """All that is stored, but for the sessions and the history of the admin."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name.startswith("handoffs_")]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor.fetchall() for cell in row]
    return "\n".join(cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in rows)


def traces(conversation: Conversation) -> list[str]:
    visitor = conversation.visitor
    return [CANARY, visitor.desk_key, visitor.pk.hex, str(visitor.pk), conversation.pk.hex, str(conversation.pk)]


@pytest.fixture
def canary(scenario: Any, sheet: Sheet) -> Conversation:
    return with_humans(scenario, CANARY)


# --- What goes ----------------------------------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_the_visitor_here_or_at_the_desk(canary: Conversation, sheet: Sheet) -> None:
    assert all(model._default_manager.exists() for model in ALL)
    found = everything()
    assert all(trace in found for trace in (CANARY, canary.visitor.desk_key))
    outcome = erasing.erase(canary.pk)
    assert outcome.erased and not outcome.failed()
    assert sheet.erased == [canary.visitor.desk_key]
    found = everything()
    assert [trace for trace in traces(canary) if trace in found] == []
    assert [model for model in ALL if model._default_manager.exists()] == []


def test_everybody_else_stays(canary: Conversation, scenario: Any) -> None:
    other = with_humans(scenario, "somebody")
    about_other = Receipt.objects.count() - 1
    before = {model: model._default_manager.filter(**{path: other.pk}).count() for model, path in PATHS.items()}
    erasing.erase(canary.pk)
    assert {model: model._default_manager.filter(**{path: other.pk}).count() for model, path in PATHS.items()} == before
    assert all(before.values())
    assert Receipt.objects.count() == about_other


PATHS: dict[type[models.Model], str] = {
    Conversation: "pk",
    Visitor: "conversation",
    VisitorToken: "visitor__conversation",
    Message: "conversation",
    File: "conversation",
    FileBytes: "file__conversation",
    Transfer: "conversation",
    Delivery: "conversation",
    Explanation: "conversation",
}


def test_receipts_go_by_what_they_speak_of_however_many_lie_between(
    canary: Conversation, scenario: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "BATCH", 3)
    transfer, key = canary.transfers.get(), canary.visitor.desk_key
    other = with_humans(scenario, "somebody").transfers.get()
    kept = []
    for number in range(10):
        kept.append(arrives(other, thread=other.thread_id, id=1000 + number, said="other").pk)
        arrives(transfer, thread=transfer.thread_id, id=2000 + number, said=CANARY)
        # A private note: nothing that we understand, and yet about them.
        arrives(transfer, note=CANARY, contact={"identifier": key, "number": number})
        Receipt.objects.create(handoff=transfer.handoff, raw=f"{{{CANARY} {key} not even JSON".encode(), signed=False)
    erasing.erase(canary.pk)
    assert CANARY not in everything()
    assert set(kept) <= set(Receipt.objects.values_list("pk", flat=True))


def test_receipts_of_a_second_handoff_to_the_same_desk_go_too(canary: Conversation) -> None:
    transfer = canary.transfers.get()
    second = Handoff(scenario=transfer.handoff.scenario, name="Second", system="paper", domain=transfer.handoff.domain)
    second.account_id, second.inbox_id, second.access_token = transfer.handoff.account_id, 8, "x"
    second.save()
    raw = json.dumps({"thread": transfer.thread_id, "id": 77, "said": CANARY}).encode()
    Receipt.objects.create(handoff=second, raw=raw, signed=True, meaning="x")
    erasing.erase(canary.pk)
    assert not second.receipts.exists()


def test_a_visitor_who_never_saw_a_human_is_asked_of_no_desk(scenario: Any, sheet: Sheet) -> None:
    conversation = switchboard.begin(scenario, "http://testserver", {"user": {"name": CANARY}})[1]
    says_in(conversation, CANARY)
    assert erasing.erase(conversation.pk) == erasing.Outcome(erased=True, asked=())
    assert sheet.erased == [] and CANARY not in everything()


# --- The desk ----------------------------------------------------------------------------------------------------------------------------


def test_while_a_desk_refuses_nothing_is_erased_here(canary: Conversation, sheet: Sheet) -> None:
    before, sheet.key = everything().count(CANARY), "another key"
    outcome = erasing.erase(canary.pk)
    assert not outcome.erased
    assert [each.trouble for each in outcome.failed()] == ["The key does not open the office."]
    assert everything().count(CANARY) == before
    sheet.key = ""
    assert erasing.erase(canary.pk).erased
    assert CANARY not in everything()


def test_an_admin_may_go_on_without_the_desk(canary: Conversation, sheet: Sheet) -> None:
    sheet.key = "another key"
    outcome = erasing.erase(canary.pk, go_on=True)
    assert outcome.erased and [each.trouble for each in outcome.failed()] == ["The key does not open the office."]
    assert CANARY not in everything()


def test_a_desk_that_is_none_any_more_is_said_and_not_a_crash(canary: Conversation) -> None:
    Handoff.objects.update(system="telex")
    assert [each.trouble for each in erasing.erase(canary.pk).failed()] == ["There is no such desk any more."]
    assert erasing.erase(canary.pk, go_on=True).erased


# --- Meanwhile and afterwards -------------------------------------------------------------------------------------------------------------


def test_what_is_being_sent_is_waited_for(canary: Conversation, sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would make the person at the desk anew."""
    claim = relay.take(canary.pk)
    assert claim is not None
    monkeypatch.setattr(erasing, "PATIENCE", 0.1)
    with pytest.raises(erasing.Busy):
        erasing.erase(canary.pk, go_on=True)
    assert sheet.erased == [] and CANARY in everything()
    monkeypatch.setattr(erasing, "PATIENCE", 60.0)
    monkeypatch.setattr(erasing.time, "sleep", lambda seconds: relay.release(claim))
    assert erasing.erase(canary.pk).erased


def test_what_was_owed_is_not_sent_any_more(canary: Conversation, sheet: Sheet) -> None:
    assert Delivery.objects.open().exists()
    sheet.before = lambda outgoing: pytest.fail("sent to the desk")
    erasing.erase(canary.pk)
    relay.relay(canary.pk)
    sweeper.sweep()
    assert sheet.threads == {}


def test_a_worker_that_slept_through_it_writes_nothing(canary: Conversation, sheet: Sheet) -> None:
    delivery = Delivery.objects.open().select_related("transfer__handoff").first()
    claim = relay.take(canary.pk)
    assert claim is not None and delivery is not None
    Conversation.objects.update(lease_until=None)
    erasing.erase(canary.pk)
    assert not claim.mark(delivery, Delivery.State.SENT)
    assert CANARY not in everything()


@pytest.mark.parametrize("named", [True, False], ids=["names the person", "names the thread only"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_late_webhook_brings_nothing_back(canary: Conversation, sheet: Sheet, named: bool, signed: bool) -> None:
    """The desk was not reached, so its agents go on talking."""
    transfer, sheet.key = canary.transfers.get(), "another key"
    erasing.erase(canary.pk, go_on=True)
    who = {"who": canary.visitor.desk_key} if named else {}
    news: list[dict[str, Any]] = [
        {"said": f"Hello {CANARY}", "id": 900, "name": "Jane"},
        {"removed": 900},
        {"changed": True},
        {"closed": True},
    ]
    for each in news:
        raw = json.dumps({"tray": 7, "thread": transfer.thread_id, **who, **each}).encode()
        receipt = inbox.store(transfer.handoff, raw, signed=signed, delivery_id="")
        inbox.apply(receipt.pk)
        receipt.refresh_from_db()
        assert receipt.state == "applied" and receipt.effect.startswith("nothing: ")
        assert bytes(receipt.raw) == (b"" if named else raw)
    assert not Visitor.objects.exists() and not Message.objects.exists()
    assert not named or CANARY not in everything()


def test_the_mark_that_keeps_them_out_tells_nobody_who_it_was(canary: Conversation) -> None:
    erasing.erase(canary.pk)
    assert Erased.objects.count() == 1
    assert not any(trace in str(Erased.objects.values()) for trace in traces(canary))


def test_erasing_twice_erases_once(canary: Conversation, sheet: Sheet) -> None:
    erasing.erase(canary.pk)
    with pytest.raises(erasing.NotThere):
        erasing.erase(canary.pk)
    assert len(sheet.erased) == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_erase_once_and_break_nothing(scenario: Any, sheet: Sheet) -> None:
    for _ in range(5):
        canary, sheet.erased = with_humans(scenario, CANARY), []
        refused = raised_by(*[lambda pk=canary.pk: erasing.erase(pk)] * 4)  # type: ignore[misc]
        assert {type(each) for each in refused} <= {erasing.Busy, erasing.NotThere} and len(refused) == 3
        assert len(sheet.erased) == 1
        assert CANARY not in everything()


@pytest.mark.django_db(transaction=True)
def test_whoever_talks_while_they_are_erased_leaves_nothing(scenario: Any, sheet: Sheet) -> None:
    for number in range(5):
        canary = with_humans(scenario, CANARY)
        transfer = canary.transfers.get()
        raised = raised_by(
            lambda pk=canary.pk: erasing.erase(pk),  # type: ignore[misc]
            lambda one=canary: says_in(one, f"{CANARY} goes on"),  # type: ignore[misc]
            lambda one=transfer, id=number: inbox.apply(  # type: ignore[misc]
                arrives(one, thread=one.thread_id, id=5000 + id, said=CANARY, who=one.conversation.visitor.desk_key).pk
            ),
        )
        assert {type(each) for each in raised} <= {Conversation.DoesNotExist, Receipt.DoesNotExist, erasing.Busy}
        if Conversation.objects.filter(pk=canary.pk).exists():
            erasing.erase(canary.pk)
        assert CANARY not in everything()


# --- The visitor's pages ------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_old_token_opens_nothing_any_more(scenario: Any, sheet: Sheet) -> None:
    token, conversation = switchboard.begin(scenario, "http://testserver", {"user": {"name": CANARY}})
    file = File.objects.create(conversation=conversation, name="x.png", type="image/png", size=1)
    FileBytes.objects.create(file=file, content=b"x")
    client, headers = Client(), {"Authorization": f"Bearer {token}", "Origin": "http://testserver"}
    words = {"cid": str(uuid.uuid4()), "tab": str(uuid.uuid4()), "n": 1, "text": CANARY}
    doors: list[Callable[[], Any]] = [
        lambda: client.get("/webchat/events", headers=headers),
        lambda: client.get(f"/webchat/files/{file.pk}", headers=headers),
        lambda: client.post("/webchat/messages", words, content_type="application/json", headers=headers),
        lambda: client.post("/webchat/mark", {"got": 1, "seen": 1}, content_type="application/json", headers=headers),
        lambda: client.post("/webchat/files?name=a.txt", b"x", content_type="text/plain", headers=headers),
    ]
    assert doors[0]().status_code == 200
    erasing.erase(conversation.pk)
    for door in doors:
        answer = door()
        assert (answer.status_code, answer.json()["code"]) == (401, "token")
    # Who comes with it again is somebody new, of whom nothing is known.
    body = json.dumps({"scenario": "demo", "before": token})
    began = client.post("/webchat/session", body, content_type="application/json", headers={"Origin": "http://testserver"})
    assert began.status_code == 201
    assert began.json()["conversation"] != str(conversation.pk)
    assert CANARY not in everything()
    assert not Message.objects.filter(author=Author.VISITOR).exists()


@pytest.mark.parametrize("door", ["events", "messages", "mark", "retry", "end"])
@pytest.mark.django_db(transaction=True)
def test_who_is_erased_between_the_door_and_the_room_hears_the_same(
    scenario: Any, sheet: Sheet, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    token, conversation = switchboard.begin(scenario, "http://testserver", {"user": {"name": CANARY}})
    at_the_door = sessions.recognise

    def recognise(told: str) -> sessions.Session:
        session = at_the_door(told)
        erasing.erase(conversation.pk)
        return session

    monkeypatch.setattr(sessions, "recognise", recognise)
    headers = {"Authorization": f"Bearer {token}"}
    told = {"cid": str(uuid.uuid4()), "tab": str(uuid.uuid4()), "n": 1, "text": CANARY, "got": 1, "seen": 1, "message": str(uuid.uuid4())}
    client = Client(raise_request_exception=False)
    if door == "events":
        answer = client.get("/webchat/events", headers=headers)
    else:
        answer = client.post(f"/webchat/{door}", told, content_type="application/json", headers=headers)
    # Who only says what they have seen, or wants what is not there, need not hear of it yet.
    assert answer.status_code == 401 if door in ("events", "messages") else answer.status_code < 500
    assert CANARY not in everything()
