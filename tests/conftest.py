from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from handoffs import switchboard
from handoffs.models import Conversation, Handoff, Scenario
from handoffs.providers import registry
from handoffs.switchboard import Said, Words
from tests.paper import PaperDesk, Sheet


def pytest_report_header() -> str:
    return f"on {connection.vendor} and {settings.CACHES['default']['BACKEND'].rpartition('.')[2]}"


# Files that take minutes begin first, so that no worker is left alone with one at the end.
LONGEST_FIRST = (
    "tests/production/",
    "tests/faults/test_short_run",
    "tests/journeys/",
    "tests/webchat/test_bad_input",
    "tests/sandbox/desk/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next((rank for rank, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start)), len(LONGEST_FIRST))
    )


@pytest.fixture
def scenario(db: None) -> Scenario:
    """The demo's coffee shop. Its desk does not exist."""
    call_command("load_demo", domain="http://127.0.0.1:9/", account=1, inbox=7, token="token-of-the-bridge", secret="secret-of-the-inbox")
    return Scenario.objects.get(key="demo")


@pytest.fixture
def handoff(scenario: Scenario) -> Handoff:
    return scenario.handoffs.get()


@pytest.fixture
def sheet(handoff: Handoff, monkeypatch: pytest.MonkeyPatch) -> Sheet:
    """The shop's desk is on paper, and this is what lies on it."""
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, PaperDesk))
    monkeypatch.setattr(PaperDesk, "sheet", Sheet())
    Handoff.objects.filter(pk=handoff.pk).update(system="paper")
    return PaperDesk.sheet


@pytest.fixture
def conversation(scenario: Scenario) -> Conversation:
    return switchboard.begin(scenario, "http://testserver")[1]


@pytest.fixture
def says(conversation: Conversation) -> Callable[[str], Said]:
    """The visitor says something."""
    return lambda text: switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), text))
