"""An admin previews a scenario and rehearses its handover, playing both the visitor and the agent, without any Chatwoot of their own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.axe import complaints
from tests.hub import Hub


class Rehearsal:
    """Both sides of it, on one page."""

    def __init__(self, page: Page, hub: Hub) -> None:
        self.page = page
        page.goto(f"{hub.url}/admin/handoffs/scenario/1/preview/")
        self.chat: FrameLocator = page.frame_locator("#chat")
        self.greeted()

    def greeted(self) -> None:
        expect(self.chat.get_by_text("welcome to Northwind Coffee")).to_be_visible()

    def looks_at(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    def says(self, text: str) -> None:
        self.chat.get_by_label("Your message").fill(text)
        self.chat.get_by_role("button", name="Send").click()

    def hands_over(self) -> None:
        """As a visitor who says what it is about; the agent's side is open then."""
        self.says("talk to a human")
        expect(self.chat.get_by_text("I am fetching a colleague")).to_be_visible()
        self.says("My parcel is wet")
        self.looks_at("Desk")
        expect(self.page.locator("#thread .by-visitor")).to_contain_text("My parcel is wet")

    def restarts(self, visitor: str = "A new visitor") -> None:
        before = self.page.evaluate("document.querySelector('#chat').contentWindow.location.href")
        self.page.get_by_role("button", name=visitor).click()
        self.page.wait_for_function("before => document.querySelector('#chat').contentWindow.location.href !== before", arg=before)

    def plays(self, situation: str, text: str | None = None) -> None:
        if text is not None:
            self.page.get_by_label("As the agent").fill(text)
        self.page.get_by_role("button", name=situation, exact=True).click()

    def visitor_sees(self, text: str) -> None:
        expect(self.chat.get_by_text(text).first).to_be_visible()


@pytest.fixture
def rehearsal(admin: Page, hub: Hub) -> Rehearsal:
    return Rehearsal(admin, hub)


def sets_state(page: Page, hub: Hub, state: str) -> None:
    page.goto(f"{hub.url}/admin/handoffs/scenario/1/change/")
    page.evaluate(
        """async ([url, state]) => {
          const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
          await fetch(url, { method: "POST", body: new URLSearchParams({ state, csrfmiddlewaretoken: token }) });
        }""",
        [f"{hub.url}/admin/handoffs/scenario/1/state/", state],
    )


def test_a_draft_is_handed_over_and_answered_in_rehearsal(admin: Page, hub: Hub) -> None:
    sets_state(admin, hub, "draft")
    stage = Rehearsal(admin, hub)
    expect(admin.locator("#success")).to_have_text("handover_success: not set")
    stage.says("talk to a human")
    stage.looks_at("Context")
    expect(admin.locator("#context")).to_contain_text("handover_success: true")
    expect(admin.get_by_role("status").filter(has_text="handover_success is true")).to_be_attached()
    stage.says("My parcel is wet")
    stage.looks_at("Why")
    expect(admin.get_by_role("listitem").filter(has_text="“talk to a human”").first).to_contain_text("phrase")
    stage.looks_at("Desk")
    expect(admin.locator("#thread .by-note").first).to_contain_text("Preview by admin")
    stage.plays("Private note", "Between us: again the parcel service")
    expect(admin.locator("#thread .by-note").last).to_contain_text("Between us")
    stage.plays("Reply", "Oh dear, we send another one")
    stage.visitor_sees("Oh dear, we send another one")
    stage.looks_at("Handover")
    expect(admin.locator("#transfers")).to_contain_text("With a human")
    expect(admin.locator("#deliveries .pill.good").first).to_be_visible()
    expect(admin.locator("#receipts .pill.good").first).to_be_visible()
    stage.looks_at("Desk")
    stage.plays("Agent closes")
    stage.visitor_sees("You are back with me")
    assert stage.chat.get_by_text("Between us").count() == 0
    sets_state(admin, hub, "active")


def test_an_agent_sends_a_file_asks_and_gives_back(rehearsal: Rehearsal) -> None:
    rehearsal.hands_over()
    rehearsal.plays("Agent takes it")
    rehearsal.plays("Agent types")
    expect(rehearsal.chat.locator("#dots")).to_have_class("dots on")
    rehearsal.plays("Agent sends a file")
    expect(
        rehearsal.chat.get_by_role("img", name="from-the-agent.png").or_(rehearsal.chat.get_by_text("from-the-agent.png")).first
    ).to_be_visible()
    rehearsal.plays("Agent asks with a choice")
    rehearsal.visitor_sees("Which of these is it about?")
    rehearsal.visitor_sees("An invoice")
    rehearsal.plays("Agent gives back")
    rehearsal.visitor_sees("has given you back to me")


