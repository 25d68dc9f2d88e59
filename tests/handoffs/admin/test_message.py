from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from handoffs import bot
from handoffs.models import Block, Handoff, MessageTemplate, Scenario, Transfer
from tests.handoffs.admin.conftest import client_of, make_handoff

LIST = "/admin/handoffs/messagetemplate/"
ADD = f"{LIST}add/"


def tiles(*forms: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """What the page would send for these tiles, the first ``stored`` of them being changed ones."""
    counted = {"blocks-TOTAL_FORMS": len(forms), "blocks-INITIAL_FORMS": stored}
    return counted | {f"blocks-{number}-{name}": value for number, form in enumerate(forms) for name, value in form.items()}


def typed(*forms: dict[str, Any], stored: int = 0, **changes: Any) -> dict[str, Any]:
    return {"name": "Hello", "when": "welcome", "edition": 0, **tiles(*forms, stored=stored), **changes}


def add(client: Client, scenario: Scenario, *forms: dict[str, Any], **changes: Any) -> Any:
    return client.post(f"{ADD}?scenario={scenario.pk}", typed(*forms, **changes))


def test_a_message_added_from_a_narrowed_list_stays_in_its_scenario(admin_client: Client, coffee: Scenario) -> None:
    page = admin_client.get(f"{ADD}?_changelist_filters=scenario__id__exact%3D{coffee.pk}&scenario={coffee.pk}")
    admin_client.post(page.context["form_url"], typed({"kind": "text", "text": "Hi"}))
    assert coffee.templates.get(name="Hello").blocks.get().text == "Hi"


def tile_errors(response: Any, field: str, tile: int = 0) -> str:
    return " ".join(response.context["inline_admin_formsets"][0].formset.forms[tile].errors.get(field, []))


@pytest.fixture
def prices(coffee: Scenario) -> MessageTemplate:
    return MessageTemplate.objects.create(scenario=coffee, name="Prices", phrases="price")


# --- The scenario comes first -------------------------------------------------------------------------------------------------------------


def test_the_scenario_is_asked_for_first(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    body = admin_client.get(ADD).content.decode()
    assert f'<a href="?scenario={coffee.pk}">Coffee</a>' in body and f'<a href="?scenario={tea.pk}">Tea</a>' in body
    assert "blocks-TOTAL_FORMS" not in body


@pytest.mark.parametrize("nonsense", ["x", "-1", "99999999999999999999999", "²", ""])
def test_a_scenario_that_is_none_is_asked_for_again(admin_client: Client, coffee: Scenario, tea: Scenario, nonsense: str) -> None:
    assert "Which scenario is it for?" in admin_client.get(ADD, {"scenario": nonsense}).content.decode()


def test_the_only_scenario_is_not_asked_for(admin_client: Client, coffee: Scenario) -> None:
    assert admin_client.get(ADD).headers["Location"] == f"{ADD}?scenario={coffee.pk}"


def test_without_a_scenario_the_page_says_what_to_do(admin_client: Client) -> None:
    assert '<a href="/admin/handoffs/scenario/add/">Add a scenario</a> first' in admin_client.get(ADD).content.decode()


def test_a_message_belongs_to_the_scenario_it_was_added_to(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    response = add(admin_client, tea, {"kind": "text", "text": "Welcome!"}, _addanother="1")
    template = MessageTemplate.objects.get()
    assert template.scenario == tea and template.blocks.get().text == "Welcome!"
    assert response.headers["Location"] == f"{ADD}?scenario={tea.pk}"


def test_a_message_cannot_move_to_another_scenario(admin_client: Client, prices: MessageTemplate, tea: Scenario) -> None:
    admin_client.post(f"{LIST}{prices.pk}/change/?scenario={tea.pk}", typed(scenario=tea.pk))
    prices.refresh_from_db()
    assert (prices.name, prices.scenario.key) == ("Hello", "coffee")


# --- The message itself -------------------------------------------------------------------------------------------------------------------


def message_errors(response: Any, field: str) -> str:
    return " ".join(response.context["adminform"].form.errors.get(field, []))


def test_a_name_is_used_once_a_scenario(admin_client: Client, coffee: Scenario, tea: Scenario, prices: MessageTemplate) -> None:
    assert "has a message of this name already" in message_errors(add(admin_client, coffee, name="Prices"), "name")
    assert add(admin_client, tea, name="Prices").status_code == 302


def test_a_name_has_no_arrow(admin_client: Client, coffee: Scenario) -> None:
    assert "cannot contain" in message_errors(add(admin_client, coffee, name="a -> b"), "name")


def test_a_message_for_phrases_needs_one(admin_client: Client, coffee: Scenario) -> None:
    assert "at least one phrase" in message_errors(add(admin_client, coffee, when="phrases", phrases=" \n "), "phrases")


# --- Tiles --------------------------------------------------------------------------------------------------------------------------------


def test_buttons_are_written_as_lines_and_stored_as_json(admin_client: Client, coffee: Scenario, prices: MessageTemplate) -> None:
    add(admin_client, coffee, {"kind": "buttons", "buttons": "What does it cost? -> Prices\n\n A -> B -> Prices "})
    stored = Block.objects.get()
    assert stored.buttons == [{"label": "What does it cost?", "leads_to": prices.pk}, {"label": "A -> B", "leads_to": prices.pk}]
    page = admin_client.get(f"{LIST}{stored.template_id}/change/").content.decode()
    assert "What does it cost? -&gt; Prices\nA -&gt; B -&gt; Prices</textarea>" in page


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Prices", "“Prices” does not say where it leads. Write it like: Talk to a human -> Handover."),
        ("-> Prices", "has no label before the arrow"),
        ("Cost ->", "“Cost” leads nowhere."),
        ("Cost -> Price", "This scenario has no message “Price”. Did you mean “Prices”?"),
        ("Cost -> Darjeeling", "This scenario has no message “Darjeeling”. Create that message first."),
        ("x" * 81 + " -> Prices", "is 81 characters long; 80 fit."),
        ("a\x00b -> Prices", "Null characters are not allowed."),
    ],
)
def test_a_button_that_is_not_right_is_explained_beside_it(
    admin_client: Client, coffee: Scenario, tea: Scenario, prices: MessageTemplate, line: str, complaint: str
) -> None:
    MessageTemplate.objects.create(scenario=tea, name="Darjeeling")
    assert complaint in tile_errors(add(admin_client, coffee, {"kind": "buttons", "buttons": line}), "buttons")
    assert not Block.objects.exists()


def test_a_button_to_a_deleted_message_is_shown_and_refused(admin_client: Client, coffee: Scenario) -> None:
    template = MessageTemplate.objects.create(scenario=coffee, name="Hello")
    block = Block.objects.create(template=template, kind="buttons", buttons=[{"label": "Old", "leads_to": 999999}])
    page = admin_client.get(f"{LIST}{template.pk}/change/").content.decode()
    assert "Old -&gt;</textarea>" in page
    again = typed({"id": block.pk, "template": template.pk, "kind": "buttons", "position": 0, "buttons": "Old ->"}, stored=1)
    assert "leads nowhere" in tile_errors(admin_client.post(f"{LIST}{template.pk}/change/", again), "buttons")


@pytest.mark.parametrize(
    ("form", "field", "complaint"),
    [
        ({"kind": "text", "position": 1}, "text", "A text tile needs a text."),
        ({"kind": "text", "position": 1, "text": " \n "}, "text", "A text tile needs a text."),
        ({"kind": "buttons"}, "buttons", "needs at least one button"),
        ({"kind": "smell"}, "kind", "not one of the available choices"),
    ],
)
def test_each_kind_of_tile_says_what_it_needs(
    admin_client: Client, coffee: Scenario, form: dict[str, Any], field: str, complaint: str
) -> None:
    assert complaint in tile_errors(add(admin_client, coffee, form), field)


def test_an_end_needs_no_words(admin_client: Client, coffee: Scenario) -> None:
    assert add(admin_client, coffee, {"kind": "end"}).status_code == 302
    assert Block.objects.get().kind == "end"


def test_a_handover_needs_a_handoff(admin_client: Client, coffee: Scenario, support: Handoff) -> None:
    assert "needs a handoff of this scenario" in tile_errors(add(admin_client, coffee, {"kind": "handover"}), "handoff")


def test_a_handover_may_be_written_before_there_is_a_handoff_to_choose(admin_client: Client, coffee: Scenario) -> None:
    assert f"/handoffs/handoff/add/?scenario={coffee.pk}" in admin_client.get(f"{ADD}?scenario={coffee.pk}").content.decode()
    add(admin_client, coffee, {"kind": "handover", "text": "One moment."})
    assert Block.objects.values("handoff", "text").get() == {"handoff": None, "text": "One moment."}


def test_a_handover_keeps_its_handoff_and_its_texts(admin_client: Client, coffee: Scenario, support: Handoff) -> None:
    texts = {"text": "One moment.", "fallback_text": "Nobody is here.", "return_text": "I am back."}
    add(admin_client, coffee, {"kind": "handover", "handoff": str(support.pk), **texts})
    assert Block.objects.values("handoff", *texts).get() == {"handoff": support.pk, **texts}


def test_a_handover_offers_and_takes_only_handoffs_of_its_own_scenario(
    admin_client: Client, coffee: Scenario, support: Handoff, tea: Scenario
) -> None:
    strange = make_handoff(tea, "Strangers", inbox=8)
    body = admin_client.get(f"{ADD}?scenario={coffee.pk}").content.decode()
    assert str(support.pk) in body and str(strange.pk) not in body
    response = add(admin_client, coffee, {"kind": "handover", "handoff": str(strange.pk)})
    assert "not one of the available choices" in tile_errors(response, "handoff")


def test_a_tile_that_became_another_kind_lets_go_of_its_handoff(admin_client: Client, human: MessageTemplate, support: Handoff) -> None:
    block = human.blocks.get()
    changed = {
        "id": block.pk,
        "template": human.pk,
        "kind": "text",
        "position": 0,
        "text": "Hi",
        "handoff": str(support.pk),
        "buttons": "junk",
    }
    assert admin_client.post(f"{LIST}{human.pk}/change/", typed(changed, stored=1)).status_code == 302
    block.refresh_from_db()
    assert (block.kind, block.handoff_id, block.buttons) == ("text", None, [])


def test_tiles_without_a_position_go_last_in_their_order(admin_client: Client, coffee: Scenario) -> None:
    forms = [{"kind": "text", "text": text, "position": position} for text, position in [("c", ""), ("b", 7), ("d", ""), ("a", 3)]]
    add(admin_client, coffee, *forms)
    assert list(Block.objects.values_list("text", flat=True)) == ["a", "b", "c", "d"]


def test_an_untouched_tile_is_not_stored(admin_client: Client, coffee: Scenario) -> None:
    add(admin_client, coffee, {"kind": "text", "position": "", "text": ""})
    assert MessageTemplate.objects.exists() and not Block.objects.exists()


def test_texts_of_a_message_are_escaped(admin_client: Client, coffee: Scenario) -> None:
    evil = "</textarea><script>alert(1)</script>"
    add(admin_client, coffee, {"kind": "text", "text": evil}, name="<script>alert(2)</script>")
    for path in (LIST, f"{LIST}{MessageTemplate.objects.get().pk}/change/"):
        assert "<script>alert(" not in admin_client.get(path).content.decode()


# --- Conditions ---------------------------------------------------------------------------------------------------------------------------


def test_conditions_are_written_as_lines_and_stored_as_json(admin_client: Client, coffee: Scenario) -> None:
    lines = "user.visits>1\nhandover.reason = Resolved = yes\n\nuser.name contains Ada L\nuser.email is not set\nuser.plan is set\nx != y"
    assert add(admin_client, coffee, conditions=lines).status_code == 302
    template = MessageTemplate.objects.get()
    assert [(each["attribute"], each["operator"], each["value"]) for each in template.conditions] == [
        ("user.visits", "greater", "1"),
        ("handover.reason", "equals", "Resolved = yes"),
        ("user.name", "contains", "Ada L"),
        ("user.email", "is_not_set", ""),
        ("user.plan", "is_set", ""),
        ("x", "not_equals", "y"),
    ]
    page = admin_client.get(f"{LIST}{template.pk}/change/").content.decode()
    assert "user.visits &gt; 1\nhandover.reason = Resolved = yes\nuser.name contains Ada L\nuser.email is not set" in page
    assert "user.visits &gt; 1, handover.reason" in admin_client.get(LIST).content.decode()


def test_conditions_that_are_stored_are_what_the_bot_goes_by(admin_client: Client, coffee: Scenario) -> None:
    add(admin_client, coffee, {"kind": "text", "text": "Back again?"}, conditions="user.visits > 1")
    assert bot.welcome(coffee.script(), {"user": {"visits": 2}}).template is not None
    assert bot.welcome(coffee.script(), {"user": {"visits": 1}}).template is None


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("user.visits", "“user.visits” is no condition. Write it like: user.visits > 1,"),
        ("> 1", "is no condition"),
        ("user.visits > many", "“many” is not a number"),
        ("user.visits >= 2", "“= 2” is not a number"),
        ("user.plan =", "compares with nothing. To ask whether it is there, write: user.plan is set."),
        ("user.name contains", "compares with nothing"),
        ("{user.plan} = pro", "“{user.plan}” is not an attribute. Write it like: user.plan."),
        ("user.plan = a\x00b", "Null characters are not allowed."),
    ],
)
def test_a_condition_that_is_not_right_is_explained_beside_it(admin_client: Client, coffee: Scenario, line: str, complaint: str) -> None:
    assert complaint in message_errors(add(admin_client, coffee, conditions=f"user.plan is set\n{line}"), "conditions")
    assert not MessageTemplate.objects.exists()


