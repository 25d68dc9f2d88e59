"""The cards, Connect, Test connection and Set it up for me."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from handoffs import hookup, inbox
from handoffs.admin.handoff import HandoffAdmin
from handoffs.models import Handoff, Membership, Scenario, Workspace
from handoffs.providers import registry
from handoffs.providers.base import Outgoing, Unavailable
from tests.handoffs.admin.conftest import SECRET, TOKEN, make_handoff
from tests.paper import PaperDesk, Sheet

LIST = "/admin/handoffs/handoff/"
ADD = f"{LIST}add/"
KEY = "brass-key"


def page_of(handoff: Handoff) -> str:
    return f"{LIST}{handoff.pk}/change/"


def member(workspace: Workspace, role: str) -> Client:
    user = User.objects.create_user(f"{role}-{uuid.uuid4().hex[:5]}", password="x", is_staff=True)
    Membership.objects.create(user=user, workspace=workspace, role=role)
    client = Client()
    client.force_login(user)
    return client


def typed(**more: Any) -> dict[str, Any]:
    """By a page that was loaded just now."""
    edition = Handoff.objects.values_list("edition", flat=True).first() or 0
    kept = {"name": "Support", "system": "paper", "domain": "paper://desk", "account_id": 1, "after_end": "bot", "edition": edition}
    return {**kept, **more}


@pytest.fixture
def office(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sheet]:
    """A desk on paper, tray 7 of which is ready."""
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, PaperDesk))
    monkeypatch.setattr(PaperDesk, "sheet", Sheet())
    monkeypatch.setattr(hookup, "PATIENCE", 0.2)
    PaperDesk.sheet.key, PaperDesk.sheet.trays = KEY, {7}
    yield PaperDesk.sheet


def comes_round(sheet: Sheet) -> None:
    """Whatever is put on the desk comes back to our door."""

    def copy(outgoing: Outgoing) -> None:
        handoff = Handoff.objects.get(probe_key=outgoing.key)
        raw = json.dumps({"tray": handoff.inbox_id, "thread": "thread-1", "ours": outgoing.key, "id": 1}).encode()
        inbox.store(handoff, raw, signed=True, delivery_id="")

    sheet.after = copy


def states(response: Any) -> dict[str, str]:
    return {step["name"]: step["state"] for step in response.context["result"]["steps"]}


# --- Cards --------------------------------------------------------------------------------------------------------------------------------


def test_a_card_tells_what_it_is_and_how_it_is(admin_client: Client, support: Handoff) -> None:
    Handoff.objects.filter(pk=support.pk).update(inbox_name="Website", active=True)
    body = admin_client.get(LIST).content.decode()
    for words in ("Support", "chat.acme.test", "“Website” (inbox 7 of account 1)", "Nothing was sent yet.", "never"):
        assert words in body


@pytest.mark.parametrize(
    ("changes", "look", "says"),
    [
        ({"trouble": "The token is wrong."}, "bad", "The token is wrong."),
        ({"polling_only_since": timezone.now()}, "warn", "No webhooks come back"),
        ({"probe_seen_at": timezone.now(), "webhook_secret_sealed": ""}, "warn", "not signed"),
        ({"probe_seen_at": timezone.now()}, "good", ""),
        ({}, "good", "Nothing was sent yet."),
        ({"active": False}, "quiet", ""),
        ({"active": False, "inbox_id": 0}, "quiet", "It has no inbox yet."),
    ],
)
def test_the_state_of_a_card_has_its_reason_in_words(
    admin_client: Client, support: Handoff, changes: dict[str, Any], look: str, says: str
) -> None:
    Handoff.objects.filter(pk=support.pk).update(**{"active": True, **changes})
    (card,) = admin_client.get(LIST).context["cards"]
    assert card["state"].look == look and says in " ".join(card["state"].reasons)


def test_no_scenario_is_changed_or_deleted_from_beside_a_field(admin_client: Client, coffee: Scenario) -> None:
    body = admin_client.get(f"/admin/handoffs/handoff/add/?scenario={coffee.pk}").content.decode()
    assert 'name="scenario"' in body and "related-widget-wrapper-link" not in body


def test_the_pretend_desk_of_preview_is_no_card(admin_client: Client, support: Handoff) -> None:
    Handoff.objects.filter(pk=support.pk).update(rehearsal=True)
    assert admin_client.get(LIST).context["cards"] == []
    assert admin_client.get(page_of(support)).status_code == 302


def test_many_cards_take_no_more_queries_than_one(admin_client: Client, coffee: Scenario) -> None:
    counts = []
    for number in range(1, 8):
        make_handoff(coffee, f"Support {number}", inbox=number)
        if number in (1, 7):
            with CaptureQueriesContext(connection) as asked:
                admin_client.get(f"{LIST}?scenario__id__exact={coffee.pk}")
            counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_is_no_admin_sees_cards_without_switches_and_looks_at_no_desk(
    office: Sheet, acme: Workspace, support: Handoff, role: str
) -> None:
    client = member(acme, role)
    body = client.get(LIST).content.decode()
    assert "Support" in body and "Create New Handoff" not in body and 'role="switch"' not in body
    page = client.get(page_of(support)).content.decode()
    assert "Test connection" not in page and TOKEN not in page and SECRET not in page
    for press in ("_connect", "_test", "_setup"):
        assert client.post(page_of(support), typed(**{press: "1"})).status_code == 403
        assert client.post(ADD, typed(**{press: "1"})).status_code == 403
    assert office.requests == []


def test_an_admin_of_another_workspace_finds_nothing(acme: Workspace, support: Handoff) -> None:
    stranger = member(Workspace.objects.create(slug="other", name="Other"), "admin")
    assert stranger.get(LIST).context["cards"] == []
    assert stranger.post(page_of(support), typed(_test="1")).status_code == 404
    assert stranger.post(f"{LIST}{support.pk}/switch/", {"on": "1"}).status_code == 404


# --- Connect and Test connection ----------------------------------------------------------------------------------------------------------


def test_connect_lists_places_by_name_from_what_is_typed_and_stores_nothing(admin_client: Client, office: Sheet) -> None:
    response = admin_client.post(ADD, typed(account_id="", access_token=KEY, _connect="1"))
    body = response.content.decode()
    assert "The office" in body and "Tray 7" in body and KEY not in body and Handoff.objects.count() == 0


def test_what_is_picked_by_name_fills_the_fields_without_any_script(admin_client: Client, office: Sheet, coffee: Scenario) -> None:
    admin_client.post(ADD, typed(scenario=coffee.pk, account_id="", access_token=KEY, pick="1:7:Tray 7"))
    handoff = Handoff.objects.get()
    assert (handoff.account_id, handoff.inbox_id, handoff.inbox_name) == (1, 7, "Tray 7")


def test_a_pasted_address_fills_the_fields_without_any_script(admin_client: Client, coffee: Scenario) -> None:
    pasted = "https://chat.acme.test/app/accounts/3/settings/inboxes/9"
    admin_client.post(ADD, typed(scenario=coffee.pk, system="chatwoot", account_id="", domain=pasted, access_token=TOKEN))
    handoff = Handoff.objects.get()
    assert (handoff.domain, handoff.account_id, handoff.inbox_id) == ("https://chat.acme.test/api/v1/", 3, 9)


def test_a_test_tells_what_is_wrong_with_what_is_typed(admin_client: Client, office: Sheet) -> None:
    good = admin_client.post(ADD, typed(inbox_id=7, access_token=KEY, _test="1"))
    bad = admin_client.post(ADD, typed(inbox_id=7, access_token="wrong", _test="1"))
    assert states(good) == {"Key": "good"} and states(bad) == {"Key": "bad"}
    assert "Ask the porter" in bad.content.decode() and Handoff.objects.count() == 0


def test_the_stored_token_goes_to_no_other_host(admin_client: Client, support: Handoff, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(registry, "connect", lambda *told: asked.append(told))
    for press in ("_connect", "_test"):
        moved = typed(system="chatwoot", domain="https://evil.test", inbox_id=7, **{press: "1"})
        response = admin_client.post(page_of(support), moved)
        assert "type the token again" in response.content.decode()
    assert asked == []


@pytest.mark.parametrize("bad", ["\x00", "x" * 100_000, "[]", "🦊"])
def test_whatever_is_typed_a_test_answers_in_words(admin_client: Client, office: Sheet, bad: str) -> None:
    for field in ("domain", "account_id", "inbox_id", "access_token", "key", "system", "pick"):
        response = admin_client.post(ADD, typed(**{"inbox_id": 7, "access_token": KEY, "_test": "1", field: bad}))
        assert response.status_code == 200 and response.context["result"]["steps"]


# --- Set it up for me ---------------------------------------------------------------------------------------------------------------------


def set_up(client: Client, path: str, **more: Any) -> Any:
    return client.post(path, typed(access_token=KEY, **{"_setup": "1", **more}), follow=True)


@pytest.fixture
def shelf(coffee: Scenario, office: Sheet) -> Handoff:
    """A handoff without a tray yet."""
    handoff = Handoff(scenario=coffee, name="Support", system="paper", domain="paper://desk", account_id=1)
    handoff.access_token = KEY
    handoff.save()
    return handoff


def test_a_new_handoff_is_stored_set_up_and_proven_and_a_second_press_makes_no_second_one(
    admin_client: Client, office: Sheet, coffee: Scenario
) -> None:
    comes_round(office)
    key = str(uuid.uuid4())
    for _ in range(2):
        response = set_up(admin_client, ADD, scenario=coffee.pk, key=key)
        assert states(response) == {"Copies": "good", "Message out": "good", "Webhook back": "good", "Tidying up": "good"}
    handoff = Handoff.objects.get()
    assert (handoff.inbox_id, handoff.inbox_name, handoff.webhook_secret) == (8, "Tray 8", "wax")
    assert office.copies_to == {8: handoff.webhook_url()} and office.threads == {}
    assert admin_client.get(page_of(handoff)).context["result"] is None


def test_a_new_form_that_was_stored_this_moment_is_not_stored_again(
    admin_client: Client, shelf: Handoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both presses looked before either had stored it."""
    really, looks = HandoffAdmin._already_there, iter([False])

    def too_early(self: HandoffAdmin, request: HttpRequest) -> str | None:
        return really(self, request) if next(looks, True) else None

    monkeypatch.setattr(HandoffAdmin, "_already_there", too_early)
    answer = admin_client.post(ADD, typed(access_token=KEY, scenario=shelf.scenario_id, key=str(shelf.pk)))
    assert (answer.status_code, answer["Location"]) == (302, page_of(shelf))
    assert Handoff.objects.count() == 1


