from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from handoffs import checklist
from handoffs.checklist import Room, Severity
from handoffs.models import Block, Handoff, MessageTemplate, Picture, Scenario

NOTHING_TO_SAY = {"No message welcomes visitors.", "No message is said when nothing else matches."}


@pytest.fixture
def shop(scenario: Scenario) -> Scenario:
    """The demo, which lacks nothing."""
    scenario.interface.allowed_origins = "https://shop.example"
    scenario.interface.save()
    assert found(scenario) == {}
    return scenario


def found(scenario: Scenario) -> dict[str, tuple[str, str]]:
    again = Scenario.objects.select_related("interface").get(pk=scenario.pk)
    return {each.text: (each.severity.value, each.place.room.value) for each in checklist.findings(checklist.load(again))}


def say(scenario: Scenario, name: str, tile: dict[str, Any], **more: Any) -> MessageTemplate:
    template = scenario.templates.create(name=name, **{"phrases": name, "position": 50, **more})
    template.blocks.create(**{"kind": "text", "text": "x", **tile})
    return template


def test_an_empty_scenario_lacks_a_beginning_and_a_way_out(shop: Scenario) -> None:
    Block.objects.all().delete()
    MessageTemplate.objects.all().delete()
    assert found(shop) == {
        **dict.fromkeys(NOTHING_TO_SAY, ("must", "messages")),
        "No message hands over to a human: add a Conversation Handover tile.": ("should", "messages"),
    }


def test_a_welcome_for_some_only_is_told(shop: Scenario) -> None:
    shop.templates.get(name="Welcome").delete()
    text = "“Welcome by name” welcomes only visitors for whom its conditions hold. Add one of its kind without conditions."
    assert found(shop) == {text: ("should", "messagetemplate")}


def test_what_comes_after_a_message_for_everybody_is_never_said(shop: Scenario) -> None:
    say(shop, "Late", {}, when="no_match")
    assert found(shop) == {"“Late” is never said: “Not understood” comes first and is for everybody.": ("should", "messagetemplate")}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"active": False}, "hands over to “Demo desk”, which is inactive."),
        ({"active": False, "access_token_sealed": ""}, "hands over to “Demo desk”, which needs its access token."),
        ({"trouble": "The token is wrong."}, "The handoff “Demo desk” needs attention: The token is wrong."),
    ],
)
def test_a_handoff_that_cannot_be_used_is_told(shop: Scenario, changes: dict[str, Any], complaint: str) -> None:
    Handoff.objects.update(**changes)
    ((text, where),) = found(shop).items()
    assert text.endswith(complaint) and where == ("must", "handoff")


def test_a_handover_to_nobody_is_told(shop: Scenario) -> None:
    Block.objects.filter(kind="handover").update(handoff=None)
    assert found(shop) == {"“Talk to a human”: the Conversation Handover tile names no handoff.": ("must", "messagetemplate")}


def test_the_pretend_desk_of_preview_is_no_handoff(shop: Scenario) -> None:
    shop.handoffs.create(name="Rehearsal", account_id=1, inbox_id=1, active=True, rehearsal=True, trouble="asleep")
    assert found(shop) == {}


@pytest.mark.parametrize(
    ("tile", "complaint"),
    [
        ({"kind": "buttons", "buttons": [{"label": "Old", "leads_to": 10**9}]}, "the button “Old” leads to a message that is not there."),
        ({"kind": "buttons", "buttons": [{"label": "Old", "leads_to": None}]}, "the button “Old” leads to a message that is not there."),
        ({"kind": "buttons", "buttons": []}, "a buttons tile has no buttons."),
        ({"kind": "text", "text": " "}, "a text tile is empty."),
        ({"kind": "image"}, "an image tile has no picture."),
        ({"kind": "form"}, "a form has no fields."),
    ],
)
def test_a_tile_that_is_broken_is_told(shop: Scenario, tile: dict[str, Any], complaint: str) -> None:
    say(shop, "Broken", tile)
    assert found(shop) == {f"“Broken”: {complaint}": ("must", "messagetemplate")}


