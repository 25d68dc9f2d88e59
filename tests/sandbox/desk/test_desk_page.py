"""The desk as an agent uses it every day."""

import re

from playwright.sync_api import Page, expect

from tests.sandbox.conftest import World
from tests.sandbox.desk.conftest import Thread


def test_an_agent_answers_notes_and_resolves(thread: Thread, world: World, page: Page) -> None:
    thread.box.fill("Hello Ann")
    thread.button("Send").click()
    expect(thread.log.get_by_text("Hello Ann")).to_be_visible()
    thread.button("Private note").click()
    thread.box.fill("psst")
    thread.box.press("Enter")
    expect(thread.article("Private note · Jane").get_by_text("psst")).to_be_visible()
    thread.button("Resolve").click()
    expect(thread.button("Reopen")).to_be_visible()
    expect(thread.button("Resolve")).to_be_hidden()
    expect(page.get_by_role("link", name="Ann")).to_have_count(0)
    page.get_by_role("tab", name="Resolved").click()
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    said = [(message["content"], message["private"]) for message in thread.messages()]
    assert said == [("Hello Ann", False), ("psst", True), ("Conversation was marked resolved by Jane Doe", False)]


def test_what_a_visitor_says_appears_by_itself(world: World, page: Page) -> None:
    conversation = world.conversation()
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    world.visitor_says(conversation, "Are you there?")
    expect(page.get_by_role("link", name=re.compile("Ann.*Are you there.* 1 unread"))).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    page.get_by_role("link", name="Ann").click()
    expect(page.get_by_role("link", name=re.compile("unread"))).to_have_count(0)
    world.visitor_says(conversation, "Hello?")
    expect(page.get_by_role("log").get_by_text("Hello?")).to_be_visible()


def test_the_integration_is_nobody_to_be(page: Page) -> None:
    expect(page.get_by_label("You are").get_by_role("option")).to_have_text(["Jane", "Sam Rivers", "Priya from Support", "Alex Kim"])


def test_the_chosen_agent_speaks_under_their_own_name_and_stays_chosen(thread: Thread, page: Page) -> None:
    page.get_by_label("You are").select_option("Sam Rivers")
    thread.box.fill("Sam here")
    thread.button("Send").click()
    expect(thread.log.get_by_text("Sam here")).to_be_visible()
    assert thread.messages()[-1]["sender"]["name"] == "Sam Rivers"
    page.reload()
    expect(page.get_by_label("You are").locator("option:checked")).to_have_text("Sam Rivers")


def test_a_refused_reply_keeps_the_agents_words(thread: Thread, page: Page) -> None:
    thread.box.fill("x" * 150_001)
    with page.expect_response("**/messages"):
        thread.button("Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Content is too long")
    expect(thread.box).to_have_value("x" * 150_001)


def test_what_is_unsent_stays_with_its_conversation(thread: Thread, world: World, page: Page) -> None:
    thread.button("Private note").click()
    thread.box.fill("not yet")
    world.visitor_says(world.conversation("B", status="open"), "Second")
    page.get_by_role("link", name="Second").click()
    expect(thread.box).to_have_value("")
    expect(thread.button("Reply")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="No messages yet").click()
    expect(thread.box).to_have_value("not yet")
    expect(thread.button("Private note")).to_have_attribute("aria-pressed", "true")


def test_a_conversation_that_is_not_there_is_an_error_and_no_more(world: World, page: Page) -> None:
    page.goto(f"{world.server.url}/desk/#77")
    expect(page.get_by_role("alert")).to_have_text("Resource could not be found")
    expect(page.get_by_text("Choose a conversation.")).to_be_visible()


def test_on_a_phone_one_pane_takes_the_screen(world: World, page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    world.visitor_says(world.conversation(), "Hi " + "x" * 300)
    page.get_by_role("link", name="Ann").click()
    expect(page.get_by_role("heading", name="Ann")).to_be_focused()
    expect(page.get_by_role("tab", name="Open")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.get_by_role("button", name="Details", exact=True).click()
    expect(page.get_by_role("complementary", name="Details")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Details")).to_be_hidden()
    page.get_by_role("link", name="Back to conversations").click()
    expect(page.get_by_role("tab", name="Open")).to_be_visible()


def test_a_lost_connection_is_said_and_caught_up(thread: Thread, world: World, page: Page) -> None:
    world.server.stop()
    expect(page.get_by_text("Connection lost")).to_be_visible()
    world.server.start()
    expect(page.get_by_text("Connection lost")).to_be_hidden()
    world.visitor_says(thread.id, "Still there?")
    expect(thread.log.get_by_text("Still there?")).to_be_visible()
