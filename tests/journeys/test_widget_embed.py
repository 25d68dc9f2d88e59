"""The widget on websites that do odd things, with every attribute of its tag, and with what its scenario allows and shows."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from contextlib import suppress
from itertools import product

import pytest
from playwright.sync_api import Error, expect

from tests.hub import ROOT
from tests.journeys.states import FLOOR_OF_JANE, HELLO, PNG, message, with_socket
from tests.journeys.test_the_loop import said, say, sees
from tests.journeys.test_widget_unbreakable import with_a_human
from tests.journeys.widget import change, shop, widget

VISITORS = ["new", "returning", "ongoing"]
KNOWN = {"new": "null", "returning": '{"token": "x"}', "ongoing": '{"token": "x", "humans": true}'}
HEAR_WHO = """
    addEventListener("message", ({ data }) => {
        if (data?.handoff === "known") setTimeout(() => { document.documentElement.dataset.known = data.given; });
    });
"""
NO_ROOM = """
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""


@pytest.fixture(autouse=True)
def _as_it_was(hub):
    yield
    change(hub)


def website(page, hub, tag="", body="", headers=None, lang="en"):
    """Somebody's page with this in it."""
    script = f'<script async src="{hub.url}/static/webchat/embed.js" {tag}></script>'
    html = f'<html lang="{lang}"><title>Shop</title><h1>Shop</h1>{script}{body}'
    page.route("**/website", lambda route: route.fulfill(content_type="text/html", body=html, headers=headers or {}))
    page.goto(f"{hub.url}/website")
    return page


# --- The tag ------------------------------------------------------------------------------------------------------------------------------


def test_the_tag_may_name_the_button_and_let_the_title_count(hub, visitor):
    page = website(visitor.context.new_page(), hub, 'data-scenario="demo" data-label="Ask the roastery" data-title')
    page.get_by_role("button", name="Ask the roastery").click()
    chat = page.frame_locator("iframe")
    sees(chat, "Hello, and welcome")
    agent = with_a_human(hub, chat)
    assert page.title() == "Shop"
    page.evaluate("HandoffChat.close()")
    agent.replies("Are you still there?")
    expect(page).to_have_title("(1) Shop")
    page.get_by_role("button", name="Ask the roastery, 1 unread").click()
    expect(page).to_have_title("Shop")


def test_without_it_the_title_is_the_websites_own(hub, visitor):
    page = website(visitor.context.new_page(), hub, 'data-scenario="demo"')
    chat = widget(page)
    sees(chat, "Hello, and welcome")
    agent = with_a_human(hub, chat)
    page.evaluate("HandoffChat.close()")
    agent.replies("Are you still there?")
    expect(page.get_by_role("button", name="Chat with us, 1 unread")).to_be_visible()
    assert page.title() == "Shop"


def test_without_a_scenario_there_is_no_button_and_what_is_called_does_nothing(hub, visitor):
    page = website(visitor.context.new_page(), hub)
    page.wait_for_function("window.HandoffChat")
    page.evaluate("HandoffChat.open(); HandoffChat.toggle(); HandoffChat.close()")
    assert page.locator("iframe").count() == 0 and page.get_by_role("button").count() == 0


@pytest.mark.parametrize(("lang", "locale", "title"), [("", "de", "Unterhaltung"), ("ar", "de", "المحادثة"), ("tlh", "en", "Conversation")])
def test_the_frame_is_called_what_it_is_in_the_language_that_is_spoken(hub, people, lang, locale, title):
    page = website(people(locale=locale).context.new_page(), hub, body='<handoff-chat scenario="demo"></handoff-chat>', lang=lang)
    expect(page.locator("iframe")).to_have_attribute("title", title)
    # It is part of the page: there is nothing to make small.
    expect(page.frame_locator("iframe").locator("#more")).to_be_visible()
    expect(page.frame_locator("iframe").locator("#minimise")).to_be_hidden()


# --- How it starts ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("visitor_is", "opens_for"), list(product(VISITORS, VISITORS)))
def test_it_starts_open_for_those_the_scenario_names(hub, visitor, visitor_is, opens_for):
    change(hub, **{f"start_{opens_for}": "open"})
    visitor.context.add_init_script(f"origin !== 'null' && localStorage.setItem('handoff:demo', '{KNOWN[visitor_is]}')")
    visitor.tolerated.add("status of 401")
    page = visitor.context.new_page()
    page.add_init_script(HEAR_WHO)
    page.goto(f"{hub.url}/chat/demo/sample/")
    expect(page.locator("html")).to_have_attribute("data-known", visitor_is)
    expect(page.locator("button")).to_have_attribute("aria-expanded", str(visitor_is == opens_for).lower())


def test_it_opens_by_itself_for_somebody_who_comes_back(hub, visitor):
    change(hub, start_returning="open")
    page = shop(visitor, hub)
    expect(page.locator("button")).to_have_attribute("aria-expanded", "false")
    chat = widget(page)
    sees(chat, "Hello, and welcome")
    say(chat, "hours")
    sees(chat, "The roastery is open")
    page.reload()
    sees(page.frame_locator("iframe"), "The roastery is open")
    expect(page.locator("button")).to_have_attribute("aria-expanded", "true")


