"""The list: what needs an agent, at a glance."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.conftest import World


def has_status(world: World, conversation: int, status: str) -> None:
    world.admin.post(f"/conversations/{conversation}/toggle_status", status=status)


@pytest.mark.parametrize("status", ["open", "pending", "snoozed", "resolved"])
def test_a_conversation_is_under_the_tab_of_its_status(world: World, page: Page, status: str) -> None:
    has_status(world, world.conversation(), status)
    page.get_by_role("tab", name=status.capitalize()).click()
    expect(page.get_by_role("tabpanel", name=status.capitalize()).get_by_role("link", name="Ann")).to_be_visible()
    other = "Resolved" if status == "open" else "Open"
    page.get_by_role("tab", name=other).click()
    expect(page.get_by_role("tabpanel", name=other).get_by_role("link")).to_have_count(0)


def test_arrow_keys_choose_a_tab_and_only_the_chosen_one_is_a_tab_stop(page: Page) -> None:
    page.get_by_role("tab", name="Open").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Resolved")).to_be_focused()
    expect(page.get_by_role("tab", name="Resolved")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Open")).to_be_focused()
    expect(page.get_by_role("tab", name="Resolved")).to_have_attribute("tabindex", "-1")


def test_a_conversation_shows_what_it_is_about(world: World, page: Page) -> None:
    conversation = world.conversation()
    world.visitor_says(conversation, "**Is** it [late](https://example.com)?")
    world.admin.post(f"/conversations/{conversation}/labels", labels=["parcel"])
    world.admin.post(f"/conversations/{conversation}/assignments", assignee_id=world.store.find("users", name="Sam Rivers")["id"])
    world.store.update("conversations", world.store.find("conversations", display_id=conversation)["id"], priority="urgent")
    page.reload()
    expect(page.get_by_role("link", name=re.compile(r"Ann.*Is it late\? 1 unread urgent parcel assigned to Sam Rivers"))).to_be_visible()


def test_unread_stops_at_nine(world: World, page: Page) -> None:
    conversation = world.conversation()
    for number in range(10):
        world.visitor_says(conversation, str(number))
    expect(page.get_by_role("link", name=re.compile(r"9\+ unread"))).to_be_visible()


def test_more_than_a_page_is_shown_on_demand(world: World, page: Page) -> None:
    for number in range(26):
        world.conversation(f"S{number}")
    expect(page.get_by_role("link", name="Ann")).to_have_count(25)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("link", name="Ann")).to_have_count(26)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_a_ring_leaves_the_focus_where_it_is(world: World, page: Page) -> None:
    world.visitor_says(world.conversation(), "First")
    page.get_by_role("link", name="First").focus()
    world.visitor_says(world.conversation("B"), "Second")
    expect(page.get_by_role("link", name="Second")).to_be_visible()
    expect(page.get_by_role("link", name="First")).to_be_focused()
