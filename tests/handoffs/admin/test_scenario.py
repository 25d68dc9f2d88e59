from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from handoffs.models import Conversation, Handoff, Membership, Scenario, Workspace
from tests.handoffs.admin.conftest import client_of, talk

LIST = "/admin/handoffs/scenario/"


@pytest.fixture
def colleague(acme: Workspace) -> Any:
    """A client of somebody who has this role at Acme."""

    def logged_in(role: str) -> Client:
        user = User.objects.create_user(role, password="x", is_staff=True)
        Membership.objects.create(user=user, workspace=acme, role=role)
        client = Client()
        client.force_login(user)
        return client

    return logged_in


def home(scenario: Scenario) -> str:
    return f"{LIST}{scenario.pk}/change/"


def typed(scenario: Scenario, **changes: Any) -> dict[str, Any]:
    """What the page of a stored scenario would send."""
    return {"name": scenario.name, "key": scenario.key, "edition": scenario.edition, **changes}


# --- A new one ----------------------------------------------------------------------------------------------------------------------------


def test_a_new_scenario_begins_as_a_draft_that_can_be_talked_to(admin_client: Client, acme: Workspace) -> None:
    added = admin_client.post(f"{LIST}add/", {"workspace": acme.pk, "name": "Juice"}, follow=True)
    juice = Scenario.objects.get()
    assert added.redirect_chain[-1][0] == home(juice)
    assert (juice.state, juice.interface.title, len(juice.key)) == ("draft", "Juice", 16)
    said = talk(juice, "mango?").messages.filter(author="bot").values_list("text", flat=True)
    assert [*said] == [
        "Hello! I am the assistant here. What can I do for you?",
        "I am sorry, I did not get that. Could you say it in other words?",
    ]


def test_who_has_one_workspace_need_not_choose_it(admin_client: Client, acme: Workspace) -> None:
    assert f'<option value="{acme.pk}" selected>' in admin_client.get(f"{LIST}add/").content.decode()


# --- Its home -----------------------------------------------------------------------------------------------------------------------------


def test_its_home_leads_to_all_of_its_sections(admin_client: Client, coffee: Scenario, human: Any) -> None:
    body = admin_client.get(home(coffee)).content.decode()
    for noun in ("messagetemplate", "handoff", "conversation"):
        assert f"/admin/handoffs/{noun}/?scenario__id__exact={coffee.pk}" in body
    for address in (f"interfacesettings/{coffee.pk}/change/", f"scenario/{coffee.pk}/preview/", f"scenario/{coffee.pk}/publish/"):
        assert f"/admin/handoffs/{address}" in body
    assert "1 message, 1 handover tile" in body and "0 active handoffs, 1 inactive" in body


def test_what_is_missing_stands_there_with_a_link(admin_client: Client, coffee: Scenario, human: Any, support: Handoff) -> None:
    body = admin_client.get(home(coffee)).content.decode()
    assert f'<a href="/admin/handoffs/messagetemplate/?scenario__id__exact={coffee.pk}">No message welcomes visitors.</a>' in body
    assert f'<a href="/admin/handoffs/handoff/{support.pk}/change/">“Human” hands over to “Support”, which is inactive.</a>' in body
    assert "3 to mend" in body


def test_the_switch_changes_the_state_and_warns_of_what_is_open(admin_client: Client, coffee: Scenario, human: Any) -> None:
    for state, words in (("draft", "is a draft"), ("active", "is active, although 3 things visitors will run into are still open")):
        for _ in range(2):
            body = admin_client.post(f"{LIST}{coffee.pk}/state/", {"state": state}, follow=True).content.decode()
            coffee.refresh_from_db()
            assert coffee.state == state and words in body
    assert admin_client.get(f"{LIST}{coffee.pk}/state/").status_code == 405


def test_name_and_key_are_saved_and_the_switch_is_left_alone(admin_client: Client, coffee: Scenario) -> None:
    Scenario.objects.filter(pk=coffee.pk).update(state="draft")
    assert admin_client.post(home(coffee), typed(coffee, name="Espresso", key="espresso")).status_code == 302
    coffee.refresh_from_db()
    assert (coffee.name, coffee.key, coffee.state, coffee.edition) == ("Espresso", "espresso", "draft", 1)


def test_a_lost_update_is_noticed_and_nothing_typed_is_lost(admin_client: Client, coffee: Scenario) -> None:
    mine = typed(coffee, name="Mine")
    admin_client.post(home(coffee), typed(coffee, name="Theirs"))
    refused = admin_client.post(home(coffee), mine).content.decode()
    assert "saved this after you had opened it" in refused and 'value="Mine"' in refused and 'name="edition" value="1"' in refused
    assert Scenario.objects.get().name == "Theirs"


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 302), ("admin", 302)])
def test_editors_change_and_viewers_look(colleague: Any, coffee: Scenario, role: str, status: int) -> None:
    client = colleague(role)
    body = client.get(home(coffee)).content.decode()
    assert ("state/" in body) is (role != "viewer")
    for address in ("state/", "duplicate/"):
        assert client.post(f"{LIST}{coffee.pk}/{address}", {"state": "draft"}).status_code == status
    assert client.post(home(coffee), typed(coffee)).status_code == status


@pytest.mark.parametrize("address", ["change/", "export/", "publish/", "state/", "duplicate/"])
def test_another_workspaces_scenario_is_not_there(colleague: Any, address: str) -> None:
    elsewhere = Workspace.objects.create(slug="globex", name="Globex")
    secret = Scenario.objects.create(workspace=elsewhere, name="Secret plans", key="secret")
    client = colleague("admin")
    ask = client.post if address in ("state/", "duplicate/") else client.get
    answer = ask(f"{LIST}{secret.pk}/{address}")
    assert answer.status_code == 404 or (answer.status_code == 302 and answer.headers["Location"] == "/admin/")
    for page in (LIST, "/admin/", f"{LIST}import/", f"{LIST}add/"):
        assert "Secret plans" not in client.get(page).content.decode() and "Globex" not in client.get(page).content.decode()


