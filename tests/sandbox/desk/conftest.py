"""An agent at the desk, in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from sandbox import people
from tests.browser import launch_options
from tests.sandbox.conftest import Api, Json, World

# A busy machine is not a broken page.
expect.set_options(timeout=15_000)

REFUSED = "Failed to load resource"  # the browser's own note on any answer that is not 200


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """Jane's. Any error on the console fails the test: a refused inline script would be one."""
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" and REFUSED not in message.text else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(world.server.url)
    yield page
    page.close()
    assert problems == []


class Thread:
    """Ann's conversation, open at the desk."""

    def __init__(self, world: World, page: Page) -> None:
        self.world, self.page = world, page
        self.id = world.conversation()
        self.log = page.get_by_role("log", name="Messages")
        self.box = page.get_by_label("Reply", exact=True)
        page.get_by_role("link", name="Ann").click()
        expect(self.log).to_be_visible()
        world.forget()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def article(self, text: str) -> Locator:
        return self.log.get_by_role("article").filter(has_text=text)

    def chooses(self, menu: str, item: str) -> None:
        self.button(menu).click()
        self.page.get_by_role("menuitem", name=item).click()

    def messages(self) -> list[Json]:
        return self.world.server.messages(self.id)

    def conversation(self) -> Json:
        shown: Json = self.world.admin.get(f"/conversations/{self.id}").json()
        return shown

    def has_status(self, message: Json, status: str, **more: str) -> None:
        self.world.admin.patch(f"/conversations/{self.id}/messages/{message['id']}", status=status, **more)

    def public(self, action: str, **body: str) -> None:
        """What Ann's chat does by the public API."""
        identifier = self.world.store.find("inboxes", id=self.world.demo.inbox_id)["identifier"]
        base = f"{self.world.server.url}/public/api/v1/inboxes/{identifier}/contacts/S"
        Api(base, "").post(f"/conversations/{self.id}/{action}", **body).raise_for_status()


@pytest.fixture
def thread(world: World, page: Page) -> Thread:
    return Thread(world, page)


@pytest.fixture
def robin(world: World, page: Page) -> Page:
    """The desk of an administrator."""
    people.create_user(world.store, world.demo.account_id, name="Robin Lead", email="robin@demo.test", role="administrator")
    page.reload()
    page.get_by_label("You are").select_option("Robin Lead")
    return page
