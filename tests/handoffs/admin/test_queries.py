"""A list asks the database no more for thirty rows than for three: tried with every list there is in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from handoffs.admin.site import NOUNS
from handoffs.models import Block, Handoff, Membership, MessageTemplate, Receipt, Scenario, Workspace
from tests.handoffs.admin.conftest import client_of, make_handoff, talk

FEW, MANY = 3, 30


def a_scenario(workspace: Workspace, name: str) -> None:
    """With one of everything that a list may show."""
    scenario = Scenario.objects.create(workspace=workspace, name=name, key=name, state="active")
    handoff = make_handoff(scenario, name, inbox=scenario.pk)
    Handoff.objects.filter(pk=handoff.pk).update(active=True)
    human = MessageTemplate.objects.create(scenario=scenario, name="Human", phrases="human")
    Block.objects.create(template=human, kind="handover", handoff=handoff)
    hello = MessageTemplate.objects.create(scenario=scenario, name="Hello", when="welcome")
    Block.objects.create(template=hello, kind="buttons", buttons=[{"label": "Human", "leads_to": human.pk}])
    talk(scenario, "human", "Where is my parcel?")
    Receipt.objects.create(handoff=handoff, meaning=name, raw=b"{}", signed=True)
    Membership.objects.create(user=User.objects.create_user(name, is_staff=True), workspace=workspace, role="viewer")


def another_of_each(workspace: Workspace, name: str) -> None:
    a_scenario(workspace, name)
    a_scenario(Workspace.objects.create(slug=f"w{name}", name=name), f"{name}b")


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address, follow=True).status_code == 200
    return len(asked)


def lists() -> dict[str, str]:
    return {model._meta.model_name or "": reverse(f"admin:handoffs_{model._meta.model_name}_changelist") for model, _ in NOUNS}


@pytest.mark.parametrize("who", ["superuser", "admin"])
def test_a_list_asks_no_more_for_more_rows(acme: Workspace, admin_client: Client, who: str) -> None:
    client = admin_client if who == "superuser" else client_of("admin")
    for number in range(FEW):
        another_of_each(acme, f"s{number}")
    shown = {**lists(), "first page": reverse("admin:index")}
    few = {name: queries(client, address) for name, address in shown.items()}
    for number in range(FEW, MANY):
        another_of_each(acme, f"s{number}")
    many = {name: queries(client, address) for name, address in shown.items()}
    assert many == few
    assert max(many.values()) < 30


@pytest.mark.parametrize("noun", ["messagetemplate", "handoff", "conversation"])
def test_the_list_of_one_scenario_asks_no_more_for_more_rows(acme: Workspace, admin_client: Client, noun: str) -> None:
    a_scenario(acme, "one")
    scenario = Scenario.objects.get(key="one")
    address = f"{reverse(f'admin:handoffs_{noun}_changelist')}?scenario__id__exact={scenario.pk}"

    def more(count: int, prefix: str) -> None:
        for number in range(count):
            template: Any = MessageTemplate.objects.create(scenario=scenario, name=f"{prefix}{number}", phrases="x")
            Block.objects.create(template=template, kind="text", text="x")
            make_handoff(scenario, f"{prefix}{number}", inbox=100 + number + len(prefix) * 100)
            talk(scenario, "human", "Where is my parcel?")

    more(FEW, "a")
    few = queries(admin_client, address)
    more(MANY, "bb")
    assert queries(admin_client, address) == few


@pytest.mark.parametrize("name", lists())
@pytest.mark.parametrize(
    "asked",
    [
        "pk__regex=^(?:[\\s\\S]{1,2})*Z$",
        "name__regex=(",
        "phrases__regex=(a%2B)%2B$",
        "access_token_sealed__startswith=k",
        "created_at__year=0",
        "id__range=1",
        "context__contains=1",
        "raw=x",
        "scenario=99999999999999999999999999",
        "scenario__id__exact=99999999999999999999999999",
        "scenario__workspace__slug=acme",
    ],
)
def test_a_list_answers_its_own_filters_only(acme: Workspace, admin_client: Client, name: str, asked: str) -> None:
    """A regex could keep the database busy for a day, and whoever may ask for any field learns what no page shows."""
    a_scenario(acme, "coffee")
    assert admin_client.get(f"{lists()[name]}?{asked}").status_code in (200, 302, 400)
    if "regex" in asked or "token" in asked:
        assert admin_client.get(f"{lists()[name]}?{asked}").status_code in (302, 400)