def test_it_opens_by_itself_for_somebody_who_talks_to_a_human_and_not_on_a_phone(hub, visitor):
    change(hub, start_ongoing="open")
    page = shop(visitor, hub)
    chat = widget(page)
    sees(chat, "Hello, and welcome")
    with_a_human(hub, chat)
    page.reload()
    sees(page.frame_locator("iframe"), "I am here.")
    expect(page.locator("button")).to_have_attribute("aria-expanded", "true")
    page.set_viewport_size({"width": 375, "height": 667})
    page.reload()
    page.locator("iframe[src*='demo/#']").wait_for(state="attached")
    expect(page.locator("button")).to_have_attribute("aria-expanded", "false")


# --- Odd websites -------------------------------------------------------------------------------------------------------------------------


def test_the_script_twice_or_for_two_scenarios_is_one_chat(hub, visitor):
    again = f'<script async src="{hub.url}/static/webchat/embed.js" data-scenario="demo"></script>'
    page = website(visitor.context.new_page(), hub, 'data-scenario="demo"', again)
    expect(page.locator("button")).to_be_visible()
    # Scripts that load at their own pace come in any order; the one for another scenario is the last one here.
    page.evaluate("html => document.body.append(document.createRange().createContextualFragment(html))", again.replace('"demo"', '"other"'))
    page.evaluate(
        """src => new Promise((onload) => document.body.append(Object.assign(document.createElement("script"), { src, onload })))
           .then(() => null)""",
        f"{hub.url}/static/webchat/embed.js",
    )
    expect(page.locator("button")).to_have_count(1)
    sees(widget(page), "Hello, and welcome")


def test_what_makes_no_sense_is_reported_and_spoils_nothing(hub, visitor):
    page = visitor.context.new_page()
    queue = "[5, null, ['explode'], ['on', 'open', 'no function'], ['setAttributes', 'abc'], ['on', 'open', () => (window.opened = true)]]"
    page.add_init_script(f"window.HandoffChat = {queue}")
    page.goto(f"{hub.url}/chat/demo/sample/")
    expect(page.locator("button")).to_be_visible()
    circle = "(() => { const one = {}; one.self = one; return one; })()"
    for garbage in ("identify(() => 1)", f"identify({circle})", f"setAttributes({{'user.plan': {circle}}})", "push(5)", "push()"):
        refused = f"(() => {{ try {{ HandoffChat.{garbage}; }} catch {{ return true; }} }})()"
        assert page.evaluate(refused) is True, garbage
    for passed in ("identify(null)", "identify('Ann')", "setAttributes(7)", "open(1, 2, 3)", "on('nothing', () => 1)()"):
        page.evaluate(f"void HandoffChat.{passed}")
    chat = page.frame_locator("iframe")
    sees(chat, "Hello, and welcome")
    say(chat, "hours")
    sees(chat, "The roastery is open")
    assert page.evaluate("opened") is True
    visitor.complaints.clear()


def test_an_element_of_no_scenario_says_so_in_its_place(hub, visitor):
    visitor.tolerated.add("404")
    page = website(visitor.context.new_page(), hub, "", '<handoff-chat scenario="removed"></handoff-chat>')
    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("This chat isn’t available")


def test_a_page_that_takes_the_element_away_and_brings_it_back(hub, visitor):
    page = website(visitor.context.new_page(), hub, "", '<handoff-chat scenario="demo"></handoff-chat>')
    chat = page.frame_locator("iframe")
    chat.get_by_role("button", name="Start the chat").click()
    sees(chat, "Hello, and welcome")
    page.evaluate("window.taken = document.querySelector('handoff-chat'); taken.remove(); HandoffChat.setAttributes({'user.plan': 'gold'})")
    assert page.locator("iframe").count() == 0
    page.evaluate("document.body.append(taken)")
    sees(chat, "Hello, and welcome")
    say(chat, "hours")
    sees(chat, "The roastery is open")
    assert page.locator("iframe").count() == 1


def test_a_page_that_replaces_its_body_still_opens_the_chat(hub, visitor):
    page = shop(visitor, hub)
    sees(widget(page), "Hello, and welcome")
    page.evaluate("HandoffChat.close(); document.body.replaceChildren('another view')")
    assert page.locator("iframe").count() == 0
    page.evaluate("HandoffChat.open()")
    sees(page.frame_locator("iframe"), "Hello, and welcome")


@pytest.mark.parametrize("policy", ["frame-src 'none'", "frame-src https://elsewhere.example"])
def test_a_website_whose_policy_blocks_the_frame_is_told_and_its_visitors_get_a_link(hub, visitor, policy):
    page = website(visitor.context.new_page(), hub, 'data-scenario="demo"', headers={"Content-Security-Policy": policy})
    with page.expect_console_message(lambda message: "may not be framed here" in message.text):
        page.get_by_role("button", name="Chat with us").click()
    expect(page.get_by_role("link", name="Open it in a window of its own")).to_have_attribute("href", f"{hub.url}/chat/demo/")
    page.get_by_role("button", name="Close chat").click()
    expect(page.get_by_role("link")).to_be_hidden()
    visitor.complaints.clear()