def test_the_desk_closes_it_unanswered(rehearsal: Rehearsal) -> None:
    rehearsal.hands_over()
    rehearsal.plays("Closed unanswered")
    rehearsal.visitor_sees("You are back with me")
    rehearsal.looks_at("Handover")
    expect(rehearsal.page.locator("#transfers")).to_contain_text("Resolved at the desk")


def test_a_desk_that_is_down_gets_it_later(rehearsal: Rehearsal) -> None:
    rehearsal.hands_over()
    rehearsal.plays("Desk down")
    expect(rehearsal.page.get_by_text("The desk is down.")).to_be_visible()
    word = f"Still there {uuid.uuid4().hex[:6]}?"
    rehearsal.says(word)
    rehearsal.looks_at("Handover")
    expect(rehearsal.page.locator("#deliveries .pill.bad").first).to_be_visible()
    rehearsal.looks_at("Desk")
    assert word not in rehearsal.page.locator("#thread").inner_text()
    rehearsal.plays("Desk up again")
    expect(rehearsal.page.locator("#thread")).to_contain_text(word)


def test_a_desk_that_is_down_has_heard_of_nothing_and_is_back_for_the_next_preview(rehearsal: Rehearsal) -> None:
    rehearsal.looks_at("Desk")
    rehearsal.plays("Desk down")
    expect(rehearsal.page.locator("#desk-note")).to_contain_text("has not heard of this chat")
    rehearsal.plays("Agent closes")
    expect(rehearsal.page.locator("#desk-problem")).to_contain_text("The desk is down")
    rehearsal.restarts()
    rehearsal.greeted()
    expect(rehearsal.page.locator("#down-note")).to_be_hidden()
    rehearsal.hands_over()


def test_an_attribute_changes_the_welcome_of_a_returning_visitor(rehearsal: Rehearsal) -> None:
    page = rehearsal.page
    page.get_by_label("Attribute").fill("user..oops")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#attribute-problem")).to_contain_text("is not an attribute")
    page.get_by_label("Attribute").fill("user.first_name")
    page.get_by_label("Value").fill("Ada")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#context")).to_contain_text("first_name: Ada")
    rehearsal.restarts("A returning visitor")
    rehearsal.visitor_sees("Hello Ada, and welcome to Northwind Coffee")
    expect(page.locator("#context")).to_contain_text("seconds_since_last_seen")
    rehearsal.restarts("A new visitor")
    rehearsal.visitor_sees("Hello, and welcome to Northwind Coffee")
    expect(page.locator("#context")).not_to_contain_text("first_name")


def test_a_preview_is_never_the_visitors_own_chat(rehearsal: Rehearsal, hub: Hub) -> None:
    """In the same browser: what was said in one is not in the other."""
    rehearsal.says("opening hours")
    rehearsal.visitor_sees("The roastery is open")
    own = rehearsal.page.context.new_page()
    own.goto(f"{hub.url}/chat/demo/")
    expect(own.get_by_text("welcome to Northwind Coffee")).to_be_visible()
    assert own.get_by_text("The roastery is open").count() == 0


def test_the_real_desk_is_used_only_after_a_yes(rehearsal: Rehearsal, hub: Hub) -> None:
    page = rehearsal.page
    page.get_by_role("button", name="Use the real desk").click()
    expect(page.get_by_role("form", name="Use the real desk")).to_contain_text("Demo desk")
    page.get_by_role("button", name="Preview with the real desk").click()
    expect(page.get_by_role("alert").filter(has_text="Tick that real agents may be called")).to_be_visible()
    page.get_by_label("Yes, real agents may be called").check()
    page.get_by_role("button", name="Preview with the real desk").click()
    expect(page.get_by_text("Real desk: agents are called")).to_be_visible()
    rehearsal.greeted()
    page.get_by_role("button", name="Back to rehearsal").click()
    expect(page.get_by_text("Rehearsal: no agent is called")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_it_is_usable_on_a_phone_and_by_everybody(people: Any, hub: Hub, width: int, scheme: str) -> None:
    page = people(viewport={"width": width, "height": 800}, color_scheme=scheme).opens(f"{hub.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    stage = Rehearsal(page, hub)
    for tab in page.get_by_role("tab").all():
        tab.click()
        if tab.inner_text() != "Chat":
            assert complaints(page) == []
    page.get_by_role("tab", name="Desk").press("Home")
    expect(page.get_by_role("tab").first).to_be_focused()
    expect(page.get_by_role("tab").first).to_have_attribute("aria-selected", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert stage.page is page
