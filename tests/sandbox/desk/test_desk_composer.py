"""Writing: keys, files, typing, and messages one can press."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.sandbox.conftest import World
from tests.sandbox.desk.conftest import Thread

PICTURE = Path(__file__).parents[3] / "docs" / "images" / "handover.png"
NOTE: FilePayload = {"name": "ünlü note.txt", "mimeType": "text/plain", "buffer": b"twelve bytes"}


def test_shift_enter_is_a_new_line_and_enter_sends(thread: Thread) -> None:
    thread.box.press_sequentially("one")
    thread.box.press("Shift+Enter")
    thread.box.press_sequentially("two")
    thread.box.press("Enter")
    expect(thread.article("one")).to_be_visible()
    expect(thread.box).to_have_value("")
    assert [message["content"] for message in thread.messages()] == ["one\ntwo"]


def test_typing_is_told_and_ends_when_it_was_said(thread: Thread, world: World) -> None:
    thread.box.press_sequentially("Hel")
    thread.box.press("Enter")
    expect(thread.article("Hel")).to_be_visible()
    thread.box.blur()
    typing = [body for body in world.heard() if body["event"].startswith("conversation_typing")]
    assert [(body["event"], body["is_private"]) for body in typing] == [
        ("conversation_typing_on", False),
        ("conversation_typing_off", False),
    ]


def test_typing_a_note_is_told_as_private(thread: Thread, world: World, page: Page) -> None:
    thread.button("Private note").click()
    with page.expect_response("**/toggle_typing_status"):
        thread.box.press_sequentially("psst")
    assert [body["is_private"] for body in world.heard("conversation_typing_on")] == [True]


def test_files_go_with_the_words(thread: Thread, page: Page) -> None:
    page.get_by_label("Attach files").set_input_files([PICTURE])
    page.get_by_label("Attach files").set_input_files([NOTE])
    thread.box.fill("Two files")
    thread.button("Send").click()
    sent = thread.article("Two files")
    expect(sent.get_by_role("img")).to_have_js_property("complete", True)
    assert sent.get_by_role("img").evaluate("image => image.naturalWidth") > 0
    with page.expect_download() as download:
        sent.get_by_role("link", name="note.txt").click()
    assert download.value.path().read_bytes() == b"twelve bytes"
    expect(page.get_by_role("list", name="Attached files")).to_be_hidden()
    assert [file["file_type"] for file in thread.messages()[-1]["attachments"]] == ["image", "file"]


def test_a_file_needs_no_words_and_may_be_a_private_note(thread: Thread, page: Page) -> None:
    page.get_by_label("Attach files").set_input_files([NOTE])
    thread.button("Private note").click()
    thread.button("Send").click()
    expect(thread.article("Private note").get_by_role("link", name="note.txt")).to_be_visible()
    assert thread.messages()[-1]["private"] is True


def test_a_file_can_be_taken_off_again(thread: Thread, page: Page) -> None:
    page.get_by_label("Attach files").set_input_files([NOTE])
    page.get_by_role("button", name="Remove ünlü note.txt").click()
    expect(page.get_by_role("list", name="Attached files")).to_be_hidden()
    expect(thread.box).to_be_focused()


def test_a_visitors_picture_is_shown(thread: Thread, world: World) -> None:
    form, picture = {"content": "look", "message_type": "incoming"}, ("handover.png", PICTURE.read_bytes(), "image/png")
    answer = world.admin.call("POST", f"/conversations/{thread.id}/messages", data=form, files={"attachments[]": picture})
    assert answer.status_code == 200
    expect(thread.article("look").get_by_role("img")).to_have_js_property("complete", True)
    assert thread.article("look").get_by_role("img").evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize(
    ("item", "content_type", "shown"),
    [
        ("Choice", "input_select", "A return"),
        ("Cards", "cards", "Hand grinder"),
        ("Form", "form", "Order number *"),
        ("Article", "article", "How to return a parcel"),
        ("E-mail", "input_email", "Not given yet"),
        ("Rating (CSAT)", "input_csat", "Not given yet"),
    ],
)
def test_every_example_can_be_sent_as_it_is(thread: Thread, page: Page, item: str, content_type: str, shown: str) -> None:
    thread.chooses("Interactive message", item)
    page.get_by_role("dialog", name=item).get_by_role("button", name="Send").click()
    expect(thread.log.get_by_text(shown)).to_be_visible()
    expect(thread.box).to_be_focused()
    assert thread.messages()[-1]["content_type"] == content_type


def test_an_example_can_be_changed_first(thread: Thread, page: Page) -> None:
    thread.chooses("Interactive message", "Choice")
    dialog = page.get_by_role("dialog", name="Choice")
    dialog.get_by_label("Message").fill("Which size?")
    dialog.get_by_role("button", name="Remove option 3").click()
    dialog.get_by_role("button", name="Remove option 2").click()
    dialog.get_by_role("button", name="Add option").click()
    second = dialog.get_by_role("group", name="Option 2")
    second.get_by_label("Title").fill("Large")
    second.get_by_label("Value").fill("l")
    dialog.get_by_role("button", name="Send").click()
    expect(thread.article("Which size?")).to_be_visible()
    assert thread.messages()[-1]["content_attributes"]["items"] == [
        {"title": "My order", "value": "order"},
        {"title": "Large", "value": "l"},
    ]


def test_the_buttons_of_a_card_are_written_one_a_line(thread: Thread, page: Page) -> None:
    thread.chooses("Interactive message", "Cards")
    dialog = page.get_by_role("dialog", name="Cards")
    dialog.get_by_role("button", name="Remove card 2").click()
    dialog.get_by_label("Buttons").fill("See it | https://example.com\nYes")
    dialog.get_by_role("button", name="Send").click()
    expect(thread.log.get_by_text("See it")).to_be_visible()
    (card,) = thread.messages()[-1]["content_attributes"]["items"]
    assert card["actions"] == [
        {"type": "link", "text": "See it", "uri": "https://example.com"},
        {"type": "postback", "text": "Yes", "payload": "Yes"},
    ]


def test_what_chatwoot_refuses_is_said_in_the_dialog(thread: Thread, page: Page) -> None:
    thread.chooses("Interactive message", "Article")
    dialog = page.get_by_role("dialog", name="Article")
    dialog.get_by_role("button", name="Remove article 1").click()
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_contain_text("At least one item is required.")


def test_what_the_visitor_chose_is_shown(thread: Thread, world: World) -> None:
    items = [{"title": "Small", "value": "s"}, {"title": "Large", "value": "l"}]
    answered = {"items": items, "submitted_values": [{"title": "Large", "value": "l"}]}
    world.server.agent_replies(thread.id, "Which?", content_type="input_select", content_attributes=answered)
    expect(thread.article("Which?").get_by_text("Large (chosen)")).to_be_visible()


def test_menus_are_walked_by_arrow_keys_and_left_by_escape(thread: Thread, page: Page) -> None:
    thread.button("Interactive message").press("Enter")
    expect(page.get_by_role("menuitem", name="Choice")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Rating (CSAT)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(thread.button("Interactive message")).to_be_focused()
    expect(page.get_by_role("menu")).to_have_count(0)
