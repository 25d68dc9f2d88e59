"""Test connection and Connect as an admin presses them, over real HTTP to the stand-in: each fault by its name, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from handoffs.models import Handoff, Scenario
from handoffs.providers.chatwoot import asking, setup
from sandbox import people
from sandbox.server import SandboxServer
from tests.handoffs.admin.test_handoff_setup import ADD, page_of
from tests.handoffs.providers.test_chatwoot_setup import Desk


@pytest.fixture
def desk(settings: Any) -> Iterator[Desk]:
    settings.HANDOFF_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)
    with SandboxServer(faults=True) as server:
        yield Desk(server)


@pytest.fixture
def handoff(desk: Desk, coffee: Scenario) -> Handoff:
    """Everything about it is right."""
    handoff = Handoff(scenario=coffee, name="Support", domain=f"{desk.server.url}/api/v1/", account_id=1, inbox_id=desk.demo.inbox_id)
    handoff.access_token, handoff.webhook_secret = desk.demo.admin_token, desk.demo.inbox_secret
    handoff.save()
    desk.call("PATCH", f"inboxes/{desk.demo.inbox_id}", {"channel": {"webhook_url": handoff.webhook_url()}})
    return handoff


def press(client: Client, handoff: Handoff, button: str = "_test", **typed: Any) -> tuple[list[dict[str, str]], str]:
    """What was found that is not good, and the page."""
    kept = {name: getattr(handoff, name) for name in ("name", "system", "domain", "account_id", "inbox_id", "after_end")}
    response: Any = client.post(page_of(handoff), {**kept, **typed, button: "1"})
    steps = response.context["result"]["steps"]
    return [step for step in steps if step["state"] != "good"], response.content.decode()


def test_of_a_connection_that_works_nothing_is_complained(admin_client: Client, handoff: Handoff) -> None:
    found, page = press(admin_client, handoff)
    assert found == [] and "does not work" not in page


@pytest.mark.parametrize(
    ("spoil", "name", "says", "advice"),
    [
        ({"do": "strip_token", "path": "/api/v1"}, "Access token", "does not arrive at Chatwoot", "underscores_in_headers"),
        ({"do": "login_page"}, "Address", "it is not a Chatwoot", "A login page of a proxy"),
        (
            {"do": "error_before", "path": "accounts/1", "status": 403, "error": "API access is not enabled for this account"},
            "Account",
            "The plan of this account has no API access",
            "plan",
        ),
    ],
)
def test_what_goes_wrong_on_the_way_is_named(
    admin_client: Client, desk: Desk, handoff: Handoff, spoil: dict[str, Any], name: str, says: str, advice: str
) -> None:
    desk.spoiled(**spoil)
    for button in ("_test", "_connect") if name != "Account" else ("_test",):
        (found, *_), page = press(admin_client, handoff, button)
        assert (found["name"], found["state"]) == (name, "bad") and says in found["text"] and advice in found["advice"]
        assert says in page and desk.demo.admin_token not in page


def test_an_inbox_of_a_website_is_named_by_its_kind(admin_client: Client, desk: Desk, handoff: Handoff) -> None:
    (found, *_), page = press(admin_client, handoff, inbox_id=desk.inbox(channel={"type": "web_widget"}))
    assert (found["name"], found["state"]) == ("Inbox", "bad") and "WebWidget" in found["text"] and found["advice"]
    assert "WebWidget" in page


def test_the_token_of_a_bot_is_named(admin_client: Client, desk: Desk, handoff: Handoff) -> None:
    bot = people.create_bot(desk.server.store, desk.demo.account_id, "Robbie")
    (found, *_), _ = press(admin_client, handoff, access_token=bot["access_token"])
    assert found["name"] == "Access token" and "token of a bot" in found["text"]


def test_a_webhook_url_that_is_not_ours_is_named(admin_client: Client, desk: Desk, handoff: Handoff) -> None:
    desk.call("PATCH", f"inboxes/{desk.demo.inbox_id}", {"channel": {"webhook_url": "https://other.test/hook"}})
    (found, *_), _ = press(admin_client, handoff)
    assert found["name"] == "Webhook URL" and "other.test" in found["text"]


def test_a_private_address_that_is_not_allowed_is_named(admin_client: Client, handoff: Handoff, settings: Any) -> None:
    settings.HANDOFF_ALLOWED_NETWORKS = ()
    (found, *_), _ = press(admin_client, handoff)
    assert found["name"] == "Address" and "private address" in found["text"] and "HANDOFF_ALLOWED_NETWORKS" in found["advice"]


def test_a_slow_desk_is_named_and_works(admin_client: Client, desk: Desk, handoff: Handoff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "SLOW", 0.4)
    desk.spoiled("late", "inboxes/1$", seconds=0.5, times=1)
    (found,), page = press(admin_client, handoff)
    assert (found["name"], found["state"]) == ("Speed", "warn") and "takes long to answer" in page and "load of Chatwoot" in found["advice"]


def test_a_desk_that_hangs_is_given_up_and_named(
    admin_client: Client, desk: Desk, handoff: Handoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LONGEST_CALL", 0.5)
    desk.spoiled("hang_before", "profile", seconds=20)
    (found, *_), _ = press(admin_client, handoff)
    assert (found["name"], found["state"]) == ("Access token", "bad") and "does not answer in time" in found["text"]


def test_an_address_that_is_pasted_whole_is_tested_as_it_is(admin_client: Client, desk: Desk, handoff: Handoff) -> None:
    pasted = f"{desk.server.url}/app/accounts/1/settings/inboxes/{desk.demo.inbox_id}"
    found, _ = press(admin_client, handoff, domain=pasted, account_id="", inbox_id="")
    assert found == []
    typed = {"name": "New", "system": "chatwoot", "domain": pasted, "access_token": desk.demo.admin_token, "_connect": "1"}
    response: Any = admin_client.post(ADD, typed)
    form = response.context["adminform"].form
    assert (form["domain"].value(), form["account_id"].value()) == (f"{desk.server.url}/api/v1/", "1")
    assert form["inbox_id"].value() == str(desk.demo.inbox_id)


# --- The page -----------------------------------------------------------------------------------------------------------------------------


def test_what_few_need_is_folded_and_opened_when_it_is_wrong(admin_client: Client, handoff: Handoff) -> None:
    calm = admin_client.get(page_of(handoff)).content.decode()
    assert calm.count("<details>") == 3
    typed = {"name": "Support", "system": "chatwoot", "domain": handoff.domain, "account_id": 1, "inbox_id": 1, "after_end": "bot"}
    wrong = admin_client.post(page_of(handoff), {**typed, "labels": "no/label"}).content.decode()
    assert wrong.count("<details>") == 2 and "cannot be a label" in wrong


def test_each_result_stands_beside_its_button(admin_client: Client, handoff: Handoff) -> None:
    for button, slot in (("_test", "slot-head"), ("_connect", "slot-where")):
        _, page = press(admin_client, handoff, button)
        assert page.count('id="result"') == 1
        assert f'<div class="slot" id="{slot}">\n<section id="result"' in page.replace("\n\n", "\n")
    _, page = press(admin_client, handoff, "_test")
    assert page.index('name="_test"') < page.index('id="result"') < page.index('id="id_domain"') < page.index('name="_connect"')
