"""An admin looks a conversation up, decides about what failed, ends the humans' part, and erases the visitor."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.axe import complaints
from tests.hub import Hub
from tests.journeys.test_message_list import log_in
from tests.journeys.two_sides import Agent, Visitor, eventually
from tests.samples import picture

WHY = "Chatwoot does not take it: it is too long (422)."


def in_our_database(hub: Hub, statement: str, *values: Any) -> list[Any]:
    ours = next(path for path in hub.data.glob("*.sqlite3") if "sandbox" not in path.name)
    with closing(sqlite3.connect(ours, timeout=30)) as store, store:
        return store.execute(statement, values).fetchall()


def says_what_is_refused(hub: Hub, visitor: Visitor, *lines: str) -> None:
    """While somebody else has the lease no worker sends anything; so the desk never had what then counts as refused by it."""
    here = in_our_database(hub, "SELECT conversation_id FROM handoffs_message WHERE text LIKE ?", f"%{visitor.tab}%")[0][0]
    lease = "UPDATE handoffs_conversation SET fence = fence + 1, lease_until = ? WHERE id = ?"
    in_our_database(hub, lease, "2099-01-01 00:00:00", here)
    for words in lines:
        message = uuid.UUID(visitor.says(words)["id"]).hex
        in_our_database(hub, "UPDATE handoffs_delivery SET state = 'parked', last_error = ? WHERE message_id = ?", WHY, message)
        in_our_database(hub, "UPDATE handoffs_message SET undelivered = 1 WHERE id = ?", message)
    in_our_database(hub, lease, None, here)


@pytest.fixture
def agent_api(hub: Hub) -> Agent:
    return Agent(hub)


@pytest.fixture
def talked(hub: Hub, agent_api: Agent) -> Visitor:
    """A visitor with humans, with files both ways, whose last words the desk refused."""
    visitor = Visitor(hub)
    words = f"The parcel of {visitor.tab}"
    visitor.asks_for_a_human(words)
    agent_api.takes(words)
    agent_api.replies("Which order number is it?")
    visitor.sees("order number")
    file = visitor.uploads("label.png", "image/png", picture())
    visitor.says("This is its label", files=[file["id"]])
    agent_api.attaches("map.png", "image/png", picture())
    visitor.until(lambda: len(visitor.shown("agent")) == 2, "the agent’s file is there")
    says_what_is_refused(hub, visitor, "Are you there?", "Hello?")
    return visitor


def line_of(page: Page, words: str) -> Locator:
    return page.locator(".transcript > li").filter(has=page.get_by_text(words, exact=True))


def test_search_open_try_again_give_up_end_and_erase(admin: Page, hub: Hub, talked: Visitor, agent_api: Agent) -> None:
    Visitor(hub).says("Something else altogether")
    admin.get_by_role("link", name="Conversations").first.click()
    expect(admin.get_by_role("heading", name="Conversations")).to_be_visible()
    assert complaints(admin) == []
    admin.get_by_label("Search for a name").fill(f"PARCEL of {talked.tab}")
    admin.get_by_label("Deliveries").select_option("Something failed")
    admin.get_by_role("button", name="Show").click()
    expect(admin.get_by_role("status").filter(has_text="1 conversation")).to_be_visible()
    assert complaints(admin) == []
    admin.locator(".conversations a").click()

    refused, other = line_of(admin, "Are you there?"), line_of(admin, "Hello?")
    expect(refused).to_contain_text("Not delivered: refused by the desk: Chatwoot does not take it")
    expect(admin.get_by_role("link", name="label.png")).to_be_visible()
    expect(admin.get_by_role("link", name="map.png")).to_be_visible()
    assert complaints(admin) == []
    refused.get_by_role("button", name="Try again").click()
    expect(admin.get_by_text("It is tried again; it is looked for at the desk first")).to_be_visible()
    agent_api.sees("Are you there?")
    other.get_by_role("button", name="Give up").click()
    expect(other).to_contain_text("Not delivered – given up by admin at")
    expect(refused).to_contain_text("At the desk")
    assert agent_api.texts().count("Are you there?") == 1 and "Hello?" not in agent_api.texts()
    assert complaints(admin) == []

    admin.get_by_role("button", name="End the humans’ part").click()
    expect(admin.get_by_text("The humans’ part was ended")).to_be_visible()
    expect(admin.get_by_text("Ended: Given back to the bot")).to_be_visible()
    talked.until(lambda: talked.floor["mode"] == "bot", "the bot has the floor")
    eventually(lambda: agent_api.conversation()["status"] == "resolved", "the desk has closed it")

    admin.get_by_role("link", name="Erase this visitor").click()
    expect(admin.get_by_role("heading", name="What does not go")).to_be_visible()
    assert complaints(admin) == []
    admin.get_by_role("button", name="Erase Visitor").click()
    expect(admin.get_by_text("was erased here, and at the desk of Demo desk.")).to_be_visible()
    expect(admin.get_by_role("status").filter(has_text="1 conversation")).to_be_visible()
    assert requests.get(f"{hub.url}/webchat/events", headers=talked.headers, timeout=10).status_code == 401
    assert not any(each["id"] == agent_api.thread for each in agent_api.conversations())
    assert in_our_database(hub, "SELECT count(*) FROM handoffs_message WHERE text LIKE ?", f"%{talked.tab}%") == [(0,)]


def test_an_open_chat_of_an_erased_visitor_begins_anew(admin: Page, hub: Hub, visitor: Any) -> None:
    words = f"I am number {uuid.uuid4().hex}"
    chat = visitor.opens(f"{hub.url}/chat/demo/")
    expect(chat.get_by_text("welcome to Northwind Coffee")).to_be_visible()
    chat.get_by_label("Your message").fill(words)
    chat.keyboard.press("Enter")
    eventually(lambda: in_our_database(hub, "SELECT 1 FROM handoffs_message WHERE text = ?", words), "it is stored")
    admin.goto(f"{hub.url}/admin/handoffs/conversation/?q={words}")
    admin.locator(".conversations a").click()
    admin.get_by_role("link", name="Erase this visitor").click()
    admin.get_by_role("button", name="Erase Visitor").click()
    expect(admin.get_by_text("was erased here.")).to_be_visible()
    expect(chat.get_by_text(words)).to_be_hidden()


def test_it_is_good_on_a_phone_in_the_dark(people: Any, hub: Hub, talked: Visitor) -> None:
    page = people(viewport={"width": 375, "height": 800}, color_scheme="dark").opens(hub.url)
    log_in(page, hub)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto(f"{hub.url}/admin/handoffs/conversation/?scenario__id__exact=1&failed=any")
    steps = (("Conversations", ".conversations a"), ("What was said", "a.danger"), ("Erase this visitor?", ""))
    for heading, step in steps:
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert complaints(page) == []
        if step:
            page.locator(step).first.click()
    there = in_our_database(hub, "SELECT id, domain FROM handoffs_handoff WHERE name = 'Demo desk'")[0]
    in_our_database(hub, "UPDATE handoffs_handoff SET domain = 'http://127.0.0.1:9/' WHERE id = ?", there[0])
    page.get_by_role("button", name="Erase Visitor").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was erased here yet")
    expect(page.get_by_role("button", name="Erase here without the desk")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints(page) == []
    in_our_database(hub, "UPDATE handoffs_handoff SET domain = ? WHERE id = ?", there[1], there[0])
    page.get_by_role("button", name="Try the desk again").click()
    expect(page.get_by_text("was erased here, and at the desk of Demo desk.")).to_be_visible()
