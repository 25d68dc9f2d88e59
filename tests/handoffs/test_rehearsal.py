"""Rehearsing a handover with the pretend desk: the sandbox over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from handoffs import introduce, rehearsal, stage, switchboard
from handoffs.models import Conversation, Delivery, Handoff, Scenario, Transfer
from handoffs.rehearsal import CannotRehearse
from handoffs.relay import relay
from handoffs.switchboard import Words
from sandbox.seed import ensure_demo
from sandbox.server import SandboxServer
from sandbox.store import Store

REHEARSAL = Conversation.Desk.REHEARSAL
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(settings: Any) -> Iterator[SandboxServer]:
    """A pretend desk on a port of its own."""
    store = Store()
    found = ensure_demo(store, "")
    with SandboxServer(store) as server:
        settings.REHEARSAL_DESK, settings.REHEARSAL_HUB = server.url, "http://127.0.0.1:9"
        settings.REHEARSAL_TOKEN, settings.REHEARSAL_AGENT_TOKEN = found.admin_token, found.agent_token
        yield server


def rehearse(scenario: Scenario, *lines: str, desk: Conversation.Desk = REHEARSAL) -> Conversation:
    _, conversation = switchboard.begin(scenario, "http://testserver", desk=desk)
    for text in lines:
        switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
    return Conversation.objects.get(pk=conversation.pk)


def inboxes(desk: SandboxServer) -> list[str]:
    return [row["name"] for row in desk.store.all("SELECT name FROM inboxes ORDER BY id")]


@pytest.fixture
def scene(desk: SandboxServer, scenario: Scenario) -> stage.Scene:
    """A visitor who was handed over and has said something, at the pretend desk."""
    rehearsal.prepare(scenario)
    conversation = rehearse(scenario, "talk to a human", "My parcel is wet")
    relay(conversation.pk)
    found = stage.scene_of(conversation.latest_transfer())
    assert found is not None
    return found


def texts(scene: stage.Scene, author: str) -> list[str]:
    return [message["text"] for message in stage.shown(scene)["messages"] if message["author"] == author]


# --- The hidden handoff -------------------------------------------------------------------------------------------------------------------


def test_preparing_twice_makes_one_inbox_and_one_handoff(desk: SandboxServer, scenario: Scenario) -> None:
    first, second = rehearsal.prepare(scenario), rehearsal.prepare(scenario)
    assert first.pk == second.pk
    assert Handoff.objects.get(pk=first.pk).connection() == first.connection()
    assert inboxes(desk).count(f"Rehearsal {scenario.pk}") == 1
    assert Handoff.objects.filter(scenario=scenario, rehearsal=True).count() == 1


def test_two_who_prepare_at_once_end_with_one_handoff(desk: SandboxServer, scenario: Scenario) -> None:
    """The other one finished between our looking and our keeping."""
    made = rehearsal.prepare(scenario)
    draft = Handoff(scenario=scenario, name="Rehearsal desk", rehearsal=True, active=True, domain=made.domain)
    draft.account_id, draft.inbox_id = made.account_id, made.inbox_id
    assert rehearsal.keep(draft).pk == made.pk
    assert Handoff.objects.filter(scenario=scenario, rehearsal=True, active=True).count() == 1


def test_a_desk_that_begins_anew_gets_a_new_inbox_and_a_new_handoff(desk: SandboxServer, scenario: Scenario) -> None:
    before = rehearsal.prepare(scenario)
    desk.store.update("inboxes", before.inbox_id, name="Somebody else’s now")
    after = rehearsal.prepare(scenario)
    assert (after.pk != before.pk, after.active) == (True, True)
    assert Handoff.objects.get(pk=before.pk).active is False


def test_the_hidden_handoff_is_no_real_one(desk: SandboxServer, scenario: Scenario) -> None:
    hidden = rehearsal.prepare(scenario)
    assert hidden not in Handoff.objects.real()


@pytest.mark.parametrize(
    ("desk_address", "words"),
    [("", "REHEARSAL_DESK"), ("http://127.0.0.1:9", "cannot be reached"), ("http://169.254.169.254", "cannot be reached")],
)
def test_what_stands_in_the_way_is_said_in_words(scenario: Scenario, settings: Any, desk_address: str, words: str) -> None:
    settings.REHEARSAL_DESK, settings.REHEARSAL_TOKEN = desk_address, "token"
    with pytest.raises(CannotRehearse, match=words):
        rehearsal.prepare(scenario)


def test_a_wrong_token_is_said_in_words(desk: SandboxServer, scenario: Scenario, settings: Any) -> None:
    settings.REHEARSAL_TOKEN = "wrong"
    with pytest.raises(CannotRehearse, match="refused"):
        rehearsal.prepare(scenario)


# --- Where a preview goes -----------------------------------------------------------------------------------------------------------------


def test_a_rehearsal_never_reaches_the_tiles_handoff(desk: SandboxServer, scenario: Scenario, handoff: Handoff) -> None:
    hidden = rehearsal.prepare(scenario)
    transfer = rehearse(scenario, "talk to a human").latest_transfer()
    assert transfer is not None
    assert transfer.handoff == hidden != handoff


@pytest.mark.parametrize("desk_of", [Conversation.Desk.LIVE, Conversation.Desk.REAL])
def test_visitors_and_real_previews_reach_the_tiles_handoff(
    desk: SandboxServer, scenario: Scenario, handoff: Handoff, desk_of: Conversation.Desk
) -> None:
    rehearsal.prepare(scenario)
    transfer = rehearse(scenario, "talk to a human", desk=desk_of).latest_transfer()
    assert transfer is not None
    assert transfer.handoff == handoff


def test_without_a_rehearsal_desk_the_fallback_is_played(scenario: Scenario, settings: Any) -> None:
    settings.REHEARSAL_DESK = ""
    conversation = rehearse(scenario, "talk to a human")
    assert conversation.context["handover_success"] is False
    assert conversation.latest_transfer() is None
    assert conversation.explanations.filter(problem__contains="REHEARSAL_DESK").exists()


def test_a_tile_without_a_handoff_is_rehearsed_with_a_warning(desk: SandboxServer, scenario: Scenario, handoff: Handoff) -> None:
    rehearsal.prepare(scenario)
    handoff.switch_off()
    conversation = rehearse(scenario, "talk to a human")
    assert conversation.context["handover_success"] is True
    assert conversation.explanations.filter(problem__contains="Visitors would hear that nobody can be reached").exists()


def test_agents_are_told_that_it_is_a_preview(scenario: Scenario, handoff: Handoff, admin_user: Any) -> None:
    conversation = rehearse(scenario, "talk to a human", "Hello", desk=Conversation.Desk.REAL)
    Conversation.objects.filter(pk=conversation.pk).update(previewed_by=admin_user)
    transfer = Transfer.objects.get(conversation=conversation)
    first_line = introduce.brief(transfer, conversation.messages.get(text="Hello")).splitlines()[0]
    assert first_line == "**Preview by admin:** no visitor wrote this."
    assert introduce.person(transfer).name.startswith("Preview · ")


def test_agents_are_told_nothing_of_the_kind_about_visitors(scenario: Scenario, handoff: Handoff) -> None:
    conversation = rehearse(scenario, "talk to a human", "Hello", desk=Conversation.Desk.LIVE)
    transfer = Transfer.objects.get(conversation=conversation)
    assert "Preview" not in introduce.brief(transfer, conversation.messages.get(text="Hello"))
    assert introduce.person(transfer).name == conversation.visitor.name()


# --- The agent's side ---------------------------------------------------------------------------------------------------------------------


def test_the_agent_sees_the_brief_and_what_the_visitor_says(scene: stage.Scene) -> None:
    assert "Preview" in texts(scene, "note")[0]
    assert texts(scene, "visitor") == ["My parcel is wet"]


def test_before_the_visitor_says_something_there_is_no_scene(desk: SandboxServer, scenario: Scenario) -> None:
    rehearsal.prepare(scenario)
    assert stage.scene_of(rehearse(scenario, "talk to a human").latest_transfer()) is None


@pytest.mark.parametrize(("act", "author"), [("reply", "agent"), ("note", "note")])
def test_what_the_agent_says_stands_at_the_desk(scene: stage.Scene, act: str, author: str) -> None:
    stage.SITUATIONS[act](scene, "We are looking")
    assert "We are looking" in texts(scene, author)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001])
def test_an_agent_who_says_nothing_or_too_much_is_told_so(scene: stage.Scene, text: str) -> None:
    with pytest.raises(CannotRehearse):
        stage.reply(scene, text)


@pytest.mark.parametrize(("act", "status"), [("closes", "resolved"), ("gives_back", "pending"), ("nobody", "resolved"), ("takes", "open")])
def test_situations_change_the_thread(scene: stage.Scene, act: str, status: str) -> None:
    stage.SITUATIONS[act](scene, "")
    assert stage.shown(scene)["status"] == status


def test_nobody_answers_only_before_somebody_has(scene: stage.Scene) -> None:
    scene.transfer.agent_name = "Jane"
    with pytest.raises(CannotRehearse, match="answered already"):
        stage.nobody(scene, "")


def test_the_agent_sends_a_picture_and_asks_with_a_choice(scene: stage.Scene) -> None:
    stage.sends_file(scene, "")
    stage.asks(scene, "")
    picture, question = stage.shown(scene)["messages"][-2:]
    assert picture["files"] == ["from-the-agent.png"]
    assert (question["text"], len(question["choices"])) == (stage.QUESTION, 3)


# --- The desk is down ---------------------------------------------------------------------------------------------------------------------


def test_a_desk_that_is_down_gets_nothing_and_later_everything(scene: stage.Scene) -> None:
    hidden, conversation = scene.transfer.handoff, scene.transfer.conversation_id
    stage.take_down(hidden)
    switchboard.visitor_says(conversation, Words(uuid.uuid4(), "Still there?"))
    relay(conversation)
    owed = Delivery.objects.get(message__text="Still there?")
    assert (owed.state, "Still there?" in texts(scene, "visitor")) == (Delivery.State.PENDING, False)
    assert owed.last_error
    stage.bring_back(hidden)
    Delivery.objects.filter(pk=owed.pk).update(due_at=timezone.now())
    relay(conversation)
    assert "Still there?" in texts(scene, "visitor")


def test_a_desk_comes_back_by_itself(scene: stage.Scene) -> None:
    hidden = scene.transfer.handoff
    stage.take_down(hidden)
    hidden.refresh_from_db()
    assert hidden.plays_down()
    hidden.down_until = timezone.now()
    assert not hidden.plays_down()


def test_no_real_handoff_can_play_dead(handoff: Handoff) -> None:
    stage.take_down(handoff)
    handoff.refresh_from_db()
    handoff.down_until = timezone.now() + timedelta(hours=1)
    assert not handoff.plays_down()


# --- Previews are not kept ----------------------------------------------------------------------------------------------------------------


def test_previews_are_deleted_after_a_week_and_visitors_are_not(scenario: Scenario, settings: Any) -> None:
    old, young, visitor = rehearse(scenario), rehearse(scenario), rehearse(scenario, desk=Conversation.Desk.LIVE)
    Conversation.objects.filter(pk__in=[old.pk, visitor.pk]).update(created_at=timezone.now() - timedelta(days=8))
    rehearsal.sweep_away_previews()
    assert set(Conversation.objects.values_list("pk", flat=True)) == {young.pk, visitor.pk}
