"""Two admins, one row: nobody's words are lost without a word, neither to somebody who saved first nor to somebody who deleted."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from handoffs.models import Block, Handoff, InterfaceSettings, MessageTemplate, Scenario
from tests.handoffs.admin.conftest import client_of
from tests.handoffs.admin.test_message_tiles import as_shown
from tests.racing import at_once

ADMIN = "/admin/handoffs"


@pytest.fixture
def hello(coffee: Scenario) -> MessageTemplate:
    template = MessageTemplate.objects.create(scenario=coffee, name="Hello", when="welcome")
    for position, text in enumerate(["one", "two", "three"]):
        Block.objects.create(template=template, position=position, text=text)
    return template


def page_of(template: MessageTemplate) -> str:
    return f"{ADMIN}/messagetemplate/{template.pk}/change/"


def two_tabs() -> list[Client]:
    tabs = [client_of("editor"), Client()]
    tabs[1].force_login(User.objects.latest("pk"))
    return tabs


def said(template: MessageTemplate) -> list[str]:
    return list(template.blocks.values_list("text", flat=True))


def body_of(answer: Any) -> str:
    return str(answer.content.decode())


# --- Somebody saved first -----------------------------------------------------------------------------------------------------------------


def test_who_saved_and_when_is_said(admin_client: Client, coffee: Scenario, hello: MessageTemplate) -> None:
    mine = as_shown(admin_client, hello)
    theirs = client_of("editor")
    theirs.post(page_of(hello), {**as_shown(theirs, hello), "blocks-0-text": "theirs"})
    refused = body_of(admin_client.post(page_of(hello), {**mine, "blocks-0-text": "mine"}))
    name = User.objects.exclude(is_superuser=True).get().username
    assert f"{name} (" in refused and "UTC) saved this after you had opened it" in refused


@pytest.mark.parametrize("edition", [None, "", "x", "-1", "7", str(2**70), "\x00"])
def test_a_form_that_does_not_say_what_it_saw_is_refused(admin_client: Client, hello: MessageTemplate, edition: str | None) -> None:
    sent = as_shown(admin_client, hello) | {"blocks-0-text": "mine"}
    sent.pop("edition")
    answer = admin_client.post(page_of(hello), sent if edition is None else {**sent, "edition": edition})
    assert answer.status_code == 200 and said(hello)[0] == "one"
    assert "saved this after you had opened it" in body_of(answer)


@pytest.mark.parametrize("round", range(5))
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(coffee: Scenario, hello: MessageTemplate, support: Handoff, round: int) -> None:
    people = two_tabs()
    forms = [as_shown(client, hello) for client in people]
    answers: dict[int, int] = {}

    def save(who: int) -> None:
        answers[who] = people[who].post(page_of(hello), {**forms[who], "blocks-0-text": f"by {who}"}).status_code

    at_once(partial(save, 0), partial(save, 1))
    assert sorted(answers.values()) == [200, 302]
    winner = next(who for who, status in answers.items() if status == 302)
    hello.refresh_from_db()
    assert said(hello)[0] == f"by {winner}" and hello.edition == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_websites_at_once_one_is_told(coffee: Scenario) -> None:
    people = two_tabs()
    answers: list[int] = []

    def save(who: int) -> None:
        told = {"allowed_origins": f"https://{who}.example", "edition": 0}
        answers.append(people[who].post(f"{ADMIN}/scenario/{coffee.pk}/publish/", told).status_code)

    at_once(partial(save, 0), partial(save, 1))
    assert sorted(answers) == [200, 302]
    assert InterfaceSettings.objects.get(scenario=coffee).edition == 1


# --- Tiles that somebody else deleted -----------------------------------------------------------------------------------------------------


def test_words_in_a_deleted_tile_are_saved_as_a_new_one_once_one_says_so(admin_client: Client, hello: MessageTemplate) -> None:
    mine = as_shown(admin_client, hello) | {"blocks-1-text": "mine, instead of two"}
    gone = hello.blocks.all()[1].pk
    theirs = as_shown(admin_client, hello) | {"blocks-1-DELETE": "on"}
    assert admin_client.post(page_of(hello), theirs).status_code == 302
    refused = admin_client.post(page_of(hello), mine)
    assert "saved this after you had opened it" in body_of(refused) and "Select a valid choice" not in body_of(refused)
    again = shown_again(refused)
    assert admin_client.post(page_of(hello), again).status_code == 302
    assert said(hello) == ["one", "mine, instead of two", "three"]
    assert gone not in hello.blocks.values_list("pk", flat=True)


def test_all_tiles_may_be_gone(admin_client: Client, hello: MessageTemplate) -> None:
    mine = as_shown(admin_client, hello)
    hello.blocks.all().delete()
    assert admin_client.post(page_of(hello), mine).status_code == 302
    assert said(hello) == ["one", "two", "three"]


def shown_again(answer: Any) -> dict[str, Any]:
    formset = answer.context["inline_admin_formsets"][0].formset
    forms = [answer.context["adminform"].form, formset.management_form, *formset.forms]
    return {field.html_name: field.value() for form in forms for field in form if field.value() is not None}


@pytest.mark.parametrize("total", ["", "x", "-1", "99999", "\x00", "3\x00"])
def test_counts_that_are_none_break_nothing(admin_client: Client, hello: MessageTemplate, total: str) -> None:
    sent = as_shown(admin_client, hello)
    for name in ("TOTAL_FORMS", "INITIAL_FORMS"):
        assert admin_client.post(page_of(hello), {**sent, f"blocks-{name}": total}).status_code in (200, 302)
    hello.refresh_from_db()
    assert said(hello)[:3] == ["one", "two", "three"]


# --- Deleted meanwhile --------------------------------------------------------------------------------------------------------------------


def test_who_saves_what_was_deleted_gets_their_words_back(admin_client: Client, hello: MessageTemplate) -> None:
    mine = as_shown(admin_client, hello) | {"blocks-0-text": "many words"}
    hello.delete()
    answer = admin_client.post(page_of(hello), mine)
    assert answer.status_code == 404
    assert "Somebody deleted this message after you had opened it" in body_of(answer) and "many words" in body_of(answer)


def test_a_token_is_not_among_the_words_given_back(admin_client: Client, support: Handoff) -> None:
    address = f"{ADMIN}/handoff/{support.pk}/change/"
    support.delete()
    answer = body_of(admin_client.post(address, {"name": "Ours", "access_token": "tok-1", "webhook_secret": "whsec-1"}))
    assert "Ours" in answer and "tok-1" not in answer and "whsec-1" not in answer


@pytest.mark.parametrize("pk", ["0", "x", str(2**70), "%00", "1_2F2"])
def test_an_address_of_nothing_is_told_as_such(admin_client: Client, coffee: Scenario, pk: str) -> None:
    assert admin_client.post(f"{ADMIN}/messagetemplate/{pk}/change/", {"name": "x"}).status_code == 404