# --- How a handover ends ------------------------------------------------------------------------------------------------------------------


def handover(support: Handoff, **more: Any) -> dict[str, Any]:
    return {"kind": "handover", "handoff": str(support.pk), **more}


def test_endings_are_stored_by_reason_and_only_those_that_say_or_lead_to_something(
    admin_client: Client, coffee: Scenario, support: Handoff, prices: MessageTemplate
) -> None:
    tile = handover(
        support, joined_text="{agent} is here.", resolved_text="All done!", resolved_leads_to=prices.pk, visitor_ended_leads_to=prices.pk
    )
    assert add(admin_client, coffee, tile).status_code == 302
    stored = Block.objects.get()
    assert stored.joined_text == "{agent} is here."
    assert stored.endings == {
        "resolved": {"text": "All done!", "leads_to": prices.pk},
        "visitor_ended": {"text": "", "leads_to": prices.pk},
    }
    page = admin_client.get(f"{LIST}{stored.template_id}/change/").content.decode()
    assert "All done!</textarea>" in page and page.count(f'<option value="{prices.pk}" selected>Prices</option>') == 2


def test_a_tile_has_an_ending_for_every_reason(admin_client: Client, coffee: Scenario, support: Handoff) -> None:
    add(admin_client, coffee, handover(support, **{f"{reason}_text": f"because {reason}" for reason in Transfer.Reason.values}))
    assert {reason: ending["text"] for reason, ending in Block.objects.get().endings.items()} == {
        reason: f"because {reason}" for reason in Transfer.Reason.values
    }


