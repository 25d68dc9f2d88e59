"""The Message Editor as an admin uses it: with the mouse, with the keyboard alone, on a phone, and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import axe, samples
from tests.hub import Hub
from tests.journeys.conftest import Person

# Nothing is covered by the bar that saves: what it covers can be scrolled to.
TALL = 9000
MESSAGES = "handoffs/messagetemplate/"


def logged_in(page: Page, hub: Hub) -> Page:
    page.goto(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    return page


@pytest.fixture
def page(admin: Page, hub: Hub) -> Page:
    admin.goto(f"{hub.url}/admin/{MESSAGES}add/?scenario=1")
    return admin


@pytest.fixture
def phone(people: Any, hub: Hub) -> Page:
    person: Person = people(viewport={"width": 375, "height": 800}, color_scheme="dark", has_touch=True)
    return logged_in(person.context.new_page(), hub)


@pytest.fixture
def plain(browser: Browser, hub: Hub) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield logged_in(context.new_page(), hub)
    context.close()


def tile(page: Page, kind: str) -> Locator:
    return page.locator(f".tile[data-kind={kind}]")


def add(page: Page, kind: str) -> Locator:
    page.locator(f".kinds button[data-kind={kind}]").click()
    return tile(page, kind).last


def order(page: Page) -> list[str]:
    return page.locator(".tile:not(.removed) .tile-name").all_inner_texts()


def texts(page: Page) -> list[str]:
    """What the tiles say, from top to bottom."""
    said: list[str] = page.locator(".tile:not(.removed) [name$='-text']:not([hidden])").evaluate_all("all => all.map(({ value }) => value)")
    return said


def three_texts(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Used:").select_option("button")
    for words in ("one", "two", "three"):
        add(page, "text").get_by_role("textbox", name="Text:").fill(words)


def saved(page: Page, name: str) -> None:
    """Saved, and opened again."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(f"The message “{name}” was")).to_be_visible()
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_label("Name")).to_have_value(name)
    expect(page.locator("html.scripted")).to_be_attached()


def said(page: Page) -> Any:
    return page.frame_locator(".stage iframe").locator("#log")


def row(within: Locator, number: int) -> Locator:
    return within.locator(".row").nth(number)


# --- With the mouse -----------------------------------------------------------------------------------------------------------------------


def test_a_message_is_made_of_every_kind_of_tile_and_a_visitor_gets_it(page: Page, visitor: Person, hub: Hub) -> None:
    page.get_by_label("Name").fill("Everything")
    page.get_by_label("Phrases").fill("everything")
    add(page, "text").get_by_role("textbox", name="Text:").fill("Hello **{user.first_name|you}**")
    expect(said(page).get_by_text("Hello Sam")).to_be_visible()

    image = add(page, "image")
    image.get_by_label("Another picture").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": samples.picture("PNG")})
    image.get_by_label("What it shows").fill("A cup")
    expect(said(page).get_by_alt_text("A cup")).to_be_visible()

    form = add(page, "form")
    form.get_by_role("button", name="Add field").click()
    row(form, 0).get_by_label("Label").fill("Order number")
    row(form, 0).get_by_label("Label").press("Tab")
    expect(row(form, 0).get_by_label("Kept as")).to_have_value("request.order_number")
    form.get_by_role("button", name="Add field").click()
    row(form, 1).get_by_label("Label").fill("Size")
    row(form, 1).get_by_label("Type").select_option("Choice")
    row(form, 1).get_by_label("Choices, one a line").fill("Small\nLarge")
    row(form, 1).get_by_label("Must be filled in").check()
    expect(said(page).get_by_label("Size")).to_be_visible()

    buttons = add(page, "buttons")
    for _ in range(3):
        buttons.get_by_role("button", name="Add button").click()
    row(buttons, 0).get_by_label("Label").fill("A human, please")
    row(buttons, 0).get_by_label("Message").select_option("Talk to a human")
    row(buttons, 1).get_by_label("Label").fill("Our site")
    row(buttons, 1).get_by_label("When pressed").select_option("opens a link")
    row(buttons, 1).get_by_label("Link").fill("https://www.example.com/")
    row(buttons, 2).get_by_label("Label").fill("Gold")
    row(buttons, 2).get_by_label("When pressed").select_option("keeps a value")
    row(buttons, 2).get_by_label("Attribute").fill("user.plan")
    row(buttons, 2).get_by_label("Value").fill("gold")
    row(buttons, 2).get_by_role("button", name="Move up").click()
    expect(said(page).get_by_role("button", name="Gold")).to_be_visible()

    expect(page.get_by_text("Not saved yet")).to_be_visible()
    saved(page, "Everything")
    assert order(page) == ["Text", "Image", "Form", "Buttons"]
    buttons = tile(page, "buttons")
    assert [each.input_value() for each in buttons.get_by_label("Label").all()] == ["A human, please", "Gold", "Our site"]
    assert row(tile(page, "form"), 1).get_by_label("Choices, one a line").input_value() == "Small\nLarge"
    expect(page.get_by_text("Not saved yet")).to_be_hidden()

    chat = visitor.opens(f"{hub.url}/chat/demo/")
    chat.get_by_label("Your message").fill("everything")
    chat.get_by_label("Your message").press("Enter")
    expect(chat.get_by_text("Hello you")).to_be_visible()
    expect(chat.get_by_alt_text("A cup")).to_be_visible()
    expect(chat.get_by_label("Order number")).to_be_visible()


