"""The transcript: what was said, safely drawn, and what became of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.conftest import World
from tests.sandbox.desk.conftest import Thread

MARKDOWN = """# Your order

It is **late**, *sorry*, ~~today~~ `A-1`:

1. first
2. second
   - inner

> they said

```
code **as is**
```
<https://example.com/a> and [here](https://example.com/b), snake_case_name"""


def test_markdown_is_drawn(thread: Thread, world: World) -> None:
    world.server.agent_replies(thread.id, MARKDOWN)
    drawn = thread.article("Your order")
    for tag, text in {"strong": "late", "em": "sorry", "del": "today", "blockquote": "they said", "pre": "code **as is**"}.items():
        expect(drawn.locator(tag)).to_have_text(text)
    expect(drawn.locator("ol > li")).to_have_count(2)
    expect(drawn.locator("ol ul > li")).to_have_text("inner")
    expect(drawn.get_by_role("heading", name="Your order")).to_be_visible()
    expect(drawn.get_by_role("link", name="here")).to_have_attribute("href", "https://example.com/b")
    expect(drawn.get_by_role("link", name="here")).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(drawn.get_by_text("snake_case_name")).to_be_visible()


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "[press](javascript:alert(1))",
        "[press](data:text/html,hello)",
        "![press](https://tracker.example/pixel.png)",
        ">" * 5000 + "press",
        "*" * 20_000,
    ],
)
def test_a_visitors_markup_stays_words(thread: Thread, world: World, attack: str) -> None:
    world.visitor_says(thread.id, attack)
    expect(thread.log.get_by_role("article", name="Ann")).to_be_visible()
    expect(thread.log.locator("img, script, a:not([href^='https://'])")).to_have_count(0)


def test_a_long_note_is_folded_and_unfolds(thread: Thread, world: World) -> None:
    world.server.agent_notes(thread.id, "Before the handover:\n\n" + "\n".join(f"- line {number}" for number in range(80)))
    note = thread.article("Before the handover:")
    folded = note.bounding_box()
    note.get_by_role("button", name="Show all").click()
    expect(note.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    world.visitor_says(thread.id, "Next")
    expect(thread.log.get_by_text("Next")).to_be_visible()
    expect(note.get_by_role("button", name="Show less")).to_be_visible()
    unfolded = note.bounding_box()
    assert folded and unfolded and folded["height"] < 300 < unfolded["height"] < 800, "it scrolls within itself"


def test_what_became_of_a_reply_is_shown(thread: Thread, world: World) -> None:
    message = world.server.agent_replies(thread.id, "Hello")
    for status in ("sent", "delivered", "read"):
        thread.has_status(message, status)
        expect(thread.article("Hello").get_by_text(status.capitalize(), exact=True)).to_be_visible()


def test_the_visitor_who_looks_has_read(thread: Thread, world: World) -> None:
    world.server.agent_replies(thread.id, "Hello")
    thread.public("update_last_seen")
    expect(thread.article("Hello").get_by_text("Read", exact=True)).to_be_visible()


def test_a_failed_reply_says_why_and_can_be_tried_again(thread: Thread, world: World) -> None:
    world.hook.status = 500
    thread.box.fill("Hello")
    thread.button("Send").click()
    expect(thread.article("Hello").get_by_text("Not delivered: 500 Internal Server Error")).to_be_visible()
    world.server.drain()
    world.hook.status = 200
    thread.article("Hello").get_by_role("button", name="Retry").click()
    expect(thread.article("Hello").get_by_text("Sent", exact=True)).to_be_visible()


def test_a_message_is_deleted_after_a_question(thread: Thread, world: World, page: Page) -> None:
    world.server.agent_replies(thread.id, "Oops")
    thread.article("Oops").hover()
    thread.article("Oops").get_by_role("button", name="Delete message").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(thread.article("Oops")).to_be_visible()
    thread.article("Oops").get_by_role("button", name="Delete message").click()
    page.get_by_role("dialog", name="Delete this message?").get_by_role("button", name="Delete message").click()
    expect(thread.log.get_by_text("This message was deleted")).to_be_visible()
    assert thread.messages()[-1]["content_attributes"] == {"deleted": True}


def test_the_visitors_typing_is_shown_until_they_said_it(thread: Thread, world: World, page: Page) -> None:
    thread.public("toggle_typing", typing_status="on")
    expect(page.get_by_text("Ann is typing…")).to_be_visible()
    thread.public("toggle_typing", typing_status="off")
    expect(page.get_by_text("Ann is typing…")).to_have_count(0)
    thread.public("toggle_typing", typing_status="on")
    world.visitor_says(thread.id, "Said")
    expect(page.get_by_text("Ann is typing…")).to_have_count(0)


def test_a_message_is_an_article_named_after_its_author(thread: Thread, world: World) -> None:
    world.visitor_says(thread.id, "Hi")
    expect(thread.log.get_by_role("article", name=re.compile("^Ann, "))).to_be_visible()
    expect(thread.log.get_by_role("listitem")).to_have_count(0)


def test_the_end_stays_in_sight_unless_somebody_reads_above(thread: Thread, world: World, page: Page) -> None:
    for number in range(30):
        world.visitor_says(thread.id, f"message {number}")
    expect(thread.log.get_by_text("message 29")).to_be_in_viewport()
    thread.log.evaluate("log => log.scrollTo(0, 0)")
    expect(thread.log.get_by_text("message 0", exact=True)).to_be_in_viewport()
    world.visitor_says(thread.id, "the newest")
    expect(thread.log.get_by_text("the newest")).to_be_attached()
    expect(thread.log.get_by_text("the newest")).not_to_be_in_viewport()


def test_a_transcript_longer_than_one_answer_is_there_to_the_end(world: World, page: Page) -> None:
    conversation = world.store.find("conversations", display_id=world.conversation())
    with world.store.transaction():
        for number in range(1001):
            world.store.insert(
                "messages",
                **{key: conversation[key] for key in ("account_id", "inbox_id")},
                conversation_id=conversation["id"],
                message_type="incoming",
                content=f"message {number}",
                content_attributes={},
                created_at=number,
                updated_at=number,
            )
    page.get_by_role("link", name="Ann").click()
    expect(page.get_by_role("log").get_by_text("message 1000")).to_be_in_viewport()