# --- The list, and the first page ---------------------------------------------------------------------------------------------------------


def test_the_list_says_how_each_is_doing(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    talk(coffee, "hi")
    body = " ".join(admin_client.get(LIST).content.decode().split())
    assert (
        "<dt>With humans now</dt><dd>1</dd>" in body
        and "<dt>Messages</dt><dd>1</dd>" in body
        and "<dt>Active handoffs</dt><dd>1</dd>" in body
    )
    assert "Last visitor" in body and "Acme" in body


def test_previews_are_not_counted_as_conversations(admin_client: Client, waiting: Conversation) -> None:
    Conversation.objects.update(desk="real")
    body = admin_client.get(LIST).content.decode()
    assert "<dt>With humans now</dt><dd>0</dd>" in body and "No visitors yet" in body


@pytest.mark.parametrize("address", [LIST, "/admin/"])
def test_the_number_of_queries_does_not_grow_with_the_scenarios(
    admin_client: Client, coffee: Scenario, waiting: Conversation, address: str
) -> None:
    admin_client.get(address)
    with CaptureQueriesContext(connection) as few:
        admin_client.get(address)
    for number in range(5):
        more = Scenario.objects.create(workspace=coffee.workspace, name=f"Tea {number}", state="active")
        talk(more, "hello")
    with CaptureQueriesContext(connection) as many:
        admin_client.get(address)
    assert len(many) == len(few)


def test_the_queries_of_a_home_do_not_grow_with_its_messages(admin_client: Client, coffee: Scenario, human: Any) -> None:
    admin_client.get(home(coffee))
    with CaptureQueriesContext(connection) as few:
        admin_client.get(home(coffee))
    for number in range(5):
        coffee.templates.create(name=f"M{number}", phrases=f"m{number}").blocks.create(kind="text", text="x")
    with CaptureQueriesContext(connection) as many:
        admin_client.get(home(coffee))
    assert len(many) == len(few)


def test_where_there_is_none_the_first_page_says_what_to_do(admin_client: Client, db: None) -> None:
    assert "/admin/handoffs/workspace/add/" in admin_client.get("/admin/").content.decode().partition("There is no scenario yet.")[2]
    Workspace.objects.create(slug="acme", name="Acme")
    body = admin_client.get("/admin/").content.decode()
    assert "There is no scenario yet. A new one begins with a welcome" in body and "/admin/handoffs/scenario/add/" in body


# --- Deleting -----------------------------------------------------------------------------------------------------------------------------


def test_a_scenario_with_conversations_is_not_deleted(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    assert "Make it a draft instead" in admin_client.get(f"{LIST}{coffee.pk}/delete/").content.decode()
    assert admin_client.post(f"{LIST}{coffee.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Scenario.objects.filter(pk=coffee.pk).exists()


def test_a_draft_with_conversations_says_where_they_are(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    Scenario.objects.filter(pk=coffee.pk).update(state="draft")
    body = admin_client.get(f"{LIST}{coffee.pk}/delete/").content.decode()
    assert "Make it a draft" not in body and f"/admin/handoffs/conversation/?scenario__id__exact={coffee.pk}" in body


def test_what_was_said_in_previews_keeps_no_scenario(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    Conversation.objects.update(desk="rehearsal")
    assert "Are you sure" in admin_client.get(f"{LIST}{coffee.pk}/delete/").content.decode()
    assert admin_client.post(f"{LIST}{coffee.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Scenario.objects.filter(pk=coffee.pk).exists() and not Conversation.objects.exists()


def test_a_preview_in_which_a_real_agent_waits_keeps_its_scenario(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    Conversation.objects.update(desk="real")
    body = admin_client.get(f"{LIST}{coffee.pk}/delete/").content.decode()
    assert "with humans now: 1" in body
    assert admin_client.post(f"{LIST}{coffee.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_editor_is_told_why_a_scenario_with_a_handoff_is_not_theirs_to_delete(coffee: Scenario, support: Handoff) -> None:
    assert "only admins of the workspace may delete those" in client_of("editor").get(f"{LIST}{coffee.pk}/delete/").content.decode()


@pytest.mark.parametrize(("desk", "status"), [("rehearsal", 302), ("live", 403)])
def test_a_workspace_goes_with_its_scenarios_unless_a_visitor_spoke(
    admin_client: Client, acme: Workspace, waiting: Conversation, desk: str, status: int
) -> None:
    Conversation.objects.update(desk=desk)
    assert admin_client.post(f"/admin/handoffs/workspace/{acme.pk}/delete/", {"post": "yes"}).status_code == status
    assert Workspace.objects.filter(pk=acme.pk).exists() == (status == 403)


def test_an_untouched_scenario_can_be_deleted_although_its_tiles_hold_its_handoff(
    admin_client: Client, coffee: Scenario, human: Any
) -> None:
    assert admin_client.post(f"{LIST}{coffee.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Scenario.objects.exists()


def test_the_host_name_of_a_workspace_is_one_label(admin_client: Client, db: None) -> None:
    response = admin_client.post("/admin/handoffs/workspace/add/", {"name": "Acme", "slug": "acme.example"})
    assert "Use lower-case letters, digits and hyphens" in response.content.decode()
    assert not Workspace.objects.exists()