def test_a_new_form_with_the_key_of_what_is_nobodys_to_change_is_refused(admin_client: Client, shelf: Handoff) -> None:
    Handoff.objects.filter(pk=shelf.pk).update(rehearsal=True)
    assert admin_client.post(ADD, typed(access_token=KEY, scenario=shelf.scenario_id, key=str(shelf.pk))).status_code == 400


def test_a_probe_that_does_not_come_back_is_said_and_cleaned_up(admin_client: Client, office: Sheet, shelf: Handoff) -> None:
    response = set_up(admin_client, page_of(shelf))
    assert states(response)["Webhook back"] == "bad" and states(response)["Tidying up"] == "good"
    assert office.threads == {}


def test_a_probe_that_cannot_be_sent_is_cleaned_up_too(admin_client: Client, office: Sheet, shelf: Handoff) -> None:
    def down(outgoing: Outgoing) -> None:
        raise Unavailable("The desk is down.")

    office.before = down
    response = set_up(admin_client, page_of(shelf))
    assert states(response)["Message out"] == "bad" and states(response)["Tidying up"] == "good" and office.threads == {}


def test_an_address_of_somebody_else_is_replaced_only_on_request(admin_client: Client, office: Sheet, shelf: Handoff) -> None:
    comes_round(office)
    office.copies_to[7] = "https://other.test"
    asked = set_up(admin_client, page_of(shelf), inbox_id=7)
    assert asked.context["result"]["asks"] and office.copies_to[7] == "https://other.test"
    set_up(admin_client, page_of(shelf), inbox_id=7, _setup="replace")
    assert office.copies_to[7] == shelf.webhook_url()