# --- What the scenario shows and allows ---------------------------------------------------------------------------------------------------


@pytest.fixture
def pictured(hub):
    """The scenario has a logo, and its assistant a picture."""
    script = f"""
from handoffs.models import Picture, Scenario
demo = Scenario.objects.get(key="demo")
one = Picture.objects.create(scenario=demo, name="x.png", type="image/png", content=bytes.fromhex("{PNG.hex()}"), width=480, height=320)
demo.interface.logo = demo.interface.bot_avatar = one
demo.interface.save()
"""
    run(hub, script)
    yield
    run(hub, "from handoffs.models import InterfaceSettings; InterfaceSettings.objects.update(logo=None, bot_avatar=None)")


def run(hub, script):
    environment = {"HANDOFF_DATA": str(hub.data), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "manage.py", "shell", "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True)


def test_logo_and_picture_are_shown_and_a_broken_one_leaves_the_drawing(hub, visitor, pictured):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    for picture in (page.locator("#logo"), page.locator(".message.first .avatar img").first):
        expect(picture).to_be_visible()
        assert picture.evaluate("each => each.decode().then(() => each.naturalWidth)") == 480
    page.route("**/pictures/*", lambda route: route.fulfill(status=404))
    visitor.tolerated.add("status of 404")
    page.reload()
    sees(page, "Hello, and welcome")
    expect(page.locator("#logo")).to_be_hidden()
    expect(page.locator(".head-mark > svg")).to_be_visible()
    expect(page.locator(".message.first .avatar svg").first).to_be_visible()
    expect(page.locator(".avatar img")).to_have_count(0)


def test_an_agents_photo_that_is_no_picture_leaves_the_letter(hub, visitor):
    page = visitor.context.new_page()
    with_socket(page, [HELLO, message(2, "agent", "Hi", photo="x")], FLOOR_OF_JANE)
    page.route("**/webchat/files/*", lambda route: route.fulfill(body="no picture", content_type="image/png"))
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, "Hi")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-kind=agent] .avatar")).to_have_text("J")
    expect(page.locator(".avatar img, .face img")).to_have_count(0)


def test_where_visitors_may_not_end_it_they_are_not_offered_to_and_refused(hub, visitor):
    change(hub, may_end=False)
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    agent = with_a_human(hub, page)
    expect(page.get_by_role("button", name="End chat")).to_have_count(0)
    status = page.evaluate(
        """() => fetch("/webchat/end", { method: "POST", body: "{}", headers: { "Content-Type": "application/json",
           Authorization: `Bearer ${JSON.parse(localStorage["handoff:demo"]).token}` } }).then(({ status }) => status)"""
    )
    assert status == 422
    agent.replies("I am still here.")
    sees(page, "I am still here.")
    visitor.complaints.clear()


# --- Accidents ----------------------------------------------------------------------------------------------------------------------------


def test_what_is_written_offline_outlives_reloads_and_goes_once_and_in_order(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    words = [f"{number} {uuid.uuid4().hex[:6]}" for number in ("one", "two", "three")]
    visitor.context.set_offline(True)
    for each in words:
        say(page, each)
    expect(page.get_by_text("You’re offline.")).to_be_visible()
    with suppress(Error):
        page.reload()
    visitor.context.set_offline(False)
    for _ in range(2):
        page.goto(f"{hub.url}/chat/demo/")
        sees(page, words[-1])
        expect(page.get_by_text("Sending…")).to_have_count(0)
        assert [text for text in said(page) if text in words] == words
    visitor.complaints.clear()


def test_where_the_storage_is_full_the_chat_works_and_says_what_that_means(hub, visitor):
    page = visitor.context.new_page()
    page.add_init_script(NO_ROOM)
    page.goto(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    say(page, "hours")
    sees(page, "The roastery is open")
    expect(page.get_by_text("it ends when you close or reload this page")).to_be_visible()


def test_a_server_that_restarts_in_the_middle_of_an_upload_gets_the_file_afterwards(hub, visitor):
    page = visitor.opens(f"{hub.url}/chat/demo/")
    sees(page, "Hello, and welcome")
    with_a_human(hub, page)
    crashed = []

    def crash(route):
        if not crashed:
            crashed.append(hub.kill())
        route.continue_()

    page.route("**/webchat/files?*", crash)
    visitor.tolerated.update({"ERR_", "status of 5"})
    page.locator("#chooser").set_input_files([{"name": "wet.png", "mimeType": "image/png", "buffer": PNG}])
    expect(page.locator("#attached [data-state=waiting]")).to_be_visible()
    hub.start()
    expect(page.locator("#attached [data-state=done]")).to_be_visible(timeout=40_000)
    say(page, "Like this")
    expect(page.get_by_role("button", name="Enlarge wet.png")).to_have_count(1)
    expect(page.get_by_text("Sent ✓").last).to_be_visible()