def test_an_ending_leads_only_to_messages_of_the_same_scenario(
    admin_client: Client, coffee: Scenario, tea: Scenario, support: Handoff
) -> None:
    strange = MessageTemplate.objects.create(scenario=tea, name="Darjeeling")
    response = add(admin_client, coffee, handover(support, resolved_leads_to=strange.pk))
    assert "not one of the available choices" in tile_errors(response, "resolved_leads_to")
    assert "Darjeeling" not in response.content.decode()


def test_an_ending_that_is_emptied_is_forgotten(
    admin_client: Client, human: MessageTemplate, support: Handoff, prices: MessageTemplate
) -> None:
    block = human.blocks.get()
    Block.objects.update(endings={"resolved": {"text": "Bye", "leads_to": prices.pk}})
    emptied = handover(support, id=block.pk, template=human.pk, position=0, resolved_text=" ", resolved_leads_to="")
    assert admin_client.post(f"{LIST}{human.pk}/change/", typed(emptied, stored=1)).status_code == 302
    block.refresh_from_db()
    assert block.endings == {}


def test_a_tile_that_became_another_kind_has_no_endings(
    admin_client: Client, human: MessageTemplate, support: Handoff, prices: MessageTemplate
) -> None:
    block = human.blocks.get()
    Block.objects.update(endings={"resolved": {"text": "Bye", "leads_to": prices.pk}})
    changed = {"id": block.pk, "template": human.pk, "kind": "text", "position": 0, "text": "Hi", "resolved_leads_to": prices.pk}
    admin_client.post(f"{LIST}{human.pk}/change/", typed(changed, stored=1))
    block.refresh_from_db()
    assert (block.kind, block.endings) == ("text", {})


