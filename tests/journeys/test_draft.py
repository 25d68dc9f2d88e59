"""The chat inside the admin's pages: it shows what is being edited, before it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import axe, samples
from tests.hub import Hub

SETTINGS = "handoffs/interfacesettings/1/change/"


def draft_of(page: Page) -> Any:
    return page.frame_locator(".look iframe")


def test_the_look_shows_in_the_chat_while_it_is_chosen(admin: Page, hub: Hub) -> None:
    admin.goto(f"{hub.url}/admin/{SETTINGS}")
    draft = draft_of(admin)
    expect(draft.get_by_text("Hello, I have a question.")).to_be_visible()
    admin.get_by_label("Title").fill("Ask <b>Ada</b>")
    expect(draft.get_by_role("heading", level=1)).to_have_text("Ask <b>Ada</b>")
    admin.get_by_label("Bot name").fill("Ada")
    expect(draft.locator(".author", has_text="Ada").first).to_be_visible()
    admin.get_by_label("Colour:", exact=True).fill("#aa0000")
    expect(draft.locator("html")).to_have_css("--handoff-accent", "#aa0000")
    admin.locator("[name=new_bot_avatar]").set_input_files(
        files={"name": "ada.png", "mimeType": "image/png", "buffer": samples.picture("PNG")}
    )
    expect(draft.locator(".avatar img").first).to_have_js_property("complete", True)
    assert draft.locator(".avatar img").first.evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_everybody_can_read_it(people: Any, hub: Hub, width: int, scheme: str) -> None:
    page = people(viewport={"width": width, "height": 800}, color_scheme=scheme).opens(f"{hub.url}/admin/?next=/admin/{SETTINGS}")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{hub.url}/admin/{SETTINGS}")
    expect(draft_of(page).get_by_text("Hello, I have a question.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [axe.complaints(frame) for frame in page.frames] == [[], []]


# The page around the draft, as an editor of messages is one.
TELL = """(tiles) => document.querySelector(".look iframe").contentWindow.postMessage({ type: "tiles", tiles }, location.origin)"""


def test_tiles_show_as_they_are_typed_and_stay_where_they_stand(admin: Page, hub: Hub) -> None:
    admin.goto(f"{hub.url}/admin/{SETTINGS}")
    draft = draft_of(admin)
    expect(draft.get_by_text("Hello, I have a question.")).to_be_visible()
    admin.evaluate(TELL, [{"kind": "text", "text": "Good day, {user.first_name}"}])
    expect(draft.get_by_text("Good day, Sam")).to_be_visible()
    expect(draft.get_by_text("Hello, I have a question.")).to_be_hidden()
    draft.locator("article").evaluate("element => (element.dataset.marked = 'yes')")
    picture = "data:image/png;base64," + "A" * 100_000
    tiles = [{"kind": "text", "text": "Good **evening**"}, {"kind": "image", "picture": picture, "alt_text": "Beans"}]
    admin.evaluate(
        TELL, [*tiles, *({"kind": "text", "text": f"More {number}"} for number in range(20)), {"kind": "handover", "text": "Wait"}]
    )
    expect(draft.get_by_text("Jane has joined the chat.")).to_be_in_viewport()
    expect(draft.get_by_role("img", name="Beans")).to_have_attribute("src", picture)
    expect(draft.locator("article").first).to_have_attribute("data-marked", "yes")
    expect(draft.locator("article").first).to_contain_text("Good evening")
