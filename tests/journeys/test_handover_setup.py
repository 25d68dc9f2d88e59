"""An admin connects a scenario to a desk by pasting an address, and sees that words come round before switching it on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from playwright.sync_api import Page, expect

from tests.axe import complaints
from tests.hub import Hub


def from_the_desk(hub: Hub, query: str) -> object:
    with closing(sqlite3.connect(f"file:{hub.data / 'sandbox.sqlite3'}?mode=ro", uri=True)) as store:
        return store.execute(query).fetchone()[0]


def test_a_handoff_is_created_from_a_pasted_address_set_up_proven_and_activated(admin: Page, hub: Hub) -> None:
    admin.goto(f"{hub.url}/admin/handoffs/handoff/?scenario__id__exact=1")
    assert complaints(admin) == []
    admin.get_by_role("link", name="Create New Handoff").first.click()
    admin.locator("#id_name").fill("Second line")
    admin.locator("#id_domain").fill(f"{hub.desk}/app/accounts/1/settings/inboxes/1")
    expect(admin.locator("#id_domain")).to_have_value(f"{hub.desk}/api/v1/")
    expect(admin.locator("#id_account_id")).to_have_value("1")
    expect(admin.locator("#id_inbox_id")).to_have_value("1")
    admin.locator("#id_access_token").fill(str(from_the_desk(hub, "SELECT access_token FROM users WHERE email = 'bridge@demo.test'")))

    admin.get_by_role("button", name="Connect", exact=True).click()
    accounts = admin.get_by_role("group", name="Demo Support")
    expect(accounts.get_by_label("Website chat")).to_be_visible()
    assert complaints(admin) == []
    accounts.get_by_label("A new inbox").check()
    expect(admin.locator("#id_inbox_id")).to_have_value("")

    admin.get_by_role("button", name="Set it up for me").click()
    result = admin.get_by_role("region", name="Set it up for me")
    expect(result).to_contain_text("The inbox “Second line” is made for this handoff.")
    expect(result).to_contain_text("It came back by webhook, signed. The circle is closed.")
    expect(result).to_contain_text("The probe was deleted again.")
    assert complaints(admin) == []
    assert from_the_desk(hub, "SELECT count(*) FROM contacts WHERE name = 'Handoff connection test'") == 0
    assert from_the_desk(hub, "SELECT count(*) FROM inboxes") == 2

    admin.goto(f"{hub.url}/admin/handoffs/handoff/?scenario__id__exact=1")
    card = admin.get_by_role("listitem").filter(has=admin.get_by_role("heading", name="Second line"))
    expect(card).to_contain_text("“Second line” (inbox 2 of account 1)")
    card.get_by_role("switch", name="Activate Second line").click()
    expect(card.get_by_role("switch", name="Activate Second line")).to_be_checked()
    expect(card.locator(".pill")).to_have_text("Active")


def demo_desk(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/admin/handoffs/handoff/?scenario__id__exact=1")
    page.get_by_role("link", name="Demo desk").click()


def test_another_domain_wants_the_token_again_before_anybody_is_asked(admin: Page, hub: Hub) -> None:
    demo_desk(admin, hub)
    domain = admin.locator("#id_domain")
    kept = domain.input_value()
    domain.fill(hub.desk.replace("127.0.0.1", "localhost"))
    for press in ("Connect", "Test connection"):
        admin.get_by_role("button", name=press, exact=True).click()
        expect(admin.get_by_role("region", name=press)).to_contain_text("type the token again")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.locator(".field-access_token")).to_contain_text("type the token again")
    assert complaints(admin) == []
    admin.locator("#id_domain").fill(kept)
    admin.get_by_role("button", name="Test connection").click()
    expect(admin.get_by_role("region", name="Test connection")).to_contain_text("The inbox is “Website chat”.")


def test_results_stand_beside_what_was_pressed_and_only_one_is_there(admin: Page, hub: Hub) -> None:
    demo_desk(admin, hub)
    admin.get_by_role("button", name="Test connection").click()
    tested = admin.locator("#slot-head").get_by_role("region", name="Test connection")
    expect(tested).to_be_focused()
    admin.get_by_role("button", name="Connect", exact=True).press("Enter")
    expect(admin.locator("#slot-where").get_by_role("region", name="Connect")).to_be_focused()
    expect(tested).to_have_count(0)
    assert complaints(admin) == []


def test_what_few_need_is_folded_and_unfolds_with_the_keyboard(people: Any, hub: Hub) -> None:
    page = people(viewport={"width": 375, "height": 700}, color_scheme="dark").opens(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    demo_desk(page, hub)
    labels = page.get_by_label("Labels:")
    expect(labels).to_be_hidden()
    page.locator("summary", has_text="How the desk files it").press("Enter")
    labels.fill("no/label")
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("“no/label” cannot be a label.")).to_be_visible()
    expect(labels).to_have_value("no/label")


def test_without_a_script_a_place_is_connected_and_picked(people: Any, hub: Hub) -> None:
    page = people(java_script_enabled=False).opens(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    demo_desk(page, hub)
    page.get_by_role("button", name="Connect", exact=True).click()
    result = page.locator("#slot-where").get_by_role("region", name="Connect")
    result.get_by_label("Website chat").check()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("#id_inbox_id")).to_have_value("1")


def test_the_desk_of_the_demo_has_nothing_wrong(admin: Page, hub: Hub) -> None:
    demo_desk(admin, hub)
    admin.get_by_role("button", name="Test connection").click()
    result = admin.get_by_role("region", name="Test connection")
    expect(result).to_contain_text("Chatwoot sends this inbox’s webhooks to us.")
    expect(result.get_by_text("does not work")).to_have_count(0)