def test_a_message_that_an_ending_leads_to_is_not_deleted(admin_client: Client, human: MessageTemplate, prices: MessageTemplate) -> None:
    Block.objects.update(endings={"resolved": {"text": "", "leads_to": prices.pk}})
    body = admin_client.get(f"{LIST}{prices.pk}/delete/").content.decode()
    assert f'Message <a href="{LIST}{human.pk}/change/">Human</a>, tile “Conversation Handover”' in body
    admin_client.post(f"{LIST}{prices.pk}/delete/", {"post": "yes"})
    assert MessageTemplate.objects.filter(pk=prices.pk).exists()


def test_who_may_only_look_sees_endings_and_conditions_too(human: MessageTemplate) -> None:
    Block.objects.update(endings={"resolved": {"text": "Bye then", "leads_to": None}})
    MessageTemplate.objects.update(conditions=[{"attribute": "user.plan", "operator": "is_set", "value": ""}])
    body = client_of("viewer").get(f"{LIST}{human.pk}/change/").content.decode()
    assert "Bye then" in body and "user.plan" in body


# --- Deleting -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hello(coffee: Scenario, prices: MessageTemplate) -> MessageTemplate:
    template = MessageTemplate.objects.create(scenario=coffee, name="Hello", when="welcome")
    Block.objects.create(template=template, kind="buttons", buttons=[{"label": "Prices?", "leads_to": prices.pk}])
    return template


