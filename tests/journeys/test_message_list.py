"""The list of messages in a browser: moved with the mouse, a finger, the keyboard, and without a script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.axe import complaints
from tests.hub import Hub

FIRST = ["Welcome by name", "Welcome", "Opening hours"]


def list_of(hub: Hub) -> str:
    return f"{hub.url}/admin/handoffs/messagetemplate/?scenario__id__exact=1"


def log_in(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture
def messages(admin: Page, hub: Hub) -> Page:
    admin.goto(list_of(hub))
    return admin


def names(page: Page) -> Locator:
    return page.locator("#messages > li:not([hidden]) h2")


def begins_with(page: Page, *wanted: str) -> None:
    for place, name in enumerate(wanted):
        expect(names(page).nth(place)).to_have_text(name)


def handle(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Move “{name}”", exact=True)


def centre(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def saved(page: Page) -> None:
    """The server has answered."""
    expect(page.locator("#messages")).not_to_have_attribute("aria-busy", "true")


def test_a_message_is_moved_with_the_keyboard_and_keeps_the_focus(messages: Page) -> None:
    begins_with(messages, *FIRST)
    many = names(messages).count()
    handle(messages, "Welcome").focus()
    for key, place in (("ArrowUp", 1), ("ArrowDown", 2), ("End", many), ("ArrowDown", many), ("Home", 1)):
        stays = key == "ArrowDown" and place == many
        words = "“Welcome” cannot go further." if stays else f"“Welcome”: place {place} of {many}."
        messages.keyboard.press(key)
        expect(names(messages).nth(place - 1)).to_have_text("Welcome")
        expect(messages.get_by_role("status")).to_have_text(words)
        expect(handle(messages, "Welcome")).to_be_focused()
    saved(messages)
    messages.reload()
    begins_with(messages, "Welcome", "Welcome by name", "Opening hours")


def test_keys_that_are_pressed_quickly_do_not_overtake_each_other(messages: Page) -> None:
    many = names(messages).count()
    last = names(messages).last.inner_text()
    handle(messages, last).focus()
    for _ in range(many - 1):
        messages.keyboard.press("ArrowUp")
    expect(names(messages).first).to_have_text(last)
    expect(messages.get_by_role("status")).to_have_text(f"“{last}”: place 1 of {many}.")
    messages.keyboard.press("End")
    saved(messages)
    messages.reload()
    expect(names(messages).last).to_have_text(last)


def test_a_message_is_dragged_with_the_mouse(messages: Page, hub: Hub) -> None:
    first, second, third = names(messages).all_inner_texts()[:3]
    x, y = centre(handle(messages, first))
    _, below = centre(messages.locator("#messages > li").nth(1))
    messages.mouse.move(x, y)
    messages.mouse.down()
    messages.mouse.move(x, below + 8, steps=5)
    begins_with(messages, second, first, third)
    messages.mouse.up()
    expect(messages.get_by_role("status")).to_contain_text(f"“{first}”: place 2 of")
    saved(messages)
    expect(handle(messages, first)).to_be_focused()
    messages.reload()
    begins_with(messages, second, first, third)


def test_escape_puts_a_dragged_message_back(messages: Page) -> None:
    order = names(messages).all_inner_texts()
    x, y = centre(handle(messages, order[0]))
    _, below = centre(messages.locator("#messages > li").nth(1))
    messages.mouse.move(x, y)
    messages.mouse.down()
    messages.mouse.move(x, below + 8, steps=5)
    begins_with(messages, order[1], order[0])
    messages.keyboard.press("Escape")
    begins_with(messages, *order)
    messages.mouse.up()
    messages.reload()
    begins_with(messages, *order)


def test_a_message_is_dragged_with_a_finger_and_the_list_scrolls_along(people: Any, hub: Hub) -> None:
    page = people(viewport={"width": 375, "height": 700}, has_touch=True, color_scheme="dark").opens(hub.url)
    log_in(page, hub)
    page.goto(list_of(hub))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints(page) == []
    first, many = names(page).first.inner_text(), names(page).count()
    x, y = centre(handle(page, first))
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": 690}]})
    expect(names(page).last).to_have_text(first)
    assert page.evaluate("scrollY > 700")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    saved(page)
    page.reload()
    expect(names(page).last).to_have_text(first)
    handle(page, first).press("Home")
    expect(page.get_by_role("status")).to_have_text(f"“{first}”: place 1 of {many}.")
    saved(page)


def test_the_buttons_work_without_leaving_the_page(messages: Page) -> None:
    first, second = names(messages).all_inner_texts()[:2]
    down = messages.get_by_role("button", name=f"Move down “{first}”")
    down.press("Enter")
    begins_with(messages, second, first)
    expect(down).to_be_focused()
    saved(messages)
    expect(down).to_be_focused()
    messages.get_by_role("button", name=f"Move up “{first}”").press("Enter")
    begins_with(messages, first, second)
    # Its button can be pressed no more.
    expect(handle(messages, first)).to_be_focused()
    saved(messages)
    assert "#" not in messages.url


def test_without_a_script_the_same_buttons_post(people: Any, hub: Hub) -> None:
    page = people(java_script_enabled=False).opens(hub.url)
    log_in(page, hub)
    page.goto(list_of(hub))
    first, second = names(page).all_inner_texts()[:2]
    expect(page.locator(".handle").first).to_be_hidden()
    page.get_by_role("button", name=f"Move down “{first}”").click()
    expect(page.get_by_text(f"“{first}” is now 2 of")).to_be_visible()
    begins_with(page, second, first)
    page.get_by_role("button", name=f"Duplicate “{first}”").click()
    expect(page.get_by_text(f"Its copy, “{first} (2)”, is right below it.")).to_be_visible()
    begins_with(page, second, first, f"{first} (2)")
    page.get_by_role("link", name=f"Delete “{first} (2)”").click()
    page.get_by_role("button", name="Yes, I’m sure").click()
    begins_with(page, second, first)
    assert "scenario__id__exact=1" in page.url


def test_a_move_that_fails_is_said_and_undone(messages: Page) -> None:
    order = names(messages).all_inner_texts()
    messages.route("**/move/**", lambda route: route.fulfill(body="<p>Please log in.</p>", content_type="text/html"))
    x, y = centre(handle(messages, order[0]))
    _, below = centre(messages.locator("#messages > li").nth(1))
    messages.mouse.move(x, y)
    messages.mouse.down()
    messages.mouse.move(x, below + 8, steps=5)
    messages.mouse.up()
    expect(messages.get_by_role("status")).to_contain_text("It was not moved")
    begins_with(messages, *order)


def test_two_people_who_move_at_once_lose_nothing(browser: Browser, messages: Page, hub: Hub) -> None:
    other = browser.new_context().new_page()
    log_in(other, hub)
    other.goto(list_of(hub))
    order = names(messages).all_inner_texts()
    handle(messages, order[0]).press("End")
    saved(messages)
    handle(other, order[2]).press("Home")
    begins_with(other, order[2], order[1], *order[3:], order[0])
    other.context.close()


def test_typing_narrows_the_list(messages: Page) -> None:
    assert complaints(messages) == []
    many = names(messages).count()
    field = messages.get_by_label("Show messages with")
    field.fill("PARCEL")
    expect(names(messages)).to_have_text(["Orders"])
    expect(messages.get_by_role("status")).to_have_text(f"1 of {many} messages are shown.")
    field.fill("zebra")
    expect(messages.get_by_text("No message is like that.")).to_be_visible()
    assert complaints(messages) == []
    field.press("Enter")
    field.fill("")
    expect(names(messages)).to_have_count(many)


def test_in_a_narrowed_list_a_message_moves_past_those_that_are_not_shown(messages: Page) -> None:
    order = names(messages).all_inner_texts()
    messages.get_by_label("Show messages with").fill("welcome")
    shown = names(messages).all_inner_texts()
    assert 2 < len(shown) < len(order)
    handle(messages, shown[0]).press("End")
    saved(messages)
    begins_with(messages, *shown[1:], shown[0])
    messages.reload()
    rest = [name for name in order if name != shown[0]]
    behind = rest.index(shown[-1]) + 1
    begins_with(messages, *rest[:behind], shown[0], *rest[behind:])
    handle(messages, shown[0]).press("Home")
    saved(messages)


def test_an_empty_scenario_says_what_to_do_first(admin: Page, hub: Hub) -> None:
    admin.goto(f"{hub.url}/admin/handoffs/scenario/add/")
    admin.get_by_label("Name").fill("Silent")
    admin.get_by_role("button", name="Add scenario").click()
    admin.get_by_role("navigation", name="Sections of Silent").get_by_role("link", name="Messages").click()
    for _ in range(2):
        admin.get_by_role("link", name="Delete").first.click()
        admin.get_by_role("button", name="Yes, I’m sure").click()
    expect(admin.get_by_text("This scenario says nothing yet")).to_be_visible()
    assert complaints(admin) == []
    admin.get_by_role("link", name="Add a welcome message").click()
    expect(admin.locator("#id_name")).to_have_value("Welcome")
