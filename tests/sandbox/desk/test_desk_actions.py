"""What an agent does to a conversation as a whole, and what the third pane tells about it."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.conftest import World
from tests.sandbox.desk.conftest import Thread


def test_a_conversation_is_assigned_to_me_to_another_and_to_nobody(thread: Thread, page: Page) -> None:
    thread.button("Assign to me").click()
    expect(page.get_by_text("Assigned to Jane", exact=False).first).to_be_visible()
    expect(thread.button("Assign to me")).to_be_hidden()
    page.get_by_label("Assigned agent").select_option("Sam Rivers")
    expect(page.get_by_text("· Assigned to Sam Rivers")).to_be_visible()
    page.get_by_label("Assigned agent").select_option("Nobody")
    expect(page.get_by_text("· Unassigned")).to_be_visible()
    assert "assignee" not in thread.conversation()["meta"]


def test_the_bot_gets_a_conversation_back(thread: Thread, page: Page) -> None:
    thread.chooses("More actions", "Give back to the bot")
    expect(page.get_by_text("Conversation was marked as pending by Jane Doe")).to_be_visible()
    assert thread.conversation()["status"] == "pending"
    thread.button("Reopen").click()
    expect(thread.button("Reopen")).to_be_hidden()
    assert thread.conversation()["status"] == "open"


@pytest.mark.parametrize(
    ("item", "least", "most"),
    [("Snooze for an hour", 3_500, 3_700), ("Snooze until tomorrow", 0, 2 * 86_400), ("Snooze until next week", 6 * 86_400, 8 * 86_400)],
)
def test_a_conversation_is_snoozed_until_then(thread: Thread, world: World, page: Page, item: str, least: int, most: int) -> None:
    thread.chooses("More actions", item)
    expect(page.get_by_text("Snoozed until")).to_be_visible()
    row = world.store.find("conversations", display_id=thread.id)
    assert least < row["snoozed_until"] - time.time() < most


def test_a_conversation_is_snoozed_until_the_visitor_writes(thread: Thread, world: World, page: Page) -> None:
    thread.chooses("More actions", "Snooze until the next message")
    expect(page.get_by_text("Conversation was snoozed by Jane Doe")).to_be_visible()
    world.visitor_says(thread.id, "Me again")
    expect(thread.button("Reopen")).to_be_hidden()


def test_an_administrator_deletes_a_conversation(thread: Thread, robin: Page, world: World) -> None:
    thread.chooses("More actions", "Delete conversation")
    robin.get_by_role("dialog", name="Delete this conversation?").get_by_role("button", name="Delete conversation").click()
    expect(robin.get_by_text("Choose a conversation.")).to_be_visible()
    expect(robin.get_by_role("link", name="Ann")).to_have_count(0)
    assert world.admin.get(f"/conversations/{thread.id}").status_code == 404


def test_an_agent_is_not_offered_to_delete_a_conversation(thread: Thread, page: Page) -> None:
    thread.button("More actions").click()
    expect(page.get_by_role("menuitem", name="Give back to the bot")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Delete conversation")).to_have_count(0)


def test_the_details_tell_who_it_is(world: World, page: Page) -> None:
    conversation = world.conversation(custom_attributes={"order_total": 12})
    contact = world.admin.get(f"/conversations/{conversation}").json()["meta"]["sender"]["id"]
    told = {"email": "ann@example.com", "phone_number": "+31612345678", "custom_attributes": {"favourite_roast": "dark"}}
    world.admin.patch(f"/contacts/{contact}", **told)
    page.goto(f"{world.server.url}/desk/#{conversation}")
    details = page.get_by_role("complementary", name="Details")
    for words in ("ann@example.com", "+31612345678", "Favourite roast", "dark", "Order total", "12"):
        expect(details.get_by_text(words, exact=True)).to_be_visible()
    page.get_by_role("button", name="Details", exact=True).click()
    expect(details).to_be_hidden()
