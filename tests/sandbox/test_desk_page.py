"""The desk as an agent uses it, in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.sandbox.conftest import World

CHROMIUM = "/usr/bin/chromium"
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")

REFUSED = "Failed to load resource"  # the browser's own note on any answer that is not 200

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-component-update", "--disable-sync"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """Any error on the console fails the test: a refused inline script would be one."""
    problems: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" and REFUSED not in message.text else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(world.server.url)
    yield page
    page.close()
    assert problems == []


def test_an_agent_answers_notes_and_resolves(world: World, page: Page) -> None:
    conversation = world.conversation()
    world.visitor_says(conversation, "Hi <img src=x onerror=alert(1)>")
    page.get_by_role("link", name="Ann").click()
    log = page.get_by_role("log")
    expect(log.get_by_text("Hi <img src=x onerror=alert(1)>")).to_be_visible()
    page.get_by_label("Reply", exact=True).fill("Hello Ann")
    page.get_by_role("button", name="Send").click()
    expect(log.get_by_text("Hello Ann")).to_be_visible()
    page.get_by_role("button", name="Private note").click()
    page.get_by_label("Reply", exact=True).fill("psst")
    page.get_by_label("Reply", exact=True).press("Enter")
    expect(log.get_by_text("psst")).to_be_visible()
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    expect(page.get_by_role("link", name="Ann")).to_have_count(0)
    page.get_by_role("tab", name="Resolved").click()
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    said = [(message["content"], message["private"]) for message in world.server.messages(conversation)]
    assert said[1:] == [("Hello Ann", False), ("psst", True), ("Conversation was marked resolved by Jane Doe", False)]


def test_what_a_visitor_says_and_types_appears_by_itself(world: World, page: Page) -> None:
    conversation = world.conversation()
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    world.visitor_says(conversation, "Are you there?")
    expect(page.get_by_role("link", name="Ann, 1 unread")).to_be_visible()
    page.get_by_role("link", name="Ann").click()
    expect(page.get_by_role("link", name=re.compile("unread"))).to_have_count(0)
    world.visitor_says(conversation, "Hello?")
    expect(page.get_by_role("log").get_by_text("Hello?")).to_be_visible()


def test_the_chosen_agent_speaks_under_their_own_name(world: World, page: Page) -> None:
    conversation = world.conversation()
    page.get_by_label("You are").select_option("Sam Rivers")
    page.get_by_role("link", name="Ann").click()
    page.get_by_label("Reply", exact=True).fill("Sam here")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("Sam here")).to_be_visible()
    assert world.server.messages(conversation)[-1]["sender"]["name"] == "Sam Rivers"


def test_a_reply_whose_webhook_failed_says_so(world: World, page: Page) -> None:
    world.conversation()
    page.get_by_role("link", name="Ann").click()
    world.server.drain()
    world.hook.status = 500
    page.get_by_label("Reply", exact=True).fill("Hello")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Not delivered: 500 Internal Server Error")).to_be_visible()


def test_a_refused_reply_keeps_the_agents_words(world: World, page: Page) -> None:
    world.conversation()
    page.get_by_role("link", name="Ann").click()
    page.get_by_label("Reply", exact=True).fill("x" * 150_001)
    with page.expect_response("**/messages"):
        page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Content is too long")
    expect(page.get_by_label("Reply", exact=True)).to_have_value("x" * 150_001)


def test_on_a_phone_the_thread_takes_the_screen_and_back_leads_to_the_list(world: World, page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    world.visitor_says(world.conversation(), "Hi")
    page.get_by_role("link", name="Ann").click()
    expect(page.get_by_role("log")).to_be_visible()
    expect(page.get_by_role("tab", name="Open")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.get_by_role("link", name="Back to conversations").click()
    expect(page.get_by_role("tab", name="Open")).to_be_visible()
