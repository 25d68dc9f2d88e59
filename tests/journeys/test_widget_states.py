"""Every state the chat page can be in: nothing a screen reader stumbles over, nothing wider than the page or too small for a finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.axe import complaints
from tests.journeys.states import CONSENT, STATES
from tests.journeys.widget import change

LOOKS = {
    "light": {"viewport": {"width": 400, "height": 680}, "color_scheme": "light"},
    "right to left on a phone": {
        "viewport": {"width": 375, "height": 667},
        "color_scheme": "light",
        "locale": "ar",
        "is_mobile": True,
        "has_touch": True,
    },
    "dark on a small phone": {"viewport": {"width": 320, "height": 568}, "color_scheme": "dark", "is_mobile": True, "has_touch": True},
}
# Links in running text have the size of the text.
SMALL = """
    [...document.querySelectorAll("button, a, select, input:not([type=checkbox], [type=radio]), label.mark")].filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        return each.checkVisibility({ visibilityProperty: true }) && !each.closest(".words") && width && (width < 43.5 || height < 43.5);
    }).map(({ outerHTML }) => outerHTML.slice(0, 120))
"""
OVER = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(autouse=True)
def _as_it_was(hub):
    yield
    change(hub)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("look", LOOKS)
def test_every_state_is_for_everyone(hub, people, look, state):
    change(hub, consent_text=CONSENT if state == "consent" else "")
    visitor = people(**LOOKS[look])
    # Refusals and lost connections are what some of these states are about.
    visitor.tolerated.update({"status of 4", "ERR_INTERNET_DISCONNECTED"})
    page = visitor.context.new_page()
    STATES[state](page, hub)
    found = complaints(page) + [f"{OVER} is {over}" for over in [page.evaluate(OVER)] if over > 0]
    if LOOKS[look].get("has_touch"):
        found += page.evaluate(SMALL)
    assert found == []


def test_what_is_wrong_with_a_form_is_shown_and_the_page_does_not_jump_away_from_it(hub, people):
    page = people(**LOOKS["light"]).context.new_page()
    STATES["form error"](page, hub)
    expect(page.get_by_label("Order number")).to_be_focused()
    for shown in (page.get_by_text("Order number"), page.get_by_label("Order number")):
        expect(shown).to_be_in_viewport(ratio=1)
