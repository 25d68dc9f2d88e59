"""Who may open what, asked of every page the admin has. Generated from its registry, so that a page added later is asked too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse

from handoffs import switchboard
from handoffs.admin.own import OwnWorkspaces
from handoffs.models import (
    Block,
    Conversation,
    Delivery,
    Handoff,
    Membership,
    MessageTemplate,
    Receipt,
    Scenario,
    Workspace,
    workspaces_of,
)

Role = Membership.Role
# Everything that must not be seen by others has this in it.
TOKEN, SECRET, IDENTITY = "tok-never-shown-1234567890", "whsec-never-shown-0987654321", "ident-never-shown-5556667778"


def town(slug: str, word: str) -> Workspace:
    """A workspace full of rows whose names tell where they belong."""
    workspace = Workspace.objects.create(slug=slug, name=f"{word} Ltd")
    scenario = Scenario.objects.create(workspace=workspace, name=f"{word} scenario", key=f"{slug}-key", state="active")
    scenario.identity_secret = IDENTITY
    scenario.save()
    handoff = Handoff(scenario=scenario, name=f"{word} handoff", domain="https://chat.example/api/v1/", account_id=1, active=True)
    handoff.inbox_id, handoff.trouble = workspace.pk, f"{word} trouble"
    handoff.access_token, handoff.webhook_secret = TOKEN, SECRET
    handoff.save()
    template = MessageTemplate.objects.create(scenario=scenario, name=f"{word} message", when="welcome")
    Block.objects.create(template=template, kind="handover", handoff=handoff, text=f"{word} text")
    _, conversation = switchboard.begin(scenario, "https://www.example.com", {"user": {"name": f"{word} visitor"}})
    transfer = conversation.transfers.get()
    Delivery.objects.create(
        conversation=conversation, transfer=transfer, message=conversation.messages.first(), state="parked", last_error=f"{word} error"
    )
    Receipt.objects.create(handoff=handoff, raw=b"{}", meaning=f"{word}", signed=True, state="failed", error=f"{word} error")
    boss = User.objects.create_user(f"{word}-boss", password="x", is_staff=True)
    Membership.objects.create(user=boss, workspace=workspace, role=Role.ADMIN)
    return workspace


@pytest.fixture
def towns(db: None) -> tuple[Workspace, Workspace]:
    return town("mine", "Oursx"), town("theirs", "Strangex")


def client_for(kind: str, mine: Workspace, theirs: Workspace) -> Client:
    client = Client()
    if kind == "anonymous":
        return client
    user = User.objects.create_user(kind, password="x", is_staff=True, is_superuser=kind == "superuser")
    if kind in Role.values:
        Membership.objects.create(user=user, workspace=mine, role=kind)
    if kind == "stranger":
        Membership.objects.create(user=user, workspace=theirs, role=Role.ADMIN)
    client.force_login(user)
    return client


PEOPLE = ["anonymous", "nobody", "stranger", "viewer", "editor", "admin", "superuser"]


def rows_of(model: Any, workspace: Workspace) -> Any:
    page: Any = admin.site.get_model_admin(model)
    if isinstance(page, OwnWorkspaces):
        return model._default_manager.filter(**{page.workspace_path: workspace.pk}).first()
    return None


def pages(workspace: Workspace) -> Iterator[tuple[str, Any, str]]:
    """(name, ModelAdmin, address) of every page of the admin that can be addressed without or with one row."""
    for model, page in admin.site._registry.items():
        row = rows_of(model, workspace)
        for pattern in page.get_urls():
            if pattern.name and (address := address_of(pattern.name, row)):
                yield pattern.name, page, address


def address_of(name: str, row: Any) -> str:
    attempts: list[list[Any]] = [[], *([[row.pk]] if row is not None else [])]
    for args in attempts:
        try:
            return reverse(f"admin:{name}", args=args)
        except NoReverseMatch:
            continue
    return ""


def is_open(client: Client, address: str) -> bool:
    """A redirect to another page of the admin is an open door; to the login, or to the first page because the row is not there, it is not.

    A page that only takes POST says so to everybody (405); whether it takes one is asked by ``test_a_page_that_acts``.
    """
    answer = client.get(address)
    assert answer.status_code < 500, f"{address}: {answer.status_code}"
    where = answer.headers.get("Location", "")
    return answer.status_code in (200, 304, 400) or (answer.status_code == 302 and "login" not in where and where != reverse("admin:index"))


def least(name: str, page: Any) -> Membership.Role | None:
    """The role a page asks for by its own account; None where only superusers may."""
    if not isinstance(page, OwnWorkspaces):
        return None
    return page.least_for.get(name.removeprefix(f"{page.opts.app_label}_{page.opts.model_name}_"), default_for(name, page))


def default_for(name: str, page: OwnWorkspaces[Any]) -> Membership.Role:
    return page.least_to_view if name.endswith(("_changelist", "_change", "_history")) else page.least_to_change


RANK = {kind: place for place, kind in enumerate(["viewer", "editor", "admin"])}


def may(kind: str, needed: Membership.Role | None) -> bool:
    return kind == "superuser" or (needed is not None and kind in RANK and RANK[kind] >= RANK[str(needed)])


@pytest.mark.parametrize("kind", PEOPLE)
def test_every_page_opens_for_its_role_and_nobody_else(kind: str, towns: tuple[Workspace, Workspace]) -> None:
    mine, theirs = towns
    client, wrong = client_for(kind, mine, theirs), []
    for name, page, address in pages(mine):
        # A member of another workspace has lists of their own.
        if kind == "stranger" and not names_a_row(page, address, mine):
            continue
        opens, expected = is_open(client, address), may(kind, least(name, page))
        if opens and not expected:
            wrong.append(f"{name} opens for {kind}: {address}")
        if expected and not opens and name.endswith(("_changelist", "_change")):
            wrong.append(f"{name} is closed for {kind}: {address}")
    assert wrong == []


@pytest.mark.parametrize("kind", PEOPLE)
def test_a_page_that_acts_refuses_whoever_may_not(kind: str, towns: tuple[Workspace, Workspace]) -> None:
    """Nothing is sent along, so whoever may gets a form back or a complaint: only the refusals are of interest."""
    mine, theirs = towns
    client = client_for(kind, mine, theirs)
    for name, page, address in pages(mine):
        if names_a_row(page, address, mine) and not may(kind, least(name, page)):
            answer = client.post(address)
            refused = answer.status_code in (403, 404, 405) or answer.headers.get("Location", "").startswith(("/admin/login/", "/admin/?"))
            assert refused or answer.headers.get("Location") == reverse("admin:index"), (name, kind, answer.status_code)


def names_a_row(page: Any, address: str, workspace: Workspace) -> bool:
    row = rows_of(page.model, workspace)
    return row is not None and f"/{row.pk}/" in address


@pytest.mark.parametrize("kind", ["viewer", "editor", "admin"])
def test_no_page_shows_a_strangers_rows_or_a_secret(kind: str, towns: tuple[Workspace, Workspace]) -> None:
    mine, theirs = towns
    client = client_for(kind, mine, theirs)
    addresses = {address for _, _, address in pages(mine)} | {reverse("admin:index")}
    lists = {reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry}
    for address in addresses | {f"{each}?q=rangex" for each in lists}:
        body = client.get(address).content.decode(errors="replace")
        assert "Strangex" not in body, address
        for secret in (TOKEN, SECRET, IDENTITY):
            assert secret not in body, address


@pytest.mark.parametrize("kind", ["viewer", "editor", "admin"])
def test_a_strangers_row_is_not_there(kind: str, towns: tuple[Workspace, Workspace]) -> None:
    mine, theirs = towns
    client = client_for(kind, mine, theirs)
    found = {}
    for name, page, address in pages(theirs):
        row = rows_of(page.model, theirs)
        if row is not None and str(row.pk) in address:
            for method in (client.get, client.post):
                answer = method(address)
                assert answer.status_code in (302, 403, 404, 405), (name, address, answer.status_code)
                assert "Strangex" not in answer.content.decode()
            found[name] = address
    assert len(found) > 15
    assert Conversation.objects.filter(scenario__workspace=theirs).exists()


def test_roles_are_ordered(towns: tuple[Workspace, Workspace]) -> None:
    mine, theirs = towns
    client_for("editor", mine, theirs)
    editor = User.objects.get(username="editor")
    assert list(workspaces_of(editor)) == [mine] == list(workspaces_of(editor, Role.EDITOR))
    assert not workspaces_of(editor, Role.ADMIN).exists()