def test_a_message_that_a_button_leads_to_is_not_deleted(admin_client: Client, prices: MessageTemplate, hello: MessageTemplate) -> None:
    body = admin_client.get(f"{LIST}{prices.pk}/delete/").content.decode()
    assert f'Message <a href="{LIST}{hello.pk}/change/">Hello</a>, tile “Buttons”' in body
    admin_client.post(f"{LIST}{prices.pk}/delete/", {"post": "yes"})
    assert MessageTemplate.objects.filter(pk=prices.pk).exists()


def test_messages_that_lead_to_each_other_can_be_deleted_together(
    admin_client: Client, prices: MessageTemplate, hello: MessageTemplate
) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [prices.pk, hello.pk], "post": "yes"}
    admin_client.post(LIST, chosen)
    assert not MessageTemplate.objects.exists()


BACK = [{"label": "Back", "leads_to": 1}]


def queries_of_a_page(client: Client, scenario: Scenario, support: Handoff, many: int) -> int:
    template = MessageTemplate.objects.create(scenario=scenario, name=f"{many} tiles")
    for position, kind in zip(range(many), itertools.cycle(["text", "handover", "buttons", "form"]), strict=False):
        Block.objects.create(
            template=template, kind=kind, position=position, text="…", buttons=BACK, handoff=support if kind == "handover" else None
        )
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"{LIST}{template.pk}/change/").status_code == 200
    return len(asked)


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_the_page_of_a_message_asks_no_more_for_more_tiles(role: str, coffee: Scenario, support: Handoff) -> None:
    client = client_of(role)
    queries_of_a_page(client, coffee, support, 1)
    few = queries_of_a_page(client, coffee, support, 4)
    assert few == queries_of_a_page(client, coffee, support, 24) < 25
