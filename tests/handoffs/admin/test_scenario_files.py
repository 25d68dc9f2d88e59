"""Duplicate, export and import, through their doors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from handoffs.models import Block, Handoff, Membership, MessageTemplate, Picture, Scenario, Workspace
from tests import corpus
from tests.handoffs.admin.conftest import SECRET, TOKEN

DOOR = "/admin/handoffs/scenario/import/"
TABLES = (Scenario, MessageTemplate, Block, Handoff, Picture)


def client_with(role: str, *workspaces: Workspace) -> Client:
    user = User.objects.create_user(f"{role}-of-{len(workspaces)}", password="x", is_staff=True)
    for workspace in workspaces:
        Membership.objects.create(user=user, workspace=workspace, role=role)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def export(client: Client, scenario: Scenario) -> bytes:
    answer = client.get(f"/admin/handoffs/scenario/{scenario.pk}/export/")
    assert answer.headers["Content-Type"] == "application/json" and "attachment" in answer.headers["Content-Disposition"]
    return answer.content


def bring(client: Client, workspace: Workspace, raw: bytes) -> Any:
    return client.post(DOOR, {"workspace": workspace.pk, "file": SimpleUploadedFile("a.json", raw)}, follow=True)


def counts() -> list[int]:
    return [table._default_manager.count() for table in TABLES]


def test_an_exported_scenario_is_imported_as_a_draft(admin_client: Client, coffee: Scenario, human: Any, tea: Scenario) -> None:
    raw = export(admin_client, coffee)
    assert TOKEN.encode() not in raw and SECRET.encode() not in raw
    body = bring(admin_client, coffee.workspace, raw).content.decode()
    assert "“Coffee” was imported. This one is a draft. Its handoffs are inactive: each needs its access token first." in body
    assert "“Human” hands over to “Support”, which needs its access token." in body
    again = Scenario.objects.latest("pk")
    assert (again.name, again.state, again.handoffs.get().active) == ("Coffee", "draft", False)
    assert export(admin_client, again) == raw


def test_a_copy_stands_beside_the_first(admin_client: Client, coffee: Scenario, human: Any) -> None:
    body = admin_client.post(f"/admin/handoffs/scenario/{coffee.pk}/duplicate/", follow=True).content.decode()
    assert "“Coffee” was duplicated." in body
    copy = Scenario.objects.get(name="Coffee (copy)")
    assert (copy.workspace, copy.state, copy.templates.get().name) == (coffee.workspace, "draft", "Human")
    assert copy.templates.get().blocks.get().handoff == copy.handoffs.get() != coffee.handoffs.get()


def test_an_editor_gets_it_without_its_handoffs_and_is_told(acme: Workspace, coffee: Scenario, human: Any) -> None:
    editor = client_with("editor", acme)
    body = bring(editor, acme, export(editor, coffee)).content.decode()
    assert "Its handoffs were left out, because only admins of the workspace may add some" in body
    assert not Scenario.objects.latest("pk").handoffs.exists()


def test_it_is_imported_only_where_one_may_edit(acme: Workspace, coffee: Scenario) -> None:
    elsewhere = Workspace.objects.create(slug="globex", name="Globex")
    raw = export(client_with("viewer", acme), coffee)
    assert client_with("viewer", acme, elsewhere).get(DOOR).status_code == 403
    body = bring(client_with("admin", acme), elsewhere, raw).content.decode()
    assert "Select a valid choice" in body and not elsewhere.scenarios.exists()


def test_a_bad_file_is_refused_beside_its_field_and_nothing_is_kept(admin_client: Client, coffee: Scenario, human: Any) -> None:
    file = json.loads(export(admin_client, coffee))
    file["messages"][0]["tiles"][0]["endings"] = {"resolved": {"leads_to": "Foo"}}
    before = counts()
    body = bring(admin_client, coffee.workspace, json.dumps(file).encode()).content.decode()
    assert "messages[0].tiles[0].endings.resolved.leads_to: there is no message “Foo”" in body
    assert counts() == before


@pytest.mark.parametrize("sent", [{}, {"file": "text"}, {"workspace": "x"}, {"workspace": "\x00"}, {"workspace": "9" * 5000}])
def test_a_door_without_a_file_says_so(admin_client: Client, coffee: Scenario, sent: dict[str, str]) -> None:
    answer = admin_client.post(DOOR, sent)
    assert answer.status_code == 200 and "This field is required." in answer.content.decode()


def test_no_body_makes_the_door_fail(acme: Workspace, coffee: Scenario) -> None:
    admin = client_with("admin", acme)
    before = counts()
    answers = {name: bring(admin, acme, raw) for name, raw in corpus.BAD_BODIES.items()}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 200} == {}
    assert [
        name for name, answer in answers.items() if not re.search(r"errorlist.*?(file|File|empty)", answer.content.decode(), re.S)
    ] == []
    assert counts() == before


def test_no_place_of_a_file_makes_the_door_fail(acme: Workspace, coffee: Scenario, human: Any) -> None:
    """All of it is tried in tests/handoffs/test_portable.py; here what the door makes of one kind of each."""
    admin = client_with("admin", acme)
    good = json.loads(export(admin, coffee))
    good.pop("interface")
    kinds = ("NUL", "half a character", "NaN", "2^70", "a list of lists", "duplicate keys", "1 MB", "objects 10,000 deep")
    tries = [
        (f"{place} {kind}", corpus.with_raw(good, place, corpus.BAD[kind]).encode("utf-8", "surrogatepass"))
        for place in corpus.places(good, [])[::3]
        for kind in kinds
    ]
    bad = {tried: bring(admin, acme, raw).status_code for tried, raw in tries}
    assert {tried: status for tried, status in bad.items() if status != 200} == {}
