"""The list of messages: what each row tells, moving, copies, whose messages they are, and what the editor's page is told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from handoffs.admin import arranging
from handoffs.models import Block, Handoff, Membership, MessageTemplate, Scenario, Workspace
from tests.handoffs.admin.conftest import client_of, make_handoff
from tests.handoffs.admin.test_message import ADD, LIST
from tests.handoffs.admin.test_message_tiles import make_picture


def make(scenario: Scenario, *names: str, **more: Any) -> list[MessageTemplate]:
    return [MessageTemplate.objects.create(scenario=scenario, name=name, position=place, **more) for place, name in enumerate(names)]


def order(scenario: Scenario) -> str:
    return " ".join(MessageTemplate.objects.filter(scenario=scenario).values_list("name", flat=True))


def rows(client: Client, **filters: Any) -> list[Any]:
    response: Any = client.get(LIST, filters)
    return list(response.context_data["rows"])


@pytest.fixture
def strangers(db: None) -> Scenario:
    """In a workspace that Bob has no role in."""
    workspace = Workspace.objects.create(slug="other", name="Other")
    return Scenario.objects.create(workspace=workspace, name="Strange scenario", key="strange")


# --- Moving -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("to", "after"), [("0", "c a b"), ("1", "a c b"), ("2", "a b c"), ("999999999", "a b c")])
def test_a_message_is_moved_to_a_place(admin_client: Client, coffee: Scenario, to: str, after: str) -> None:
    template = make(coffee, "a", "b", "c")[2]
    for _ in range(2):
        response = admin_client.post(f"{LIST}{template.pk}/move/", {"to": to}, follow=True)
        assert response.redirect_chain[0][0] == f"{LIST}?scenario__id__exact={coffee.pk}#message-{template.pk}"
        assert f"“c” is now {after.split().index('c') + 1} of 3." in response.content.decode()
        assert order(coffee) == after


@pytest.mark.parametrize("act", ["move", "duplicate"])
def test_one_comes_back_to_the_list_as_it_was_looked_at(admin_client: Client, coffee: Scenario, act: str) -> None:
    template = make(coffee, "a", "b", when="button")[0]
    looked_at = f"scenario__id__exact={coffee.pk}&when__exact=button"
    response = admin_client.post(f"{LIST}{template.pk}/{act}/?{looked_at}", {"to": 0, "stay": 1})
    goal = template if act == "move" else MessageTemplate.objects.get(name="a (2)")
    assert response.headers["Location"] == f"{LIST}?{looked_at}#message-{goal.pk}"


def test_a_message_that_was_deleted_while_one_waited_moves_nothing(coffee: Scenario) -> None:
    template = make(coffee, "a", "b")[0]
    MessageTemplate.objects.filter(pk=template.pk).delete()
    for act in (lambda: arranging.move(template, 1), lambda: arranging.duplicate(template)):
        with pytest.raises(Http404, match="“a” was deleted meanwhile"):
            act()
    assert order(coffee) == "b"


def test_messages_that_stood_at_one_place_are_put_in_order(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    make(tea, "x", "y")
    templates = [MessageTemplate.objects.create(scenario=coffee, name=name, position=5) for name in "abc"]
    admin_client.post(f"{LIST}{templates[0].pk}/move/", {"to": 1})
    assert order(coffee) == "b a c" and order(tea) == "x y"
    assert list(coffee.templates.values_list("position", flat=True)) == [0, 1, 2]


@pytest.mark.parametrize("to", ["", "-1", "x", "²", "1" * 10, "\x00"])
def test_a_place_that_is_none_moves_nothing(admin_client: Client, coffee: Scenario, to: str) -> None:
    template = make(coffee, "a", "b")[1]
    body = admin_client.post(f"{LIST}{template.pk}/move/", {"to": to}, follow=True).content.decode()
    assert "“b” was not moved" in body and order(coffee) == "a b"


def test_a_form_that_was_opened_before_a_move_is_told(admin_client: Client, coffee: Scenario) -> None:
    second = make(coffee, "a", "b", "c")[1]
    admin_client.post(f"{LIST}{second.pk}/move/", {"to": 0})
    assert list(MessageTemplate.objects.order_by("name").values_list("edition", flat=True)) == [1, 1, 0]


# --- Copies -------------------------------------------------------------------------------------------------------------------------------


def test_a_copy_has_all_tiles_and_stands_behind_its_original(
    admin_client: Client, coffee: Scenario, support: Handoff, human: MessageTemplate
) -> None:
    make(coffee, "z")
    Block.objects.create(template=human, kind="buttons", position=1, buttons=[{"label": "Again", "leads_to": human.pk}])
    MessageTemplate.objects.filter(pk=human.pk).update(conditions=[{"attribute": "a", "operator": "is_set", "value": ""}], edition=4)
    response = admin_client.post(f"{LIST}{human.pk}/duplicate/")
    copy = MessageTemplate.objects.get(name="Human (2)")
    assert response.headers["Location"] == f"{LIST}{copy.pk}/change/"
    assert order(coffee).index("Human (2)") == order(coffee).index("Human") + len("Human ")
    same = [name for name in (field.attname for field in Block._meta.concrete_fields) if name not in ("id", "template_id")]
    assert list(copy.blocks.values(*same)) == list(human.blocks.values(*same))
    own = ["scenario", "when", "phrases", "reasons", "conditions"]
    assert MessageTemplate.objects.values(*own).get(pk=copy.pk) == MessageTemplate.objects.values(*own).get(pk=human.pk)
    assert human.blocks.count() == 2


def test_each_copy_has_a_name_of_its_own_that_fits(admin_client: Client, coffee: Scenario) -> None:
    template = make(coffee, "x" * 200)[0]
    for _ in range(2):
        assert admin_client.post(f"{LIST}{template.pk}/duplicate/").status_code == 302
    names = set(MessageTemplate.objects.values_list("name", flat=True))
    assert names == {"x" * 200, "x" * 196 + " (2)", "x" * 196 + " (3)"}


# --- Whose they are -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["move", "duplicate"])
def test_who_acts_needs_the_role_and_a_post_with_its_token(coffee: Scenario, strangers: Scenario, act: str) -> None:
    own, strange = make(coffee, "a", "b")[0], make(strangers, "s")[0]
    editor = client_of("editor")
    assert editor.get(f"{LIST}{own.pk}/{act}/").status_code == 405
    assert editor.post(f"{LIST}{strange.pk}/{act}/", {"to": 1}).status_code == 404
    assert editor.post(f"{LIST}999999/{act}/", {"to": 1}).status_code == 404
    careful = Client(enforce_csrf_checks=True)
    careful.login(username="bob", password="bob")
    assert careful.post(f"{LIST}{own.pk}/{act}/", {"to": 1}).status_code == 403
    assert editor.post(f"{LIST}{own.pk}/{act}/", {"to": 1}).status_code == 302
    assert strangers.templates.count() == 1


@pytest.mark.parametrize("act", ["move", "duplicate"])
def test_who_may_only_look_changes_nothing(coffee: Scenario, act: str) -> None:
    template = make(coffee, "a", "b")[0]
    assert client_of("viewer").post(f"{LIST}{template.pk}/{act}/", {"to": 1}).status_code == 403
    assert order(coffee) == "a b"


def test_only_ones_own_scenarios_are_listed_filtered_and_added_to(coffee: Scenario, tea: Scenario, strangers: Scenario) -> None:
    make(coffee, "mine")
    make(strangers, "theirs")
    client = client_of("editor")
    assert [row.template.name for row in rows(client)] == ["mine"]
    for address in (LIST, ADD):
        assert "Strange scenario" not in client.get(address).content.decode()
    assert client.get(f"{ADD}?scenario={strangers.pk}").status_code == 404
    assert client.post(f"{ADD}?scenario={strangers.pk}", {"name": "x", "when": "welcome"}).status_code == 404
    assert not strangers.templates.filter(name="x").exists()


# --- What a row tells ---------------------------------------------------------------------------------------------------------------------


def test_a_row_tells_what_a_message_is_for_and_where_it_leads(admin_client: Client, coffee: Scenario) -> None:
    first, second = make(coffee, "Hello", "Prices", phrases="price\ncost\nhow much\nfee")
    Block.objects.create(template=first, kind="form", text="Your  e-mail\nplease", leads_to=second)
    told = rows(admin_client, scenario__id__exact=coffee.pk)
    assert (told[0].badge, told[0].phrases, told[0].words) == ("Phrases", "price, cost, how much and 1 more", "Your e-mail please")
    assert told[0].leads == [("Prices", f"{LIST}{second.pk}/change/")] and told[0].warnings == []
    assert [(row.place, row.last, row.may_change) for row in told] == [(0, False, True), (1, True, True)]
    assert told[1].warnings == ["it says nothing"]


def test_a_row_tells_when_it_is_meant(admin_client: Client, coffee: Scenario) -> None:
    visits = {"attribute": "user.visits", "operator": "greater", "value": "1"}
    make(coffee, "Thanks", when="returned", reasons=["resolved", "given_back"], conditions=[visits])
    make(coffee, "Prices", when="phrases", reasons=["resolved"], phrases="price")
    prices, thanks = sorted(rows(admin_client, scenario__id__exact=coffee.pk), key=lambda row: str(row.template.name))
    assert (thanks.reasons, thanks.only_if) == ("Resolved at the desk, Given back to the bot", "user.visits > 1")
    assert (prices.reasons, prices.only_if) == ("", "")
    assert "Only if user.visits &gt; 1" in listed(admin_client, coffee)


def test_a_row_warns_of_what_visitors_would_run_into(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    nowhere, lost, silent, elsewhere = make(coffee, "a", "b", "c", "d", when="button")
    strange = MessageTemplate.objects.create(scenario=tea, name="Tea")
    Block.objects.create(template=nowhere, text="Hi")
    Block.objects.create(template=lost, kind="buttons", buttons=[{"label": "Old", "leads_to": strange.pk}])
    Block.objects.create(template=silent, kind="handover", handoff=make_handoff(coffee))
    Block.objects.create(template=elsewhere, kind="handover", handoff=make_handoff(coffee, "On", inbox=8, active=True))
    told = {row.template.name: row.warnings for row in rows(admin_client, scenario__id__exact=coffee.pk)}
    assert told == {
        "a": ["nothing leads here"],
        "b": ["nothing leads here", "leads to a deleted message"],
        "c": ["nothing leads here", "the tile names no active handoff"],
        "d": ["nothing leads here"],
    }


def test_the_list_asks_no_more_for_more_messages(admin_client: Client, coffee: Scenario) -> None:
    def asked_for(many: int) -> int:
        MessageTemplate.objects.all().delete()
        for template in make(coffee, *map(str, range(many))):
            Block.objects.create(template=template, kind="handover", handoff=handoff)
        with CaptureQueriesContext(connection) as asked:
            assert len(rows(admin_client, scenario__id__exact=coffee.pk)) == many
        return len(asked)

    handoff = make_handoff(coffee)
    asked_for(1)
    assert asked_for(3) == asked_for(30)


def test_a_viewer_is_told_that_they_may_not_change(coffee: Scenario) -> None:
    make(coffee, "a")
    assert [row.may_change for row in rows(client_of("viewer"))] == [False]


# --- The page -----------------------------------------------------------------------------------------------------------------------------


def listed(client: Client, scenario: Scenario, **filters: Any) -> str:
    return client.get(LIST, {"scenario__id__exact": scenario.pk, **filters}).content.decode()


def test_a_card_has_its_ways_and_its_buttons(admin_client: Client, coffee: Scenario) -> None:
    first, second = make(coffee, "Hello", "<b>Prices", phrases="price")
    Block.objects.create(template=first, kind="form", text="Your e-mail", leads_to=second)
    body = listed(admin_client, coffee)
    assert "&lt;b&gt;Prices" in body and "<b>Prices" not in body and "it says nothing" in body
    for words in ("Hello", "Phrases", "price", "Your e-mail", "Leads to", "Move up", "Move down", "Duplicate", "Delete", "Add message"):
        assert words in body
    assert f'formaction="{LIST}{first.pk}/move/?scenario__id__exact={coffee.pk}"' in body
    assert f"{LIST}{second.pk}/change/?_changelist_filters=scenario__id__exact%3D{coffee.pk}" in body
    assert f"{LIST}{first.pk}/delete/?_changelist_filters=scenario__id__exact%3D{coffee.pk}" in body


def test_the_first_moves_no_higher_and_the_last_no_lower(admin_client: Client, coffee: Scenario) -> None:
    make(coffee, "a", "b", "c")
    body = listed(admin_client, coffee)
    names = re.findall(r'aria-label="(Move \w+) “(\w)”" (disabled)?>', body)
    assert [(act, name) for act, name, disabled in names if disabled] == [("Move up", "a"), ("Move down", "c")]
    assert re.findall(r'name="to" value="(\d+)"', body) == ["0", "1", "0", "2", "1", "3"]


def test_who_may_only_look_has_nothing_to_press(coffee: Scenario) -> None:
    make(coffee, "Hello")
    body = listed(client_of("viewer"), coffee)
    assert "Hello" in body
    for words in ("Move up", "Duplicate", 'class="handle"', "Add message", "/delete/"):
        assert words not in body


def test_an_empty_scenario_is_told_what_comes_first(coffee: Scenario) -> None:
    editor = client_of("editor")
    assert "Add a welcome message" in listed(editor, coffee)
    address = f"{ADD}?scenario={coffee.pk}&when=welcome&name=Welcome"
    initial = editor.get(address).context["adminform"].form.initial
    assert (initial["when"], initial["name"]) == ("welcome", "Welcome")
    viewer = Client()
    viewer.force_login(User.objects.create_user("vera", is_staff=True))
    Membership.objects.create(user=User.objects.get(username="vera"), workspace=coffee.workspace, role="viewer")
    body = listed(viewer, coffee)
    assert "This scenario says nothing yet" in body and "Add a welcome message" not in body


def test_a_part_of_the_list_says_that_it_is_one(admin_client: Client, coffee: Scenario) -> None:
    make(coffee, "Hello")
    assert "Only some of the messages" not in listed(admin_client, coffee)
    for filters in ({"when__exact": "phrases"}, {"q": "Hello"}):
        assert "Only some of the messages" in listed(admin_client, coffee, **filters)
    assert "No message is like that." in listed(admin_client, coffee, q="Goodbye")
    assert "says nothing yet" not in listed(admin_client, coffee, q="Goodbye")


def test_without_a_scenario_all_are_listed_with_the_name_of_theirs(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    make(coffee, "mine")
    make(tea, "other")
    body = admin_client.get(LIST).content.decode()
    assert "mine" in body and "other" in body and "Coffee" in body and "Tea" in body and 'id="messages"' not in body


# --- What the editor's page is told -------------------------------------------------------------------------------------------------------


def test_the_editor_is_told_what_its_tiles_may_refer_to(admin_client: Client, coffee: Scenario, tea: Scenario, support: Handoff) -> None:
    template = make(coffee, "Hello", conditions=[{"attribute": "user.tier", "operator": "is_set", "value": ""}])[0]
    make(tea, "Strange")
    make_handoff(tea, "Strangers", inbox=9)
    picture = make_picture(coffee)
    make_picture(tea, "strange.png")
    Block.objects.create(template=template, kind="form", fields=[{"attribute": "request.about", "label": "?", "type": "text"}])
    Block.objects.create(template=template, kind="buttons", buttons=[{"label": "x", "attribute": "user.plan", "value": "gold"}])
    response: Any = admin_client.get(f"{LIST}{template.pk}/change/")
    told = json.loads(json.dumps(response.context["editor"]))
    assert response.context["scenario"] == coffee
    assert (told["key"], told["draft_url"]) == ("coffee", "/chat/coffee/draft/")
    assert told["messages"] == [{"id": template.pk, "name": "Hello"}]
    assert told["handoffs"] == [{"id": str(support.pk), "name": "Support", "active": False}]
    assert told["pictures"] == [{"id": str(picture.pk), "name": "cup.png", "url": f"/chat/coffee/pictures/{picture.pk}"}]
    assert told["attributes"][:3] == ["request.about", "user.plan", "user.tier"]
    assert {"user.email", "handover.reason"} <= set(told["attributes"])
    assert "**Handed over** by the message “Hello”." in told["brief"]
    assert "Visitor: Can I speak to a human, please?" in told["brief"] and "Ada Lovelace" in told["brief"]


def test_a_new_message_is_told_too_and_goes_last(admin_client: Client, coffee: Scenario) -> None:
    make(coffee, "a", "b")
    response: Any = admin_client.get(f"{ADD}?scenario={coffee.pk}")
    assert response.context["editor"]["key"] == "coffee"
    assert response.context["adminform"].form.instance.position == 2
