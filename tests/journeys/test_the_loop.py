"""The whole loop, in a browser: a visitor is handed over to a human, is answered, and comes back to the bot."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.widget import change


def say(chat, text):
    chat.get_by_label("Your message").fill(text)
    chat.get_by_role("button", name="Send").click()


def said(chat):
    """The words of each message in the chat, top to bottom."""
    return chat.get_by_role("log", name="Messages").locator(".words").all_inner_texts()


def sees(chat, text):
    expect(chat.get_by_role("log", name="Messages")).to_contain_text(text)


def take_newest(desk: Page, words: str) -> None:
    """The agent opens the conversation whose last line is this."""
    desk.get_by_role("link").filter(has_text=words).click()
    expect(desk.get_by_label("Reply", exact=True)).to_be_visible()


def reply(desk: Page, text: str) -> None:
    desk.get_by_role("textbox").fill(text)
    desk.get_by_role("button", name="Send").click()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_visitor_is_handed_over_answered_and_given_back(hub, visitor, agent, transport):
    change(hub, use_websockets=transport == "websocket")
    problem = f"My parcel is wet ({uuid.uuid4().hex[:6]})"
    chat = visitor.opens(f"{hub.url}/chat/demo/")
    sockets: list[str] = []
    chat.on("websocket", lambda socket: sockets.append(socket.url))
    sees(chat, "Hello, and welcome")
    say(chat, "When are you open?")
    sees(chat, "The roastery is open")
    chat.get_by_role("button", name="Talk to a human").last.click()
    sees(chat, "I am fetching a colleague")
    say(chat, problem)
    expect(chat.get_by_text("Sent ✓").last).to_be_visible()

    desk = agent.opens(f"{hub.desk}/desk/")
    take_newest(desk, problem)
    sees(desk, "Before the handover:")
    desk.get_by_role("button", name="Private note").click()
    reply(desk, "Looks like a wet one.")
    desk.get_by_role("button", name="Reply", exact=True).click()
    reply(desk, "Oh dear. We send you a new one.")
    sees(chat, "Oh dear. We send you a new one.")
    expect(chat.get_by_text(re.compile(r"Jane.* is here"))).to_be_visible()
    say(chat, "That is very kind")
    sees(desk, "That is very kind")

    before = said(chat)
    chat.reload()
    sees(chat, "That is very kind")
    expect(chat.locator(".words")).to_have_count(len(before))
    assert said(chat) == before

    desk.get_by_role("button", name="Resolve").click()
    sees(chat, "You are back with me")
    say(chat, "thanks")
    sees(chat, "Enjoy your coffee!")
    assert not any("wet one" in text for text in said(chat))
    assert bool(sockets) == (transport == "websocket")


def test_the_chat_catches_up_after_the_server_was_killed_and_started_again(hub, visitor, agent):
    change(hub)
    problem = f"The grinder is loud ({uuid.uuid4().hex[:6]})"
    chat = visitor.opens(f"{hub.url}/chat/demo/")
    sees(chat, "Hello, and welcome")
    say(chat, "Talk to a human")
    sees(chat, "I am fetching a colleague")
    say(chat, problem)
    expect(chat.get_by_text("Sent ✓").last).to_be_visible()
    hub.kill()
    say(chat, "Are you still there?")
    expect(chat.get_by_text("Sending…").last).to_be_visible()
    hub.start()
    expect(chat.get_by_text("Sending…")).to_have_count(0)

    desk = agent.opens(f"{hub.desk}/desk/")
    take_newest(desk, "Are you still there?")
    expect(desk.get_by_role("log", name="Messages").get_by_text(problem)).to_have_count(1)
    reply(desk, "Yes, we are.")
    sees(chat, "Yes, we are.")
    texts = said(chat)
    assert [texts.count(each) for each in (problem, "Are you still there?", "Yes, we are.")] == [1, 1, 1]


def open_widget(shop):
    shop.get_by_role("button", name=re.compile("chat", re.IGNORECASE)).click()
    return shop.frame_locator("iframe")


def test_a_shop_embeds_the_widget_and_a_reload_keeps_the_chat(hub, visitor):
    shop = visitor.opens(f"{hub.url}/chat/demo/sample/")
    chat = open_widget(shop)
    sees(chat, "Hello, and welcome")
    say(chat, "hours")
    sees(chat, "The roastery is open")
    shop.reload()
    sees(open_widget(shop), "The roastery is open")


def test_a_shop_on_another_site_embeds_the_widget_even_where_frames_have_no_storage(hub, visitor):
    # The shop is on 127.0.0.1, the hub on localhost; this Chromium gives such frames no storage.
    shop = visitor.opens(f"http://127.0.0.1:{hub.port}/chat/demo/sample/")
    chat = open_widget(shop)
    sees(chat, "Hello, and welcome")
    say(chat, "hours")
    sees(chat, "The roastery is open")


def test_a_website_that_is_not_listed_cannot_frame_the_chat(hub, browser, tmp_path):
    page = browser.new_page()
    page.route(
        "http://stranger.example/",
        lambda route: route.fulfill(body=f'<iframe src="{hub.url}/chat/demo/"></iframe>', content_type="text/html"),
    )
    page.goto("http://stranger.example/")
    assert page.frames[1].url.startswith("chrome-error://")
    page.close()


def test_a_handoff_that_is_switched_off_says_its_fallback(hub, visitor, admin):
    admin.goto(f"{hub.url}/admin/handoffs/handoff/")
    switch = admin.get_by_role("switch")
    switch.click()
    expect(admin.get_by_role("switch")).not_to_be_checked()
    chat = visitor.opens(f"{hub.url}/chat/demo/")
    sees(chat, "Hello, and welcome")
    say(chat, "agent please")
    sees(chat, "nobody is at the desk")
    leave_an_address(chat)
    admin.get_by_role("switch").click()
    expect(admin.get_by_role("switch")).to_be_checked()
    say(chat, "agent please")
    sees(chat, "I am fetching a colleague")


def leave_an_address(chat):
    """The scenario's own form: what does not fit is said beside its field, what does leads on."""
    field, send = chat.get_by_label("E-mail", exact=True), chat.get_by_role("log").get_by_role("button", name="Send")
    field.fill("nobody")
    send.click()
    expect(field).to_have_accessible_description(re.compile("e-mail address"))
    field.fill("ada@example.org")
    send.click()
    sees(chat, "A colleague will write to ada@example.org")
    expect(field).to_be_hidden()


def test_a_link_among_the_buttons_stays_one(hub, visitor):
    chat = visitor.opens(f"{hub.url}/chat/demo/")
    sees(chat, "Hello, and welcome")
    say(chat, "wher is the shop?")
    link = chat.get_by_role("link", name="Open the map")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    chat.get_by_role("button", name="Opening hours").last.click()
    sees(chat, "The roastery is open")
    expect(link).to_have_attribute("href", "https://www.openstreetmap.org/")
    assert "Open the map" not in said(chat)


def test_a_wrong_address_is_a_friendly_page(hub, visitor):
    page = visitor.context.new_page()
    answer = page.goto(f"{hub.url}/chat/nobody/")
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_contain_text("available")
    visitor.complaints.clear()  # the browser notes the 404 itself
