"""Messages that Chatwoot sends by itself (CHATWOOT.md §3.5)."""

from datetime import UTC, datetime

import pytest

from sandbox import clock
from sandbox.clock import now
from tests.sandbox.conftest import Json, World

MINUTE, DAY = 60, 86_400
AWAY = {"working_hours_enabled": True, "out_of_office_message": "We are out"}


def hours(**day: object) -> list[Json]:
    """The same every day."""
    return [{"day_of_week": number, "closed_all_day": False, "open_all_day": False, **day} for number in range(7)]


CLOSED, OPEN = hours(closed_all_day=True), hours(open_all_day=True)


@pytest.fixture
def conversation(world: World) -> int:
    number = world.conversation()
    world.forget()
    return number


def configure(world: World, **settings: object) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", **settings).raise_for_status()


def templates(world: World, conversation: int) -> list[str]:
    return [message["content"] for message in world.server.messages(conversation) if message["message_type"] == 3]


def test_a_template_has_no_sender(world: World, conversation: int) -> None:
    configure(world, greeting_enabled=True, greeting_message="Welcome")
    world.visitor_says(conversation, "Hi")
    [body] = [body for body in world.heard("message_created") if body["message_type"] == "template"]
    assert (body["content"], body["sender"], body["content_type"]) == ("Welcome", None, "text")


@pytest.mark.parametrize("settings", [{"greeting_enabled": False}, {"greeting_message": ""}])
def test_a_greeting_needs_both_its_settings(world: World, conversation: int, settings: Json) -> None:
    configure(world, **({"greeting_enabled": True, "greeting_message": "Welcome"} | settings))
    world.visitor_says(conversation, "Hi")
    assert templates(world, conversation) == []


def test_who_writes_out_of_hours_hears_so_once_a_day(world: World, conversation: int) -> None:
    configure(world, **AWAY, working_hours=CLOSED)
    world.visitor_says(conversation, "Hi")
    world.visitor_says(conversation, "Hello?")
    assert templates(world, conversation) == ["We are out"]
    [told] = [message for message in world.server.messages(conversation) if message["message_type"] == 3]
    world.store.update("messages", told["id"], created_at=now() - DAY)
    world.visitor_says(conversation, "Still there?")
    assert templates(world, conversation) == ["We are out"] * 2


def test_being_out_comes_instead_of_a_greeting(world: World, conversation: int) -> None:
    configure(world, **AWAY, working_hours=CLOSED, greeting_enabled=True, greeting_message="Welcome")
    world.visitor_says(conversation, "Hi")
    assert templates(world, conversation) == ["We are out"]


@pytest.mark.parametrize(
    "settings",
    [{"working_hours_enabled": False}, {"out_of_office_message": ""}, {"working_hours": OPEN}],
)
def test_nobody_is_out_unless_all_is_set(world: World, conversation: int, settings: Json) -> None:
    configure(world, **({**AWAY, "working_hours": CLOSED} | settings))
    world.visitor_says(conversation, "Hi")
    assert templates(world, conversation) == []


@pytest.mark.parametrize(("minutes_ago", "expected"), [(4, []), (6, ["We are out"])])
def test_an_agent_who_was_just_there_is_not_out(world: World, conversation: int, minutes_ago: int, expected: list[str]) -> None:
    configure(world, **AWAY, working_hours=CLOSED)
    said = world.server.agent_replies(conversation, "Good evening")
    world.store.update("messages", said["id"], created_at=now() - minutes_ago * MINUTE)
    world.visitor_says(conversation, "Hi")
    assert templates(world, conversation) == expected


@pytest.mark.parametrize(("timezone", "expected"), [("UTC", []), ("Asia/Tokyo", ["We are out"])])
def test_hours_are_those_of_the_inbox(
    world: World, conversation: int, timezone: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noon in London, nine in the evening in Tokyo."""
    noon = datetime.now(UTC).replace(hour=12, minute=0).timestamp()
    monkeypatch.setattr("sandbox.hours.now", lambda: noon)
    configure(world, **AWAY, timezone=timezone, working_hours=hours(open_hour=9, open_minutes=0, close_hour=17, close_minutes=0))
    world.visitor_says(conversation, "Hi")
    assert templates(world, conversation) == expected


def test_a_rating_is_asked_for_once_when_it_is_resolved(world: World, conversation: int) -> None:
    configure(world, csat_survey_enabled=True)
    world.visitor_says(conversation, "Hi")
    world.server.agent_resolves(conversation)
    [body] = [body for body in world.heard("message_created") if body["content_type"] == "input_csat"]
    uuid = world.admin.get(f"/conversations/{conversation}").json()["uuid"]
    assert body["content"] == f"Please rate this conversation, {world.server.url}/survey/responses/{uuid}"
    assert (body["message_type"], body["sender"], body["content_attributes"]) == ("template", None, {"display_type": "emoji"})
    assert "http" not in templates(world, conversation)[0], "the link is in webhooks only"
    world.visitor_says(conversation, "One more thing")
    world.server.agent_resolves(conversation)
    assert len(templates(world, conversation)) == 1


def test_no_rating_is_asked_for_unless_it_is_wanted(world: World, conversation: int) -> None:
    world.server.agent_resolves(conversation)
    assert templates(world, conversation) == []


@pytest.mark.parametrize(
    ("operator", "labels", "asked"),
    [
        ("contains", ["vip"], 1),
        ("contains", [], 0),
        ("does_not_contain", ["vip"], 0),
        ("does_not_contain", ["other"], 1),
    ],
)
def test_labels_say_who_is_asked(world: World, conversation: int, operator: str, labels: list[str], asked: int) -> None:
    configure(world, csat_survey_enabled=True, csat_config={"survey_rules": {"operator": operator, "values": ["vip"]}})
    world.jane.post(f"/conversations/{conversation}/labels", labels=labels)
    world.server.agent_resolves(conversation)
    assert len(templates(world, conversation)) == asked


@pytest.mark.parametrize(("hours_ago", "asked"), [(23, 1), (25, 0)])
def test_nobody_is_asked_outside_the_reply_window(world: World, conversation: int, hours_ago: int, asked: int) -> None:
    configure(world, csat_survey_enabled=True, channel={"additional_attributes": {"agent_reply_time_window": 24}})
    said = world.visitor_says(conversation, "Hi")
    world.store.update("messages", said["id"], created_at=clock.now() - hours_ago * 3600)
    world.server.agent_resolves(conversation)
    assert len(templates(world, conversation)) == asked
