"""Who belongs to a workspace, by whom they are let in, and that somebody always can."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from handoffs.admin.site import HandoffAdminSite
from handoffs.models import Membership, Scenario, Workspace
from tests.handoffs.admin.conftest import client_of
from tests.racing import at_once

LIST = "/admin/handoffs/membership/"
PASSWORD = "correct horse battery"
Role = Membership.Role


@pytest.fixture
def boss(acme: Workspace) -> Client:
    """Acme's only admin: Bob."""
    return client_of("admin")


@pytest.fixture
def elsewhere(db: None) -> Membership:
    user = User.objects.create_user("zoe", password=PASSWORD, is_staff=True)
    return Membership.objects.create(user=user, workspace=Workspace.objects.create(slug="other", name="Other"), role=Role.ADMIN)


def invite(client: Client, name: str, password: str = PASSWORD, role: str = "editor", slug: str = "acme") -> Any:
    workspace = Workspace.objects.get(slug=slug).pk
    return client.post(f"{LIST}add/", {"workspace": workspace, "username": name, "password": password, "role": role})


def page_of(membership: Membership) -> str:
    return f"{LIST}{membership.pk}/change/"


def errors_of(answer: Any, field: str) -> str:
    return " ".join(answer.context["adminform"].form.errors.get(field, []))


# --- Inviting -----------------------------------------------------------------------------------------------------------------------------


def test_somebody_new_gets_in_with_what_the_admin_gave(boss: Client, coffee: Scenario) -> None:
    assert invite(boss, "vera", role="viewer").status_code == 302
    vera = User.objects.get(username="vera")
    assert (vera.is_staff, vera.is_superuser, vera.user_permissions.count()) == (True, False, 0)
    client = Client()
    assert client.login(username="vera", password=PASSWORD)
    assert "Coffee" in client.get("/admin/").content.decode()
    assert client.get("/admin/handoffs/scenario/add/").status_code == 403


def test_who_is_admin_of_one_workspace_need_not_choose_it(boss: Client, acme: Workspace, elsewhere: Membership) -> None:
    assert f'<option value="{acme.pk}" selected>' in boss.get(f"{LIST}add/").content.decode()


def test_who_has_a_login_is_added_by_their_exact_name_and_keeps_their_password(boss: Client, elsewhere: Membership) -> None:
    assert invite(boss, "zoe", password="").status_code == 302
    assert elsewhere.user.memberships.count() == 2
    assert Client().login(username="zoe", password=PASSWORD)


