"""Draws the pictures of the documents: ``python -m tests.journeys.screenshot`` plays a handover and opens the Message Editor."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import launch_options
from tests.hub import ROOT, Hub
from tests.journeys.test_the_loop import reply, say, sees, take_newest

IMAGES = ROOT / "docs" / "images"
PROBLEM = "My parcel got wet in the rain."
OTHERS = ["Do you deliver to Norway?", "Can I change my order?", "Which grinder fits my pot?"]

# In CSS pixels; every one is drawn as two, so that the picture is crisp on any screen.
SCALE = 2
PHONE = (370, 820)
DESK = (900, 820)
EDITOR = (1280, 860)
MARGIN, GAP, CORNER = 28, 28, 14
PAPER, EDGE, SHADE = "#e9edf3", "#cdd5e0", (16, 24, 40, 70)
COLOURS = 256


def main() -> None:
    expect.set_options(timeout=15_000)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        hub = Hub(Path(data)).start()
        browser = playwright.chromium.launch(**launch_options())
        try:
            keep("handover", side_by_side(*play(hub, browser)))
            keep("editor", side_by_side(edit(hub, browser)))
        finally:
            browser.close()
            hub.stop()


def keep(name: str, picture: Image.Image) -> None:
    IMAGES.mkdir(exist_ok=True)
    target = IMAGES / f"{name}.png"
    # A palette makes it a third as large, and there are few colours in it.
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.relative_to(ROOT)}: {picture.width} × {picture.height}, {target.stat().st_size // 1000} kB")


def edit(hub: Hub, browser: Browser) -> Image.Image:
    """What an admin sees who edits the welcome."""
    page = opened(browser, f"{hub.url}/admin/", EDITOR)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(hub.password)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{hub.url}/admin/handoffs/messagetemplate/?scenario__id__exact=1")
    page.get_by_role("link", name="Orders", exact=True).first.click()
    sees(page.frame_locator(".stage iframe"), "We roast on Tuesdays")
    return shot(page)


def play(hub: Hub, browser: Browser) -> tuple[Image.Image, Image.Image]:
    """A visitor and an agent talk; returns what each of them sees at the end."""
    for question in OTHERS:
        asked(hub, browser, question)
    chat, desk = asked(hub, browser, PROBLEM), opened(browser, f"{hub.desk}/desk/", DESK)
    take_newest(desk, PROBLEM)
    sees(desk, "Before the handover:")
    reply(desk, "Oh dear! I put a new one in the post tonight.")
    expect(chat.get_by_text(re.compile("is here"))).to_be_visible()
    say(chat, "That is very kind, thank you!")
    sees(desk, "That is very kind")
    return shot(chat), shot(desk)


def asked(hub: Hub, browser: Browser, question: str) -> Page:
    """The chat of a visitor who wants a human, once the desk has the question."""
    chat = opened(browser, f"{hub.url}/chat/demo/", PHONE)
    sees(chat, "Hello, and welcome")
    chat.get_by_role("button", name="Talk to a human").last.click()
    sees(chat, "I am fetching a colleague")
    say(chat, question)
    expect(chat.get_by_text("Sent ✓").last).to_be_visible()
    return chat


def opened(browser: Browser, address: str, size: tuple[int, int]) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    page = browser.new_context(viewport=viewport, device_scale_factor=SCALE, color_scheme="light", reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(address)
    return page


def shot(page: Page) -> Image.Image:
    page.evaluate("document.fonts.ready.then(() => document.activeElement.blur())")
    return Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")


def side_by_side(*shots: Image.Image) -> Image.Image:
    margin, gap = MARGIN * SCALE, GAP * SCALE
    width = 2 * margin + sum(each.width for each in shots) + gap * (len(shots) - 1)
    picture = Image.new("RGB", (width, 2 * margin + max(each.height for each in shots)), PAPER)
    left = margin
    for each in shots:
        place(picture, each, left, margin)
        left += each.width + gap
    return picture


def place(picture: Image.Image, shot: Image.Image, left: int, top: int) -> None:
    """``shot`` as a sheet with round corners, a thin edge and a soft shadow."""
    mask = rounded(shot.size)
    shadow = Image.new("L", picture.size)
    shadow.paste(mask, (left, top + 4 * SCALE))
    shadow = shadow.filter(ImageFilter.GaussianBlur(8 * SCALE)).point(lambda value: value * SHADE[3] // 255)
    picture.paste(SHADE[:3], mask=shadow)
    picture.paste(shot, (left, top), mask)
    inner = Image.new("L", shot.size)
    inner.paste(rounded((shot.width - 2, shot.height - 2)), (1, 1))
    picture.paste(EDGE, (left, top), ImageChops.subtract(mask, inner))


def rounded(size: tuple[int, int]) -> Image.Image:
    """A mask of a rectangle with round corners, drawn large and shrunk: Pillow draws curves with steps."""
    large = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), CORNER * SCALE * 4, fill=255)
    return large.resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