@pytest.mark.parametrize(
    "button",
    [{"label": "Site", "href": "https://a.example"}, {"label": "Yes", "attribute": "user.likes", "value": "tea", "leads_to": None}],
)
def test_a_button_with_a_link_or_a_value_leads_to_no_message(shop: Scenario, button: dict[str, Any]) -> None:
    say(shop, "Fine", {"kind": "buttons", "buttons": [button]})
    assert found(shop) == {}


def test_an_ending_that_goes_on_with_a_deleted_message_is_told(shop: Scenario) -> None:
    Block.objects.filter(kind="handover").update(endings={"resolved": {"text": "", "leads_to": 10**9}})
    complaint = "“Talk to a human”: an ending of the handover leads to a message that is not there."
    assert found(shop)[complaint] == ("must", "messagetemplate")


def test_a_message_nothing_leads_to_is_told(shop: Scenario) -> None:
    island = say(shop, "Island", {}, when="button")
    assert found(shop) == {"Nothing leads to “Island”.": ("should", "messagetemplate")}
    say(shop, "Bridge", {"kind": "form", "fields": [{"attribute": "user.name", "label": "Name"}], "leads_to": island})
    assert found(shop) == {}


def test_a_message_without_phrases_and_one_without_tiles_are_told(shop: Scenario) -> None:
    say(shop, "Mute", {}, phrases=" \n")
    shop.templates.create(name="Empty", phrases="empty")
    assert found(shop) == {
        "“Mute” has no phrases, and nothing leads to it.": ("should", "messagetemplate"),
        "“Empty” says nothing: it has no tiles.": ("must", "messagetemplate"),
    }


def test_a_phrase_used_twice_is_told_unless_conditions_tell_them_apart(shop: Scenario) -> None:
    say(shop, "Second", {}, phrases="OPEN!")
    text = "“open” is a phrase of both “Opening hours” and “Second”: only “Opening hours” will answer it."
    assert found(shop) == {text: ("should", "messagetemplate")}
    shop.templates.filter(name="Opening hours").update(conditions=[{"attribute": "user.plan", "operator": "is_set", "value": ""}])
    assert found(shop) == {}


def test_an_image_without_words_is_told(shop: Scenario) -> None:
    picture = Picture.objects.create(scenario=shop, name="a.png", type="image/png", content=b"x", width=1, height=1)
    say(shop, "Map", {"kind": "image", "picture": picture, "text": ""})
    assert found(shop) == {"“Map”: the image has no alternative text for those who cannot see it.": ("should", "messagetemplate")}


def test_colours_that_cannot_be_read_and_a_chat_nobody_may_embed_are_told(shop: Scenario) -> None:
    interface = shop.interface
    interface.accent, interface.on_accent, interface.allowed_origins = "#ffee00", "#ffffff", ""
    interface.save()
    assert found(shop) == {
        "The text cannot be read on the colour: contrast 1.2:1, and 4.5:1 is needed. Visitors see black text instead.": (
            "should",
            "interfacesettings",
        ),
        "No website may embed it: only the link to the chat page works.": ("should", "interfacesettings"),
    }


def test_what_must_be_mended_comes_first(shop: Scenario) -> None:
    shop.interface.allowed_origins = ""
    shop.interface.save()
    Handoff.objects.update(active=False)
    findings = checklist.findings(checklist.load(shop))
    assert [each.severity for each in findings] == [Severity.MUST, Severity.SHOULD]
    assert findings[0].place.room is Room.HANDOFF


def test_the_number_of_queries_does_not_grow(shop: Scenario) -> None:
    with CaptureQueriesContext(connection) as few:
        checklist.findings(checklist.load(shop))
    for number in range(10):
        say(shop, f"More {number}", {"kind": "buttons", "buttons": [{"label": "Old", "leads_to": 10**9}]})
    with CaptureQueriesContext(connection) as many:
        assert len(checklist.findings(checklist.load(shop))) == 10
    assert len(many) == len(few) == 3


@pytest.mark.parametrize("junk", [None, 1, "x", [None], [1], [[]], {"a": 1}, [{"label": 1, "leads_to": "x"}], [{"leads_to": True}]])
def test_whatever_stands_in_the_database_it_finds_something_to_say(shop: Scenario, junk: Any) -> None:
    template = say(shop, "Junk", {})
    for kind in Block.Kind:
        template.blocks.create(kind=kind, buttons=junk or [], fields=junk or [], endings=junk or {})
    assert found(shop)
