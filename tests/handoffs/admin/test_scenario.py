from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from handoffs.models import Conversation, Scenario, Workspace

LIST = "/admin/handoffs/scenario/"


def typed(scenario: Scenario, **changes: Any) -> dict[str, Any]:
    """What the page of a stored scenario would send."""
    inline = {
        "TOTAL_FORMS": 1,
        "INITIAL_FORMS": 1,
        "0-scenario": scenario.pk,
        "0-title": "Chat",
        "0-bot_name": "Ada",
        "0-use_websockets": "on",
    }
    own = {"workspace": scenario.workspace_id, "name": scenario.name, "state": scenario.state, "key": scenario.key}
    return {**own, **{f"interface-{name}": value for name, value in inline.items()}, **changes}


def test_adding_a_scenario_leads_to_its_page_with_the_interface_settings(admin_client: Client, acme: Workspace) -> None:
    assert "interface-TOTAL_FORMS" not in admin_client.get(f"{LIST}add/").content.decode()
    added = admin_client.post(f"{LIST}add/", {"workspace": acme.pk, "name": "Juice", "state": "draft", "key": "juice"}, follow=True)
    body = added.content.decode()
    assert "Interface settings" in body and "Chatbot Controls" in body and "Use of WebSockets" in body
    assert Scenario.objects.get().interface.title == "Juice"


def test_the_page_shows_the_chat_page_and_the_embed_code(admin_client: Client, coffee: Scenario, settings: Any) -> None:
    settings.PUBLIC_URL = "https://chat.example.com"
    body = admin_client.get(f"{LIST}{coffee.pk}/change/").content.decode()
    assert 'href="/chat/coffee/"' in body
    code = '<script async src="https://chat.example.com/static/webchat/embed.js" data-scenario="coffee"></script>'
    assert escape(code) in body


def test_the_interface_settings_are_saved_with_the_scenario(admin_client: Client, coffee: Scenario) -> None:
    sent = typed(coffee, **{"interface-0-allowed_origins": "https://www.example.com\nhttp://localhost:5500"})
    del sent["interface-0-use_websockets"]
    assert admin_client.post(f"{LIST}{coffee.pk}/change/", sent).status_code == 302
    coffee.interface.refresh_from_db()
    assert not coffee.interface.use_websockets
    assert coffee.interface.origins() == ["https://www.example.com", "http://localhost:5500"]


@pytest.mark.parametrize(
    "bad", ["*", "www.example.com", "https://example.com/shop", "https://*.example.com", "https://a@b.example", "null"]
)
def test_a_website_that_is_no_origin_is_refused_in_words(admin_client: Client, coffee: Scenario, bad: str) -> None:
    body = admin_client.post(f"{LIST}{coffee.pk}/change/", typed(coffee, **{"interface-0-allowed_origins": bad})).content.decode()
    assert "is not an origin. Write it like https://www.example.com" in body


def test_a_scenario_with_conversations_is_not_deleted(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    assert "Make it a draft instead" in admin_client.get(f"{LIST}{coffee.pk}/delete/").content.decode()
    assert admin_client.post(f"{LIST}{coffee.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Scenario.objects.filter(pk=coffee.pk).exists()


def test_an_untouched_scenario_can_be_deleted_although_its_tiles_hold_its_handoff(
    admin_client: Client, coffee: Scenario, human: Any
) -> None:
    assert admin_client.post(f"{LIST}{coffee.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Scenario.objects.exists()


def test_the_host_name_of_a_workspace_is_one_label(admin_client: Client, db: None) -> None:
    response = admin_client.post("/admin/handoffs/workspace/add/", {"name": "Acme", "slug": "acme.example"})
    assert "Use lower-case letters, digits and hyphens" in response.content.decode()
    assert not Workspace.objects.exists()