def test_tiles_are_dragged(page: Page) -> None:
    three_texts(page, "Dragged")
    start = page.locator(".tile .handle").nth(2)
    start.hover()
    box, goal = start.bounding_box(), page.locator(".tile").first.bounding_box()
    assert box and goal
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8, goal["y"] + 60, steps=8)
    page.mouse.move(box["x"] + 8, goal["y"] + 4, steps=8)
    assert texts(page) == ["three", "one", "two"]
    page.keyboard.press("Escape")
    assert texts(page) == ["one", "two", "three"]
    page.mouse.up()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8, goal["y"] + 4, steps=12)
    page.mouse.up()
    assert texts(page) == ["three", "one", "two"]
    expect(said(page).locator("article .words").first).to_have_text("three")
    saved(page, "Dragged")
    assert texts(page) == ["three", "one", "two"]


def test_a_tile_is_duplicated_deleted_and_brought_back(page: Page) -> None:
    three_texts(page, "Twice")
    page.get_by_role("button", name="Duplicate: Text").nth(1).click()
    assert texts(page) == ["one", "two", "two", "three"]
    page.get_by_role("button", name="Delete: Text").first.click()
    page.get_by_role("button", name="Delete: Text").last.click()
    assert texts(page) == ["two", "two"]
    expect(said(page).locator("article")).to_have_count(2)
    page.get_by_role("button", name="Undo").last.click()
    assert texts(page) == ["two", "two", "three"]
    saved(page, "Twice")
    assert texts(page) == ["two", "two", "three"]
    page.get_by_role("button", name="Delete: Text").first.click()
    saved(page, "Twice")
    assert texts(page) == ["two", "three"]


def test_what_the_agent_will_see_stands_beside_the_handover(page: Page) -> None:
    handover = add(page, "handover")
    handover.get_by_text("What the agent will see").click()
    expect(handover.get_by_text("Ada Lovelace")).to_be_visible()
    expect(handover.locator("strong", has_text="Handed over")).to_be_visible()
    expect(said(page).get_by_text("Jane")).to_be_visible()


def test_an_attribute_is_put_where_the_caret_is(page: Page) -> None:
    words = add(page, "text").get_by_role("textbox", name="Text:")
    words.fill("Hello , welcome")
    words.evaluate("field => field.setSelectionRange(6, 6)")
    page.get_by_role("button", name="Insert attribute: Text").click()
    page.get_by_label("Find").fill("first")
    page.get_by_label("Find").press("Enter")
    page.keyboard.type("you")
    assert words.input_value() == "Hello {user.first_name|you}, welcome"
    expect(words).to_be_focused()


def test_a_refused_message_comes_back_as_it_was(page: Page) -> None:
    three_texts(page, "")
    page.get_by_role("button", name="Delete: Text").nth(1).click()
    page.get_by_role("button", name="Move up: Text").last.click()
    buttons = add(page, "buttons")
    buttons.get_by_role("button", name="Add button").click()
    buttons.get_by_label("Label").fill("Nowhere")
    add(page, "end")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("“Nowhere” leads nowhere.")).to_be_visible()
    # The page is as it was once its script has looked at it.
    expect(page.locator(".tile.removed")).to_have_count(1)
    assert texts(page) == ["three", "one", "", ""]
    assert order(page) == ["Text", "Text", "Buttons", "End of chat"]
    expect(tile(page, "buttons").get_by_label("Label")).to_have_value("Nowhere")


def test_a_picture_is_not_chosen_twice(page: Page) -> None:
    image = add(page, "image")
    image.get_by_label("Another picture").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": samples.picture("PNG")})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Say what the image shows")).to_be_visible()
    expect(page.get_by_label("Use “cup.png”")).to_be_checked()
    page.get_by_label("Name:").fill("Two cups")
    page.get_by_label("Used:").select_option("button")
    tile(page, "image").get_by_label("What it shows").fill("A cup")
    page.get_by_role("button", name="Duplicate: Image").click()
    expect(said(page).get_by_alt_text("A cup")).to_have_count(2)
    saved(page, "Two cups")
    expect(said(page).get_by_alt_text("A cup")).to_have_count(2)


def test_a_picture_that_is_too_large_is_refused_before_it_is_sent(page: Page) -> None:
    image = add(page, "image").get_by_label("Another picture")
    image.set_input_files({"name": "big.png", "mimeType": "image/png", "buffer": b"x" * (2 * 2**20 + 1)})
    expect(image).to_have_value("")
    assert "larger than 2 MB" in image.evaluate("field => field.validationMessage")


