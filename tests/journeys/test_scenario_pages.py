"""The pages around a scenario, in a browser: readable for everybody, on any screen, and alive while one types."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import axe, samples
from tests.hub import Hub

PAGES = {
    "first": "",
    "list": "handoffs/scenario/",
    "add": "handoffs/scenario/add/",
    "import": "handoffs/scenario/import/",
    "home": "handoffs/scenario/1/change/",
    "interface": "handoffs/interfacesettings/1/change/",
    "publish": "handoffs/scenario/1/publish/",
}


def admin(browser: Browser, hub: Hub, width: int = 1280, scheme: str = "light") -> Page:
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.goto(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password.strip())
    page.get_by_role("button", name="Log in").click()
    return page


@pytest.fixture
def page(browser: Browser, hub: Hub) -> Iterator[Page]:
    page = admin(browser, hub)
    yield page
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_every_page_can_be_read_by_everybody(browser: Browser, hub: Hub, width: int, scheme: str) -> None:
    page = admin(browser, hub, width, scheme)
    for name, path in PAGES.items():
        page.goto(f"{hub.url}/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert axe.complaints(page) == [], name
    page.context.close()


def test_a_scenario_is_made_switched_on_and_copied(page: Page, hub: Hub) -> None:
    page.get_by_role("link", name="Add scenario").click()
    page.get_by_label("Name").fill("Juice bar")
    page.get_by_role("button", name="Add scenario").click()
    expect(page.get_by_text("No message hands over to a human")).to_be_visible()
    expect(page.get_by_role("switch", name="Active")).not_to_be_checked()
    page.get_by_role("switch", name="Active").press("Enter")
    expect(page.get_by_role("switch", name="Active")).to_be_checked()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Juice bar (copy)")
    expect(page.get_by_role("switch", name="Active")).not_to_be_checked()


def test_an_exported_file_is_imported(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/admin/handoffs/scenario/1/change/")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Export").click()
    assert saved.value.suggested_filename == "northwind-coffee.handoff.json"
    page.goto(f"{hub.url}/admin/handoffs/scenario/import/")
    page.get_by_label("Exported scenario").set_input_files(saved.value.path())
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("“Northwind Coffee” was imported.")).to_be_visible()
    expect(page.get_by_text("which needs its access token.").first).to_be_visible()


def test_the_look_is_shown_and_checked_while_it_is_chosen(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/admin/handoffs/interfacesettings/1/change/")
    launcher, warning = page.locator(".look .launcher"), page.locator(".look .contrast")
    expect(warning).to_be_hidden()
    page.get_by_label("Launcher text").fill("Ask us")
    page.get_by_label("Launcher side").select_option("left")
    page.get_by_label("Colour:", exact=True).fill("#777")
    page.get_by_label("Text on the colour:", exact=True).fill("#FFFFFF")
    expect(launcher).to_have_text("Ask us")
    expect(launcher).to_have_css("background-color", "rgb(119, 119, 119)")
    expect(launcher).to_have_css("color", "rgb(0, 0, 0)")
    expect(warning).to_have_text(
        "The text cannot be read on the colour: contrast 4.4:1, and 4.5:1 is needed. Visitors see black text instead."
    )
    page.get_by_label("Pick: Text on the colour").fill("#000000")
    expect(page.get_by_label("Text on the colour:", exact=True)).to_have_value("#000000")
    expect(warning).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The interface settings were saved.")).to_be_visible()
    expect(page.get_by_label("Colour:", exact=True)).to_have_value("#777777")


def test_leaving_asks_before_settings_are_thrown_away_and_only_then(page: Page, hub: Hub) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{hub.url}/admin/handoffs/interfacesettings/1/change/")
    title = page.get_by_label("Title:")
    before = title.input_value()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("switch", name="Active")).to_be_visible()
    page.go_back()
    title.fill("Not kept")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("switch", name="Active")).to_be_visible()
    assert asked == ["beforeunload"]
    page.go_back()
    title.fill(before)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The interface settings were saved.")).to_be_visible()
    assert asked == ["beforeunload"]


def test_a_picture_is_still_there_after_something_else_was_refused(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/admin/handoffs/interfacesettings/1/change/")
    title = page.get_by_label("Title:")
    before = title.input_value()
    title.fill("")
    page.get_by_label("Logo:", exact=True).set_input_files({"name": "leaf.png", "mimeType": "image/png", "buffer": samples.picture("PNG")})
    page.get_by_role("button", name="Save").click()
    kept = page.get_by_label("Use “leaf.png”, which you chose before")
    expect(kept).to_be_checked()
    logo = page.frame_locator(".look iframe").locator("header img").first
    expect(logo).to_have_attribute("src", re.compile(str(kept.get_attribute("value"))))
    assert axe.complaints(page) == []
    title.fill(before)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The interface settings were saved.")).to_be_visible()
    expect(page.get_by_label("Show no logo")).to_be_visible()
