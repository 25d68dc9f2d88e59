"""A small town: Acme's coffee scenario with its handoff, a stranger's scenario, and Ada who runs it all."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from handoffs import relay, switchboard
from handoffs.models import Block, Conversation, Delivery, Handoff, Membership, MessageTemplate, Scenario, Workspace
from handoffs.providers.base import Outgoing, Rejected
from tests.paper import Sheet

TOKEN = "tok-EXAMPLE-1234567890abcd"
SECRET = "whsec-EXAMPLE-0987654321"


@pytest.fixture
def acme(db: None) -> Workspace:
    return Workspace.objects.create(slug="acme", name="Acme")


@pytest.fixture
def coffee(acme: Workspace) -> Scenario:
    return Scenario.objects.create(workspace=acme, name="Coffee", key="coffee", state="active")


@pytest.fixture
def tea(acme: Workspace) -> Scenario:
    return Scenario.objects.create(workspace=acme, name="Tea", key="tea")


def make_handoff(scenario: Scenario, name: str = "Support", *, inbox: int = 7, token: str = TOKEN, active: bool = False) -> Handoff:
    handoff = Handoff(scenario=scenario, name=name, domain="https://chat.acme.test/api/v1/", account_id=1, inbox_id=inbox, active=active)
    handoff.access_token, handoff.webhook_secret = token, SECRET
    handoff.save()
    return handoff


@pytest.fixture
def support(coffee: Scenario) -> Handoff:
    return make_handoff(coffee)


@pytest.fixture
def human(coffee: Scenario, support: Handoff) -> MessageTemplate:
    """The message that hands over."""
    template = MessageTemplate.objects.create(scenario=coffee, name="Human", phrases="human")
    Block.objects.create(template=template, kind="handover", handoff=support)
    return template


def talk(scenario: Scenario, *lines: str) -> Conversation:
    _, conversation = switchboard.begin(scenario, "https://www.acme.test")
    for line in lines:
        switchboard.visitor_says(conversation.pk, switchboard.Words(uuid.uuid4(), line))
    conversation.refresh_from_db()
    return conversation


@pytest.fixture
def waiting(coffee: Scenario, support: Handoff, human: MessageTemplate) -> Conversation:
    """A visitor who asked for a human and said something to them."""
    support.switch_on()
    return talk(coffee, "human", "Where is my parcel?")


def client_of(role: str, workspace: Workspace | None = None) -> Client:
    """Bob, who has this role in the workspace (Acme's)."""
    user = User.objects.create_user("bob", password="bob", is_staff=True)
    Membership.objects.create(user=user, role=role, workspace=workspace or Workspace.objects.get(slug="acme"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def parked(conversation: Conversation, says: Any, sheet: Sheet) -> Delivery:
    """A message the desk refused once and would take now."""
    says("talk to a human")
    says("hello?")

    def refuse(outgoing: Outgoing) -> None:
        if not outgoing.private:
            raise Rejected("too long")

    sheet.before = refuse
    relay.relay(conversation.pk)
    sheet.before = lambda outgoing: None
    return Delivery.objects.get(state="parked")
