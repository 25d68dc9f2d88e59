"""A browser, the product as ``./start`` runs it, and two people: a visitor and an agent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser import launch_options
from tests.hub import Hub

# A busy machine is not a broken product.
expect.set_options(timeout=15_000)


# Not for the whole session: Playwright keeps an event loop running in this thread, in which Django refuses to touch the database.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp(f"hub-{uuid.uuid4().hex[:6]}")).start()
    yield hub
    hub.kill()


def told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location.get('url', '')}".strip()


class Person:
    """Somebody at a browser of their own. What their pages complain about is collected."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.complaints: list[str] = []
        # A socket that cannot connect while the server is down is the network's news, not the page's fault.
        self.tolerated = {"ERR_CONNECTION_REFUSED", "WebSocket connection"}
        context.on("console", lambda message: self.note(told(message)) if message.type == "error" else None)
        context.on("weberror", lambda error: self.note(str(error.error)))

    def note(self, complaint: str) -> None:
        if not any(words in complaint for words in self.tolerated):
            self.complaints.append(complaint)

    def opens(self, url: str) -> Page:
        page = self.context.new_page()
        page.goto(url)
        return page


@pytest.fixture
def people(browser: Browser) -> Iterator[Any]:
    arrived: list[Person] = []

    def arrive(**options: Any) -> Person:
        arrived.append(Person(browser.new_context(**options)))
        return arrived[-1]

    yield arrive
    for person in arrived:
        person.context.close()
        assert person.complaints == []


@pytest.fixture
def visitor(people: Any) -> Person:
    return people()


@pytest.fixture
def agent(people: Any) -> Person:
    return people(viewport={"width": 1280, "height": 800})


@pytest.fixture
def admin(people: Any, hub: Hub) -> Page:
    """The admin, logged in."""
    page = people().opens(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    return page