def test_a_picture_of_almost_two_megabytes_arrives(page: Page) -> None:
    page.get_by_label("Name:").fill("Large")
    page.get_by_label("Used:").select_option("button")
    image = add(page, "image")
    large = samples.picture("PNG") + b"\0" * 1_900_000
    image.get_by_label("Another picture").set_input_files({"name": "large.png", "mimeType": "image/png", "buffer": large})
    image.get_by_label("What it shows").fill("A cup")
    saved(page, "Large")
    expect(said(page).get_by_alt_text("A cup")).to_be_visible()


def test_an_unfinished_row_is_named_before_anything_is_sent(page: Page) -> None:
    page.get_by_label("Name").fill("Unfinished")
    buttons = add(page, "buttons")
    buttons.get_by_role("button", name="Add button").click()
    buttons.get_by_label("Message").select_option("Talk to a human")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(buttons.get_by_label("Label")).to_be_focused()
    buttons.get_by_label("Label").fill("A = user.plan: gold")
    assert "Leave out" in buttons.get_by_label("Label").evaluate("field => field.validationMessage")
    buttons.get_by_label("Label").fill("Fine")
    assert buttons.get_by_label("Label").evaluate("field => field.validationMessage") == ""


def test_leaving_asks_before_it_throws_words_away(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Name").fill("Not kept")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("switch", name="Active")).to_be_visible()
    assert asked == ["beforeunload"]


# --- With the keyboard alone --------------------------------------------------------------------------------------------------------------


def test_everything_is_done_without_a_mouse(page: Page) -> None:
    status = page.locator("#editor-status")
    page.get_by_label("Name").focus()
    page.keyboard.type("By hand")
    for words in ("one", "two"):
        page.locator(".kinds button[data-kind=text]").focus()
        page.keyboard.press("Enter")
        expect(status).to_have_text("Text added as the last tile.")
        page.keyboard.type(words)
    page.get_by_label("Used:").focus()
    page.get_by_label("Used:").select_option("button")
    page.locator(".handle").last.focus()
    page.keyboard.press("ArrowUp")
    expect(status).to_have_text("Text: place 1 of 2.")
    expect(page.locator(".handle").first).to_be_focused()
    assert texts(page) == ["two", "one"]
    page.keyboard.press("ArrowUp")
    expect(status).to_have_text("Text cannot go further.")
    page.keyboard.press("End")
    assert texts(page) == ["one", "two"]
    page.get_by_role("button", name="Delete: Text").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(status).to_have_text("Text is back.")
    buttons = tile(page, "buttons")
    page.locator(".kinds button[data-kind=buttons]").focus()
    page.keyboard.press("Enter")
    buttons.get_by_role("button", name="Add button").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Human")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Talk")
    expect(buttons.get_by_label("Message")).to_have_value("Talk to a human")
    page.get_by_role("button", name="Save", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The message “By hand” was")).to_be_visible()


# --- On a phone, and for everybody --------------------------------------------------------------------------------------------------------


def test_a_phone_has_room_for_all_of_it(phone: Page, hub: Hub) -> None:
    phone.goto(f"{hub.url}/admin/{MESSAGES}add/?scenario=1")
    for kind in ("text", "image", "buttons", "form", "handover", "end"):
        added = add(phone, kind)
        for adder in added.locator(".rows:visible > button").all():
            adder.click()
    phone.get_by_role("button", name="Add condition").click()
    tile(phone, "handover").get_by_text("When it ends", exact=True).click()
    tile(phone, "end").get_by_role("button", name="Delete").click()
    assert phone.evaluate("document.documentElement.scrollWidth") == 375
    phone.set_viewport_size({"width": 375, "height": TALL})
    assert axe.complaints(phone) == []
    phone.get_by_role("button", name="Insert attribute: When it starts").click()
    assert axe.complaints(phone) == []


def test_a_desktop_too(page: Page) -> None:
    for kind in ("text", "image", "buttons", "form", "handover", "end"):
        add(page, kind)
    page.set_viewport_size({"width": 1280, "height": TALL})
    assert axe.complaints(page) == []


# --- Without a script ---------------------------------------------------------------------------------------------------------------------


def test_without_a_script_the_form_does_it(plain: Page, hub: Hub) -> None:
    plain.goto(f"{hub.url}/admin/{MESSAGES}add/?scenario=1")
    plain.get_by_label("Name").fill("Plain")
    plain.get_by_label("Phrases").fill("plain")
    plain.get_by_label("Kind").select_option("buttons")
    plain.locator("[name=blocks-0-text]").fill("Choose")
    plain.locator("[name=blocks-0-buttons]").fill("Human -> Talk to a human\nSite -> https://www.example.com/")
    plain.get_by_role("button", name="Save and stay").click()
    expect(plain.get_by_text("was added successfully")).to_be_visible()
    plain.locator("[name=blocks-0-DELETE]").check()
    plain.locator("[name=blocks-1-text]").fill("Instead")
    plain.get_by_role("button", name="Save and stay").click()
    expect(plain.locator("[name=blocks-0-text]")).to_have_value("Instead")
