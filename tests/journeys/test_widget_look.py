"""The widget as a visitor meets it: on a website, in their language, with their colours, and with nothing but a keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.axe import complaints
from tests.journeys.test_the_loop import say, sees
from tests.journeys.widget import change, kept, shop, widget

GLOBALS = """
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const known = new Set(Object.keys(frame.contentWindow));
    frame.remove();
    Object.keys(window).filter((name) => !known.has(name) && isNaN(name));
"""
LISTEN = """
    window.heard = [];
    for (const name of ["ready", "open", "close", "message", "floor", "unread", "identified"])
        HandoffChat.on(name, (given) => heard.push([name, given ?? null]));
"""
INLINE = '<html lang="fr"><title>x</title><h1>x</h1><handoff-chat scenario="demo"></handoff-chat>'

PHONE = {"width": 375, "height": 700}


@pytest.fixture(autouse=True)
def _as_it_was(hub):
    yield
    change(hub)


def test_a_website_is_left_as_it_was(hub, visitor):
    page = shop(visitor, hub)
    before = page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
    assert before == "{}"
    fresh = page.evaluate(GLOBALS)
    assert fresh == ["HandoffChat"]
    assert sorted(page.evaluate("Object.keys(HandoffChat)")) == ["close", "identify", "on", "open", "push", "setAttributes", "toggle"]


def test_nothing_is_kept_and_nobody_is_asked_before_the_visitor_opens_it(hub, visitor):
    asked = []
    page = visitor.context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{hub.url}/chat/demo/sample/")
    expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/webchat/session" in url or not url.startswith(hub.url)]
    assert visitor.context.cookies() == [] and kept(page) == {}
    chat = widget(page)
    sees(chat, "Hello, and welcome")
    assert [url for url in asked if "/webchat/session" in url]
    assert visitor.context.cookies() == []


def test_commands_from_before_the_script_was_there_are_heard(hub, visitor):
    page = visitor.context.new_page()
    page.add_init_script("window.HandoffChat = [['on', 'open', () => (window.opened = true)], ['open']]")
    page.goto(f"{hub.url}/chat/demo/sample/")
    sees(page.frame_locator("iframe"), "Hello, and welcome")
    assert page.evaluate("opened") is True
    page.evaluate("HandoffChat.close()")
    expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "DIV"


def test_a_website_hears_what_happens_and_never_what_is_said(hub, visitor):
    page = shop(visitor, hub)
    page.evaluate(LISTEN)
    chat = widget(page)
    say(chat, "hours")
    sees(chat, "The roastery is open")
    page.evaluate("HandoffChat.toggle()")
    heard = page.evaluate("heard")
    assert ["open", None] in heard and ["close", None] in heard and ["message", {"from": "bot"}] in heard and ["floor", "bot"] in heard
    assert "roastery" not in str(heard)


def test_the_chat_stands_inside_a_page_and_begins_when_it_is_wanted(hub, visitor):
    page = visitor.context.new_page()
    page.route(
        "**/inline",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'{INLINE}<script async src="{hub.url}/static/webchat/embed.js"></script>',
        ),
    )
    page.goto(f"{hub.url}/inline")
    chat = page.frame_locator("iframe")
    chat.get_by_role("button", name="Démarrer la discussion").click()
    sees(chat, "Hello, and welcome")
    assert page.get_by_role("button", name="Chat with us").count() == 0


def test_a_scenario_that_is_not_there_leaves_a_word_in_the_console_and_no_button(hub, visitor):
    page = visitor.context.new_page()
    page.route(
        "**/wrong",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<title>x</title><script async src="{hub.url}/static/webchat/embed.js" data-scenario="nobody"></script>',
        ),
    )
    with page.expect_console_message(lambda message: "Handoff:" in message.text):
        page.goto(f"{hub.url}/wrong")
    assert page.locator("iframe").count() == 0 and page.get_by_role("button").count() == 0
    visitor.complaints.clear()


def test_a_frame_that_was_refused_offers_a_window_of_its_own(hub, visitor):
    page = shop(visitor, hub)
    page.route("**/chat/demo/#*", lambda route: route.fulfill(body="", headers={"Content-Security-Policy": "frame-ancestors 'none'"}))
    page.route(
        re.compile(r"/chat/demo/$"), lambda route: route.fulfill(body="", headers={"Content-Security-Policy": "frame-ancestors 'none'"})
    )
    page.get_by_role("button", name="Chat with us").click()
    expect(page.get_by_role("link", name="Open it in a window of its own")).to_have_attribute("href", f"{hub.url}/chat/demo/")
    visitor.complaints.clear()


# --- Colours and languages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("accent", "scheme"), [("#ffd400", "light"), ("#111111", "dark"), ("#1f6f54", "auto")])
def test_the_scenarios_colours_are_worn_and_can_be_read(hub, people, accent, scheme):
    change(hub, accent=accent, scheme=scheme, title="Kaffeehaus", launcher_side="left", launcher_text="Ask us", size="compact")
    page = shop(people(color_scheme="dark"), hub)
    button = page.get_by_role("button", name="Ask us")
    assert button.bounding_box()["x"] < 40
    red, green, blue = (int(accent[at : at + 2], 16) for at in (1, 3, 5))
    assert button.evaluate("each => getComputedStyle(each).backgroundColor") == f"rgb({red}, {green}, {blue})"
    button.click()
    chat = page.frame_locator("iframe")
    sees(chat, "Hello, and welcome")
    say(chat, "hours")
    sees(chat, "The roastery is open")
    expect(chat.get_by_role("heading", name="Kaffeehaus")).to_be_visible()
    assert page.locator("iframe").bounding_box()["width"] == 340
    assert complaints(page.frames[-1]) == []


@pytest.mark.parametrize(("language", "write"), [("de", "Nachricht schreiben …"), ("ja", "メッセージを入力…"), ("ar", "اكتب رسالة…")])
def test_the_chat_speaks_the_browsers_language(hub, people, language, write):
    page = people(locale=language).context.new_page()
    with page.expect_request("**/webchat/session") as asked:
        page.goto(f"{hub.url}/chat/demo/")
    assert asked.value.post_data_json["spoken"] == language
    expect(page.get_by_placeholder(write)).to_be_visible()
    sees_log = page.get_by_role("log")
    expect(sees_log).to_contain_text("Hello, and welcome")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language,
        "rtl" if language == "ar" else "ltr",
    ]
    assert complaints(page) == []


def test_the_scenario_may_decide_the_language_and_the_other_way_round_is_really_so(hub, people):
    change(hub, language="ar")
    page = people(locale="de", viewport=PHONE).opens(f"{hub.url}/chat/demo/")
    expect(page.get_by_role("log")).to_contain_text("Hello, and welcome")
    box = page.locator(".send").bounding_box()
    assert box["x"] < 60 and page.locator("#more").bounding_box()["x"] < 60
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


# --- The menu, and only a keyboard --------------------------------------------------------------------------------------------------------


def test_everything_is_reached_with_the_keyboard(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    page.keyboard.type("hours")
    page.keyboard.press("Enter")
    sees(page, "The roastery is open")
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "more":
            break
    page.keyboard.press("Enter")
    focused = "document.activeElement.textContent"
    expect(page.get_by_role("menuitem", name="Download transcript")).to_be_focused()
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "Start again"
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "more"
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Download transcript")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Start a new conversation?")).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    sees(page, "The roastery is open")


def test_starting_again_is_a_new_conversation(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    say(page, "hours")
    sees(page, "The roastery is open")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Start again").click()
    page.get_by_role("dialog").get_by_role("button", name="Start again").click()
    expect(page.get_by_role("log")).not_to_contain_text("The roastery is open")
    sees(page, "Hello, and welcome")
    page.reload()
    sees(page, "Hello, and welcome")
    expect(page.get_by_role("log")).not_to_contain_text("The roastery is open")


def test_the_transcript_is_what_was_said(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    say(page, "hours")
    sees(page, "The roastery is open")
    page.get_by_role("button", name="More").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Download transcript").click()
    text = waiting.value.path().read_text()
    assert re.fullmatch(r"conversation-\d{4}-\d\d-\d\d\.txt", waiting.value.suggested_filename)
    assert "You\nhours" in text and "The roastery is open" in text and text.index("Hello, and welcome") < text.index("hours")


def test_what_the_scenario_does_not_allow_is_not_offered(hub, visitor):
    change(hub, may_restart=False, may_download=False)
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("menuitemcheckbox")).to_have_count(1)
    expect(page.get_by_role("menuitem")).to_have_count(0)


def test_sound_is_off_until_it_is_wanted_and_then_stays_on(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    for checked in ("false", "true"):
        page.get_by_role("button", name="More").click()
        switch = page.get_by_role("menuitemcheckbox", name="Sound for new messages")
        expect(switch).to_have_attribute("aria-checked", checked)
        switch.click()
        page.reload()
        sees(page, "Hello, and welcome")


def test_on_a_phone_the_chat_takes_the_screen_and_nothing_is_wider_than_it(hub, people):
    page = shop(people(viewport=PHONE, has_touch=True, is_mobile=True), hub)
    page.get_by_role("button", name="Chat with us").tap()
    chat = page.frame_locator("iframe")
    sees(chat, "Hello, and welcome")
    assert page.locator("iframe").bounding_box() == {"x": 0, "y": 0, **PHONE}
    frame = page.frames[-1]
    assert frame.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert frame.evaluate("parseFloat(getComputedStyle(document.getElementById('words')).fontSize)") >= 16
    assert complaints(frame) == []
    chat.get_by_role("button", name="Minimise chat").tap()
    expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