def test_while_somebody_is_at_it_nobody_else_sets_it_up(admin_client: Client, office: Sheet, shelf: Handoff) -> None:
    until = shelf.claim_setting_up()
    assert until is not None
    assert states(set_up(admin_client, page_of(shelf))) == {"Set-up": "warn"} and office.made == {}
    shelf.finish_setting_up(until)
    assert set_up(admin_client, page_of(shelf)).context["result"]["steps"][0]["name"] == "Copies" and len(office.made) == 1


def test_only_the_latest_probe_counts(shelf: Handoff) -> None:
    old = shelf.begin_probe()
    new = shelf.begin_probe()
    assert not shelf.note_probe(str(old)) and not shelf.has_seen_probe(new)
    assert shelf.note_probe(str(new)) and shelf.has_seen_probe(new) and not shelf.note_probe(str(new))


def test_no_secret_is_in_the_result(admin_client: Client, office: Sheet, shelf: Handoff) -> None:
    comes_round(office)
    body = set_up(admin_client, page_of(shelf)).content.decode()
    assert KEY not in body and 'value="wax"' not in body


def test_a_form_opened_before_does_not_undo_the_set_up(admin_client: Client, office: Sheet, shelf: Handoff) -> None:
    set_up(admin_client, page_of(shelf))
    response = admin_client.post(page_of(shelf), typed(edition=0))
    assert response.status_code == 200 and "saved this after you had opened it" in response.content.decode()
    shelf.refresh_from_db()
    assert shelf.inbox_id == 8
