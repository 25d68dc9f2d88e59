"""Preview’s doors: the ticket, who may do what, and what the panel is told."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client

from handoffs import switchboard, tickets
from handoffs.models import Block, Conversation, Membership, MessageTemplate, Scenario, Visitor, Workspace

pytestmark = pytest.mark.django_db
ORIGIN = "http://testserver"


def person(workspace: Workspace, role: str, name: str = "ada") -> User:
    user = User.objects.create_user(name, password=name, is_staff=True)
    Membership.objects.create(user=user, workspace=workspace, role=role)
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor(acme: Workspace) -> User:
    return person(acme, "editor")


@pytest.fixture
def ada(editor: User) -> Client:
    return browser_of(editor)


@pytest.fixture
def draft(acme: Workspace) -> Scenario:
    scenario = Scenario.objects.create(workspace=acme, name="Draft", key="draft-of-ours", state="draft")
    welcome = MessageTemplate.objects.create(scenario=scenario, name="Hello", when="welcome")
    Block.objects.create(template=welcome, kind="text", text="Welcome to the draft")
    return scenario


def at(scenario: Scenario, what: str = "") -> str:
    return f"/admin/handoffs/scenario/{scenario.pk}/preview/{what}"


def started(client: Client, scenario: Scenario, **how: str) -> dict[str, Any]:
    answer = client.post(at(scenario, "start/"), {"visitor": "new", **how})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def ticket_of(begun: dict[str, Any]) -> str:
    return str(begun["address"]).partition("preview=")[2]


def opens(scenario: Scenario, ticket: object) -> Any:
    body = {"scenario": scenario.key, "preview": ticket}
    return Client().post("/webchat/session", json.dumps(body), content_type="application/json", headers={"Origin": ORIGIN})


def previewed(client: Client, scenario: Scenario, **how: str) -> tuple[str, Conversation]:
    """A preview that has begun: its key and conversation."""
    begun = started(client, scenario, **how)
    opened = opens(scenario, ticket_of(begun))
    assert opened.status_code == 201, opened.content
    return begun["key"], Conversation.objects.get(pk=opened.json()["conversation"])


# --- The ticket ---------------------------------------------------------------------------------------------------------------------------


def test_a_draft_is_previewed_with_a_ticket(ada: Client, editor: User, draft: Scenario) -> None:
    begun = started(ada, draft)
    assert b"data-preview" in Client().get(begun["address"]).content
    _, conversation = previewed(ada, draft)
    assert (conversation.desk, conversation.previewed_by) == (Conversation.Desk.REHEARSAL, editor)
    assert conversation.messages.get().text == "Welcome to the draft"


def test_a_preview_of_a_draft_can_be_talked_to(ada: Client, draft: Scenario) -> None:
    token = opens(draft, ticket_of(started(ada, draft))).json()["token"]
    said = {"cid": str(uuid.uuid4()), "tab": str(uuid.uuid4()), "n": 1, "text": "Hello"}
    answer = Client().post("/webchat/messages", said, content_type="application/json", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201


def test_the_same_ticket_again_is_the_same_conversation(ada: Client, draft: Scenario) -> None:
    ticket = ticket_of(started(ada, draft))
    first, second = opens(draft, ticket).json(), opens(draft, ticket).json()
    assert first["conversation"] == second["conversation"]
    assert first["token"] != second["token"]


@pytest.mark.parametrize("bad", ["", "nonsense", "a\0b", None, 7, [], {}, "x" * 20_000])
def test_what_is_no_ticket_is_refused_in_words(draft: Scenario, bad: object) -> None:
    answer = opens(draft, bad)
    assert (answer.status_code, answer.json()["code"]) == (403, "ticket")
    assert "Open the preview in the admin" in answer.json()["detail"]
    assert not Visitor.objects.exists()


def test_a_ticket_that_was_changed_is_refused(ada: Client, draft: Scenario) -> None:
    ticket = ticket_of(started(ada, draft))
    assert opens(draft, ("b" if ticket[0] == "a" else "a") + ticket[1:]).status_code == 403


def test_a_ticket_of_another_scenario_is_refused(ada: Client, draft: Scenario, coffee: Scenario) -> None:
    answer = opens(coffee, ticket_of(started(ada, draft)))
    assert (answer.status_code, "another scenario" in answer.json()["detail"]) == (403, True)


def test_a_ticket_lasts_an_hour(ada: Client, draft: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = ticket_of(started(ada, draft))
    later = signing.time.time() + 3601
    monkeypatch.setattr(signing.time, "time", lambda: later)
    answer = opens(draft, ticket)
    assert (answer.status_code, "they last an hour" in answer.json()["detail"]) == (403, True)
    page = Client().get(f"/chat/{draft.key}/", {"preview": ticket})
    assert (page.status_code, b"they last an hour" in page.content) == (403, True)


@pytest.mark.parametrize("lost", ["role", "login", "staff", "person"])
def test_a_ticket_of_somebody_who_may_not_any_more_is_refused(ada: Client, editor: User, draft: Scenario, lost: str) -> None:
    ticket = ticket_of(started(ada, draft))
    if lost == "role":
        Membership.objects.all().delete()
    elif lost == "person":
        editor.delete()
    else:
        User.objects.filter(pk=editor.pk).update(**{"login": {"is_active": False}, "staff": {"is_staff": False}}[lost])
    answer = opens(draft, ticket)
    assert (answer.status_code, "may not preview" in answer.json()["detail"]) == (403, True)


def test_a_ticket_is_good_on_our_own_pages_only(ada: Client, draft: Scenario) -> None:
    draft.interface.allowed_origins = "https://www.acme.test"
    draft.interface.save()
    body = {"scenario": draft.key, "preview": ticket_of(started(ada, draft))}
    answer = Client().post(
        "/webchat/session", json.dumps(body), content_type="application/json", headers={"Origin": "https://www.acme.test"}
    )
    assert answer.status_code == 403


def test_a_draft_stays_closed_without_a_ticket(draft: Scenario) -> None:
    assert Client().get(f"/chat/{draft.key}/").status_code == 404
    assert Client().get(f"/chat/{draft.key}/", {"preview": "x"}).status_code == 403
    answer = Client().post(
        "/webchat/session", json.dumps({"scenario": draft.key}), content_type="application/json", headers={"Origin": ORIGIN}
    )
    assert answer.status_code == 404


# --- Who may ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "desk", "status"), [
    ("viewer", "rehearsal", 200), ("viewer", "real", 403), ("editor", "real", 200), ("admin", "real", 200),
])  # fmt: skip
def test_who_may_preview_with_which_desk(acme: Workspace, coffee: Scenario, role: str, desk: str, status: int) -> None:
    client = browser_of(person(acme, role))
    assert client.get(at(coffee)).status_code == 200
    assert client.post(at(coffee, "start/"), {"desk": desk, "sure": "on"}).status_code == status


def test_the_real_desk_wants_a_yes(ada: Client, coffee: Scenario) -> None:
    answer = ada.post(at(coffee, "start/"), {"desk": "real"})
    assert "Tick" in answer.json()["error"]
    _, conversation = previewed(ada, coffee, desk="real", sure="on")
    assert conversation.desk == Conversation.Desk.REAL


def test_the_page_names_whom_the_real_desk_would_call(ada: Client, coffee: Scenario, human: MessageTemplate, acme: Workspace) -> None:
    assert b"Use the real desk" not in ada.get(at(coffee)).content
    human.blocks.get().handoff.switch_on()  # type: ignore[union-attr]
    page = ada.get(at(coffee)).content.decode()
    assert "Use the real desk" in page
    assert "inbox 7 of account 1 at https://chat.acme.test" in page
    assert b"Use the real desk" not in browser_of(person(acme, "viewer", "vic")).get(at(coffee)).content


def test_strangers_find_nothing(coffee: Scenario, db: None) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    client = browser_of(person(other, "admin"))
    for door in ("", "state/", "desk/"):
        assert client.get(at(coffee, door), {"key": str(uuid.uuid4())}).status_code == 404
    for door in ("start/", "attribute/", "desk/"):
        assert client.post(at(coffee, door)).status_code == 404


def test_nobody_sees_somebody_elses_preview(ada: Client, acme: Workspace, coffee: Scenario) -> None:
    key, conversation = previewed(ada, coffee)
    other = browser_of(person(acme, "admin", "eve"))
    assert other.get(at(coffee, "state/"), {"key": key}).json() == {"begun": False}
    assert other.post(at(coffee, "attribute/"), {"key": key, "path": "user.plan", "value": "x"}).json()["error"]
    conversation.refresh_from_db()
    assert "plan" not in conversation.context.get("user", {})


def test_a_visitors_chat_is_no_preview(ada: Client, coffee: Scenario) -> None:
    """There is no key that names it: neither its id nor none."""
    _, conversation = switchboard.begin(coffee, ORIGIN)
    assert ada.get(at(coffee, "state/"), {"key": str(conversation.pk)}).json() == {"begun": False}
    assert ada.get(at(coffee, "state/")).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "a\0b", "1" * 5000])
def test_a_key_that_is_none_is_not_found(ada: Client, coffee: Scenario, key: str) -> None:
    for door in ("state/", "desk/"):
        assert ada.get(at(coffee, door), {"key": key}).status_code == 404
    assert ada.post(at(coffee, "attribute/"), {"key": key}).status_code == 404


# --- Restart ------------------------------------------------------------------------------------------------------------------------------


def test_a_returning_visitor_brings_what_was_known_along(ada: Client, coffee: Scenario) -> None:
    key, _ = previewed(ada, coffee)
    assert ada.post(at(coffee, "attribute/"), {"key": key, "path": "user.plan", "value": "gold"}).status_code == 200
    _, again = previewed(ada, coffee, key=key, visitor="returning")
    assert again.context["user"]["plan"] == "gold"
    assert again.context["user"]["seconds_since_last_seen"] > 0
    _, new = previewed(ada, coffee, key=key, visitor="new")
    assert "user" not in new.context


def test_a_restart_leaves_the_humans_of_before(ada: Client, coffee: Scenario, human: MessageTemplate, support: Any) -> None:
    support.switch_on()
    key, conversation = previewed(ada, coffee, desk="real", sure="on")
    switchboard.visitor_says(conversation.pk, switchboard.Words(uuid.uuid4(), "human"))
    started(ada, coffee, key=key)
    transfer = conversation.latest_transfer()
    assert transfer is not None
    assert transfer.reason == "visitor_ended"


# --- The panel ----------------------------------------------------------------------------------------------------------------------------


def test_the_panel_tells_what_happens_inside(ada: Client, coffee: Scenario, human: MessageTemplate, support: Any) -> None:
    support.switch_on()
    key, conversation = previewed(ada, coffee, desk="real", sure="on")
    for words in ("human", "My parcel is wet"):
        switchboard.visitor_says(conversation.pk, switchboard.Words(uuid.uuid4(), words))
    told = ada.get(at(coffee, "state/"), {"key": key}).json()
    assert told["context"]["handover_success"] is True
    assert (told["transfers"][0]["state"], told["transfers"][0]["handoff"]) == ("waiting", "Support")
    assert any(each["message"] == "Human" and each["said"] == "human" and each["why"] for each in told["why"])
    assert [each["state"] for each in told["deliveries"]] == ["pending", "pending"]


def test_the_panel_is_told_again_only_what_is_new(ada: Client, coffee: Scenario) -> None:
    key, conversation = previewed(ada, coffee)
    first = ada.get(at(coffee, "state/"), {"key": key})
    tag = {"If-None-Match": first["ETag"]}
    assert ada.get(at(coffee, "state/"), {"key": key}, headers=tag).status_code == 304
    switchboard.set_attribute(conversation.pk, "user.plan", "gold")
    assert ada.get(at(coffee, "state/"), {"key": key}, headers=tag).status_code == 200


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("gold", "gold"), ("true", True), ("False", False), ("7", 7), ("7.5", 7.5), ("nan", "nan"), ("", ""), ("1" * 30, "1" * 30)],
)
def test_an_attribute_is_kept_as_what_it_is(ada: Client, coffee: Scenario, typed: str, kept: object) -> None:
    key, conversation = previewed(ada, coffee)
    assert ada.post(at(coffee, "attribute/"), {"key": key, "path": "user.thing", "value": typed}).status_code == 200
    conversation.refresh_from_db()
    assert conversation.context["user"]["thing"] == kept
    assert type(conversation.context["user"]["thing"]) is type(kept)


@pytest.mark.parametrize("path", ["", "user..plan", "user plan", "a\0b", "x" * 200, "user"])
def test_what_is_no_attribute_is_refused_in_words(ada: Client, coffee: Scenario, path: str) -> None:
    key, conversation = previewed(ada, coffee)
    switchboard.set_attribute(conversation.pk, "user.plan", "gold")
    answer = ada.post(at(coffee, "attribute/"), {"key": key, "path": path, "value": "x"})
    assert answer.json()["error"]


@pytest.mark.parametrize("act", ["", "fly", "reply", "down", "up"])
def test_without_a_desk_an_agent_can_do_nothing(ada: Client, coffee: Scenario, settings: Any, act: str) -> None:
    settings.REHEARSAL_DESK = ""
    key, _ = previewed(ada, coffee)
    answer = ada.post(at(coffee, "desk/"), {"key": key, "act": act})
    assert answer.json()["error"]


def test_without_a_rehearsal_desk_the_start_says_so(ada: Client, coffee: Scenario, settings: Any) -> None:
    settings.REHEARSAL_DESK = ""
    assert "REHEARSAL_DESK" in started(ada, coffee)["note"]


def test_a_ticket_says_nothing_a_browser_could_forge(coffee: Scenario, editor: User) -> None:
    """What is inside is readable; only the signature counts."""
    text = tickets.give(coffee, editor, Conversation.Desk.REHEARSAL).text()
    body, _, rest = text.partition(":")
    forged = signing.dumps({"key": uuid.uuid4().hex, "scenario": coffee.pk, "user": editor.pk, "desk": "real"}, salt="else")
    with pytest.raises(tickets.BadTicket):
        tickets.read(forged, coffee)
    assert tickets.read(f"{body}:{rest}", coffee).user_id == editor.pk
