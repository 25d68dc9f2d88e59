"""An admin connects a scenario to a desk by pasting an address, and sees that words come round before switching it on."""

from __future__ import annotations

import sqlite3
from contextlib import closing

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
