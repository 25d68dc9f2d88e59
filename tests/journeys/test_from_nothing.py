"""From an empty database to a scenario on a website whose visitors reach a human: all of it by clicking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import axe
from tests.hub import Hub
from tests.journeys.test_the_loop import reply, say, sees, take_newest


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    data: Path = tmp_path_factory.mktemp("empty-hub")
    hub = Hub(data, "--empty").start()
    yield hub
    hub.kill()


def token_of(hub: Hub) -> str:
    """As the terminal tells whoever starts the hub."""
    told = re.search(r"Access Token (\S+)\.", hub.greeting)
    assert told
    return told[1]


def section(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Sections of").get_by_role("link", name=name, exact=True).click()


def to_dos(page: Page) -> list[str]:
    return page.locator(".checklist li a").all_inner_texts()


def test_an_admin_starts_with_nothing_and_a_visitor_reaches_a_human(admin: Page, hub: Hub, visitor: Any, agent: Any) -> None:
    # A workspace, and a scenario in it.
    admin.get_by_role("link", name="add one").click()
    admin.get_by_label("Name:", exact=True).fill("Juice bar")
    admin.get_by_label("Host name").fill("juice")
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.goto(f"{hub.url}/admin/")
    admin.get_by_role("link", name="Add scenario").first.click()
    admin.get_by_label("Name").fill("Orders")
    admin.get_by_role("button", name="Add scenario").click()
    assert "No message hands over to a human" in " ".join(to_dos(admin))

    # A handoff that sets itself up.
    section(admin, "Conv. handover")
    admin.get_by_role("link", name="Create New Handoff").first.click()
    admin.locator("#id_name").fill("Our team")
    admin.locator("#id_domain").fill(f"{hub.desk}/api/v1/")
    admin.locator("#id_access_token").fill(token_of(hub))
    admin.get_by_role("button", name="Connect", exact=True).click()
    admin.get_by_role("group", name="Demo Support").get_by_label("Website chat").check()
    admin.get_by_role("button", name="Set it up for me").click()
    expect(admin.get_by_role("region", name="Set it up for me")).to_contain_text("The circle is closed.")
    section(admin, "Conv. handover")
    admin.get_by_role("switch", name="Activate Our team").click()
    expect(admin.get_by_role("switch", name="Activate Our team")).to_be_checked()

    # A message that hands over.
    section(admin, "Messages")
    admin.get_by_role("link", name="Add message").first.click()
    admin.get_by_label("Name:").fill("Talk to us")
    admin.get_by_label("Phrases").fill("human\nagent")
    admin.locator(".kinds button[data-kind=handover]").click()
    admin.get_by_label("Handoff").select_option("Our team")
    admin.get_by_role("textbox", name="When it starts").fill("Tell us what it is about.")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("link", name="Talk to us").first).to_be_visible()
    assert axe.complaints(admin) == []

    # Switched on: nothing is missing any more but a website.
    section(admin, "Overview")
    assert [words for words in to_dos(admin) if "website" not in words.lower()] == []
    admin.get_by_role("switch", name="Active").click()
    expect(admin.get_by_role("switch", name="Active")).to_be_checked()

    # On a website.
    section(admin, "Publish")
    assert "data-scenario=" in admin.get_by_role("textbox", name="Embed code").input_value()
    with admin.context.expect_page() as opened:
        admin.get_by_role("link", name="Open the sample website").click()
    shop = visitor.opens(opened.value.url)
    shop.locator("button").click()
    chat = shop.frame_locator("iframe")
    say(chat, "I want a human")
    sees(chat, "Tell us what it is about.")
    say(chat, "My juice is warm")
    desk = agent.opens(f"{hub.desk}/desk/")
    take_newest(desk, "My juice is warm")
    reply(desk, "We bring you ice.")
    sees(chat, "We bring you ice.")

    # And the admin sees both.
    section(admin, "Conversations")
    admin.locator("#content a[href*='/change/'][href*='/conversation/']").first.click()
    expect(admin.locator("#content")).to_contain_text("My juice is warm")
    expect(admin.locator("#content")).to_contain_text("We bring you ice.")


def test_preview_tells_that_the_handover_began(admin: Page, hub: Hub) -> None:
    admin.get_by_role("link", name="Orders").first.click()
    section(admin, "Preview")
    chat = admin.frame_locator("#chat")
    say(chat, "I want a human")
    sees(chat, "Tell us what it is about.")
    say(chat, "Only trying")
    expect(admin.get_by_text("handover_success").first).to_be_visible()
    expect(admin.locator("#content")).to_contain_text(re.compile(r"handover_success\W+true"))
