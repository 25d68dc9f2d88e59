"""The widget when things go wrong, and what it keeps to itself until the visitor has agreed."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.axe import complaints
from tests.journeys.test_the_loop import said, say, sees
from tests.journeys.two_sides import Agent
from tests.journeys.widget import change, identity_secret, kept, shop, widget

NO_STORAGE = """
    for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
"""
CONSENT = "We keep what you write for a week. See https://shop.example/privacy."


@pytest.fixture(autouse=True)
def _as_it_was(hub):
    yield
    change(hub)


def conversations(hub):
    with closing(sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20)) as database:
        return database.execute("SELECT count(*) FROM handoffs_conversation").fetchone()[0]


def with_a_human(hub, chat, page=None):
    """The visitor is handed over and an agent has answered; returns the agent."""
    problem = f"My parcel is wet {uuid.uuid4().hex[:6]}"
    chat.get_by_role("button", name="Talk to a human").last.click()
    sees(chat, "I am fetching a colleague")
    say(chat, problem)
    agent = Agent(hub)
    agent.takes(problem)
    agent.replies("I am here.")
    sees(chat, "I am here.")
    return agent


# --- Politeness ---------------------------------------------------------------------------------------------------------------------------


def test_nothing_begins_before_the_visitor_agreed_and_what_they_typed_is_kept(hub, visitor):
    change(hub, consent_text=CONSENT)
    before = conversations(hub)
    page = visitor.opens(f"{hub.url}/chat/demo/")
    expect(page.get_by_role("button", name="Agree and start")).to_be_visible()
    expect(page.get_by_role("link", name="https://shop.example/privacy")).to_be_visible()
    assert complaints(page) == []
    say(page, "hours")
    expect(page.get_by_text("Please agree first.")).to_be_visible()
    assert kept(page) == {} and conversations(hub) == before
    expect(page.get_by_label("Your message")).to_have_value("hours")
    page.get_by_role("button", name="Agree and start").click()
    sees(page, "Hello, and welcome")
    expect(page.get_by_label("Your message")).to_have_value("hours")
    page.get_by_role("button", name="Send").click()
    sees(page, "The roastery is open")
    page.reload()
    sees(page, "The roastery is open")
    change(hub, consent_text="Other words.")
    page.reload()
    expect(page.get_by_role("button", name="Agree and start")).to_be_visible()
    assert conversations(hub) == before + 1


def test_a_chat_that_opens_by_itself_waits_for_the_visitor(hub, visitor):
    change(hub, start_new="open")
    before = conversations(hub)
    page = visitor.opens(f"{hub.url}/chat/demo/sample/")
    chat = page.frame_locator("iframe")
    expect(chat.get_by_role("button", name="Start the chat")).to_be_visible()
    assert conversations(hub) == before
    say(chat, "hours")
    sees(chat, "The roastery is open")
    page.reload()
    # Known now, and for those who were here before it stays closed.
    expect(page.get_by_role("button", name="Chat with us")).to_be_visible()


def test_where_nothing_can_be_kept_the_chat_works_and_says_what_that_means(hub, visitor):
    page = visitor.context.new_page()
    page.add_init_script(NO_STORAGE)
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    say(page, "hours")
    sees(page, "The roastery is open")
    expect(page.get_by_text("it ends when you close or reload this page")).to_be_visible()
    assert complaints(page) == []


def test_without_history_whoever_comes_again_begins_again(hub, visitor):
    change(hub, show_history=False)
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    say(page, "hours")
    sees(page, "The roastery is open")
    page.reload()
    sees(page, "Hello, and welcome")
    expect(page.get_by_role("log")).not_to_contain_text("The roastery is open")
    with_a_human(hub, page)
    page.reload()
    sees(page, "I am here.")


# --- Signed visitors ----------------------------------------------------------------------------------------------------------------------


def test_a_signed_visitor_is_told_to_the_scenario_and_a_wrong_hash_to_the_console(hub, visitor):
    secret = identity_secret(hub)
    page = shop(visitor, hub)
    page.evaluate("() => { HandoffChat.on('identified', ({verified}) => (document.documentElement.dataset.verified = verified)); }")
    signed = hmac.new(secret.encode(), b"42", hashlib.sha256).hexdigest()
    page.evaluate("HandoffChat.identify({id: '42', name: 'Mallory', hash: '00'})")
    with page.expect_console_message(lambda message: "The hash does not fit the id" in message.text):
        chat = widget(page)
        sees(chat, "Hello, and welcome")
    page.evaluate("(hash) => HandoffChat.identify({id: '42', name: 'Ann', hash})", signed)
    page.evaluate("HandoffChat.setAttributes({'user.plan': 'gold'})")
    expect(page.locator("html")).to_have_attribute("data-verified", "true")
    with closing(sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20)) as database:
        context = database.execute("SELECT context FROM handoffs_conversation ORDER BY created_at DESC LIMIT 1").fetchone()[0]
    assert '"Ann"' in context and '"verified": true' in context and "Mallory" not in context
    visitor.complaints.clear()


# --- Accidents ----------------------------------------------------------------------------------------------------------------------------


def test_a_visitor_who_is_offline_is_told_and_what_they_write_goes_later_even_after_a_reload(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    visitor.context.set_offline(True)
    say(page, "hours")
    expect(page.get_by_text("You’re offline.")).to_be_visible()
    expect(page.get_by_text("Sending…")).to_be_visible()
    visitor.context.set_offline(False)
    sees(page, "The roastery is open")
    assert said(page).count("hours") == 1
    visitor.complaints.clear()


def test_two_tabs_are_one_conversation(hub, visitor):
    one = visitor.opens(f"{hub.url}/chat/demo/")
    sees(one, "Hello, and welcome")
    two = visitor.opens(f"{hub.url}/chat/demo/")
    sees(two, "Hello, and welcome")
    for page, words in ((one, "first"), (two, "second"), (one, "third")):
        say(page, words)
        for each in (one, two):
            expect(each.get_by_role("log").get_by_text(words, exact=True)).to_have_count(1)
    expect(one.get_by_text("Sending…")).to_have_count(0)
    assert [text for text in said(one) if text in ("first", "second", "third")] == ["first", "second", "third"]
    expect(two.locator(".words")).to_have_count(len(said(one)))


def test_where_websockets_are_blocked_the_chat_asks_instead(hub, visitor):
    page = visitor.context.new_page()
    page.add_init_script(
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.({code: 1006})); } send() {} close() {} }"
    )
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    agent = with_a_human(hub, page)
    agent.replies("And here is more.")
    sees(page, "And here is more.")


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_wrong_by_a_day_changes_nothing(hub, visitor, days):
    page = visitor.context.new_page()
    page.clock.set_system_time(datetime.now(UTC) + timedelta(days=days))
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    with_a_human(hub, page)
    say(page, "thanks")
    expect(page.get_by_text("Sent ✓").last).to_be_visible()
    texts = said(page)
    assert texts.index("I am here.") < texts.index("thanks")
    assert page.locator(".day").last.text_content() == "Today"


def test_what_comes_while_the_chat_is_closed_is_counted_also_after_a_reload(hub, visitor):
    page = shop(visitor, hub)
    chat = widget(page)
    sees(chat, "Hello, and welcome")
    agent = with_a_human(hub, chat)
    page.evaluate("HandoffChat.close()")
    agent.replies("Are you still there?")
    expect(page.get_by_role("button", name="Chat with us, 1 unread")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Chat with us, 1 unread")).to_be_visible()
    agent.replies("Hello?")
    expect(page.get_by_role("button", name="Chat with us, 2 unread")).to_be_visible()
    chat = widget(page)
    sees(chat, "Hello?")
    expect(chat.locator(".news")).to_have_text("New")
    assert chat.locator(".news + .message .words").inner_text() == "Are you still there?"
    assert complaints(page.frames[-1]) == []
    say(chat, "Yes")
    expect(chat.locator(".news")).to_have_count(0)


def test_a_scenario_that_is_removed_while_one_chats_says_so(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    with closing(sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE handoffs_scenario SET state = 'draft' WHERE key = 'demo'")
    try:
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.get_by_text("This chat isn’t available any more.")).to_be_visible()
        expect(page.get_by_label("Your message")).to_be_disabled()
        assert complaints(page) == []
    finally:
        with closing(sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20)) as database, database:
            database.execute("UPDATE handoffs_scenario SET state = 'active' WHERE key = 'demo'")
    visitor.complaints.clear()