@pytest.mark.parametrize(
    ("name", "password", "field", "complaint"),
    [
        ("zoe", PASSWORD, "username", "Somebody has this name already"),
        ("Zoe", "", "username", "Somebody is called “zoe” here"),
        ("ZOE", PASSWORD, "username", "Somebody is called “zoe” here"),
        ("bob", "", "username", "They have a role in this workspace already"),
        ("vera", "", "password", "they need a first password"),
        ("vera", "vera1", "password", "too short"),
        ("vera", "12345678901", "password", "entirely numeric"),
        ("vera vera!", PASSWORD, "username", "Enter a valid username"),
        ("v" * 200, PASSWORD, "username", "at most 150"),
        ("ve\x00ra", PASSWORD, "username", "Null characters"),
        ("", PASSWORD, "username", "required"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    boss: Client, elsewhere: Membership, name: str, password: str, field: str, complaint: str
) -> None:
    before = User.objects.count()
    assert complaint in errors_of(invite(boss, name, password), field)
    assert (User.objects.count(), Membership.objects.count()) == (before, 2)


def test_a_password_is_never_shown_again(boss: Client) -> None:
    assert PASSWORD not in invite(boss, "vera vera!").content.decode()


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_only_admins_see_people(acme: Workspace, role: str) -> None:
    client = client_of(role)
    assert client.get(LIST).status_code == client.get(f"{LIST}add/").status_code == invite(client, "vera").status_code == 403
    assert not User.objects.filter(username="vera").exists()


def test_an_admin_lets_nobody_into_another_workspace_and_sees_nobody_there(boss: Client, elsewhere: Membership) -> None:
    assert errors_of(invite(boss, "vera", slug="other"), "workspace")
    assert "zoe" not in boss.get(LIST).content.decode()
    assert boss.get(page_of(elsewhere)).status_code == 302
    boss.post(page_of(elsewhere), {"role": "viewer"})
    boss.post(f"{LIST}{elsewhere.pk}/delete/", {"post": "yes"})
    elsewhere.refresh_from_db()
    assert elsewhere.role == Role.ADMIN and not User.objects.filter(username="vera").exists()


# --- Roles --------------------------------------------------------------------------------------------------------------------------------


def test_a_role_is_changed_and_nothing_else(boss: Client, acme: Workspace, elsewhere: Membership) -> None:
    invite(boss, "vera", role="viewer")
    vera = Membership.objects.get(user__username="vera")
    answer = boss.post(page_of(vera), {"role": "editor", "workspace": elsewhere.workspace_id, "user": elsewhere.user_id})
    assert answer.status_code == 302
    vera.refresh_from_db()
    assert (vera.role, vera.workspace, vera.user.username) == ("editor", acme, "vera")


@pytest.mark.parametrize("role", ["owner", "", "superuser", "\x00"])
def test_a_role_that_is_none_is_refused(boss: Client, role: str) -> None:
    assert errors_of(boss.post(page_of(Membership.objects.get()), {"role": role}), "role")


def test_the_last_admin_can_neither_be_lowered_nor_removed(boss: Client) -> None:
    own = Membership.objects.get()
    assert "last admin" in errors_of(boss.post(page_of(own), {"role": "viewer"}), "role")
    told = boss.post(f"{LIST}{own.pk}/delete/", {"post": "yes"}, follow=True).content.decode()
    assert "last admin" in told
    boss.post(LIST, {"action": "delete_selected", "_selected_action": [own.pk], "post": "yes"})
    own.refresh_from_db()
    assert own.role == Role.ADMIN


def test_with_a_second_admin_the_first_may_go(boss: Client) -> None:
    own = Membership.objects.get()
    invite(boss, "vera", role="admin")
    assert boss.post(f"{LIST}{own.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Membership.objects.get().user.username == "vera"
    assert boss.get("/admin/handoffs/scenario/").status_code == 403


@pytest.mark.parametrize("round", range(5))
@pytest.mark.django_db(transaction=True)
def test_two_admins_who_lower_each_other_at_once_leave_one(acme: Workspace, round: int) -> None:
    bob = client_of("admin")
    invite(bob, "vera", role="admin")
    vera = Client()
    vera.force_login(User.objects.get(username="vera"))
    of = {each.user.username: each for each in Membership.objects.select_related("user")}
    at_once(
        partial(bob.post, page_of(of["vera"]), {"role": "viewer"}),
        partial(vera.post, page_of(of["bob"]), {"role": "viewer"}),
    )
    assert Membership.objects.filter(role=Role.ADMIN).count() == 1


# --- Everybody ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["admin", "editor", "viewer"])
def test_everybody_may_change_their_own_password(acme: Workspace, role: str) -> None:
    client = client_of(role)
    assert 'href="/admin/password_change/"' in client.get("/admin/").content.decode()
    told = {"old_password": "bob", "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert client.post("/admin/password_change/", told).status_code == 302
    assert Client().login(username="bob", password=PASSWORD)


def test_who_has_a_login_and_no_role_is_told_what_to_do(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nora", is_staff=True))
    body = client.get("/admin/").content.decode()
    assert "Ask an admin of your workspace" in body and "“nora”" in body and "Scenarios" not in body


def test_there_are_no_groups(admin_client: Client) -> None:
    site = HandoffAdminSite()
    site.register(Group)
    site.register([Group])
    assert not site.is_registered(Group)
    assert "/auth/group/" not in admin_client.get("/admin/").content.decode()


def test_only_superusers_see_users(boss: Client, admin_client: Client) -> None:
    assert "/auth/user/" not in boss.get("/admin/").content.decode()
    assert boss.get("/admin/auth/user/").status_code == 403
    assert admin_client.get("/admin/auth/user/").status_code == 200
