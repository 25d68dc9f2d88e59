from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from handoffs.models import Conversation, Delivery, Handoff, Receipt, Scenario, Workspace
from tests.handoffs.admin.conftest import client_of

NOUNS = ["workspace", "membership", "scenario", "messagetemplate", "handoff", "conversation", "delivery", "receipt"]
# Data is no script: nothing runs it.
INLINE = re.compile(r"<style|<script(?![^>]*\b(?:src=|type=.application/json))|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


def test_the_menu_stands_in_the_order_in_which_one_sets_things_up(admin_client: Client) -> None:
    response = admin_client.get("/admin/")
    assert "Handoff" in response.content.decode()
    first = response.context["app_list"][0]
    assert [model["object_name"].lower() for model in first["models"]] == NOUNS


@pytest.mark.parametrize(
    "path", ["", "login/", "password_change/", "handoffs/", *(f"handoffs/{noun}/" for noun in NOUNS), "auth/user/add/"]
)
def test_no_page_needs_inline_scripts_or_styles(admin_client: Client, waiting: Conversation, path: str) -> None:
    response = admin_client.get(f"/admin/{path}", follow=True)
    assert response.status_code == 200
    assert not INLINE.findall(response.content.decode())
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "style-src 'self'" in policy and "unsafe" not in policy


@pytest.mark.parametrize("noun", NOUNS)
def test_no_form_needs_inline_scripts_or_styles(admin_client: Client, waiting: Conversation, noun: str) -> None:
    links = re.findall(rf'href="(/admin/handoffs/{noun}/[^/"]+/change/)', admin_client.get(f"/admin/handoffs/{noun}/").content.decode())
    for path in [*links[:1], f"/admin/handoffs/{noun}/add/?scenario={waiting.scenario_id}"]:
        assert not INLINE.findall(admin_client.get(path).content.decode())


def test_the_first_page_says_what_wants_looking_after(admin_client: Client, waiting: Conversation, support: Handoff) -> None:
    assert "Wants looking after" not in admin_client.get("/admin/").content.decode()
    support.rest(timedelta(minutes=5), "Chatwoot refused the token (401).")
    Delivery.objects.update(state="parked")
    Receipt.objects.create(handoff=support, raw=b"{}", signed=True, state="failed")
    body = admin_client.get("/admin/").content.decode()
    assert "Support: Chatwoot refused the token (401)." in body
    assert (
        "Deliveries that a desk refused in the last 7 days: 2" in body
        and "Receipts that could not be applied in the last 7 days: 1" in body
    )


def test_the_first_page_says_only_what_its_reader_may_see(support: Handoff) -> None:
    support.rest(timedelta(minutes=5), "Chatwoot refused the token (401).")
    elsewhere = Workspace.objects.create(slug="elsewhere", name="Elsewhere")
    assert "refused the token" not in client_of("admin", elsewhere).get("/admin/").content.decode()


# --- What is shown instead of a page ------------------------------------------------------------------------------------------------------


def test_what_is_too_large_is_told_what_to_do(admin_client: Client, scenario: Scenario) -> None:
    answer = admin_client.post(f"/admin/handoffs/messagetemplate/add/?scenario={scenario.pk}", {"name": "x" * 10_000_000})
    assert answer.status_code == 400 and "what you typed is still there" in answer.content.decode()


def test_what_is_not_there_says_so(admin_client: Client) -> None:
    answer = admin_client.get("/admin/nothing/here/")
    assert answer.status_code == 404 and "Nothing is here" in answer.content.decode()


def test_a_page_from_before_the_login_says_what_to_do(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "admin"})
    assert answer.status_code == 403 and "load the page again" in answer.content.decode()


def test_what_breaks_says_that_nothing_saved_is_lost(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("broken for this test")

    monkeypatch.setattr("handoffs.admin.site.concerns", broken)
    client = Client(raise_request_exception=False)
    client.cookies = admin_client.cookies
    answer = client.get("/admin/")
    assert answer.status_code == 500 and "What was saved before is not lost" in answer.content.decode()


def test_no_row_leads_to_its_page_on_the_site_without_a_look_at_roles(admin_client: Client) -> None:
    assert admin_client.get("/admin/r/9/2/").status_code == 404
