"""What an inbox's settings do to what is said, and how addresses begin."""

from collections.abc import Callable

import pytest

from tests.sandbox.conftest import Json, World


@pytest.fixture
def conversation(world: World) -> int:
    conversation = world.conversation()
    world.forget()
    return conversation


def set_inbox(world: World, **settings: object) -> Json:
    changed: Json = world.admin.patch(f"/inboxes/{world.demo.inbox_id}", **settings).json()
    return changed


def test_the_inboxs_own_words_and_display_are_in_its_survey(world: World, conversation: int) -> None:
    set_inbox(world, csat_survey_enabled=True, csat_config={"display_type": "star", "message": "How was it?"})
    world.server.agent_resolves(conversation)
    (told,) = world.heard("message_created")
    assert told["content"].startswith(f"How was it? {world.server.url}/survey/responses/")
    assert told["content_attributes"] == {"display_type": "star"}


def test_an_agents_own_survey_is_told_with_the_link_too(world: World, conversation: int) -> None:
    assert world.server.agent_replies(conversation, "Rate us", content_type="input_csat")["content"] == "Rate us"
    (told,) = world.heard("message_created")
    assert told["content"].startswith(f"Please rate this conversation, {world.server.url}/survey/responses/")


def test_changed_hours_are_shown_and_the_other_days_stay(world: World) -> None:
    shown = set_inbox(world, working_hours=[{"day_of_week": 0, "open_all_day": True}])["working_hours"]
    assert [day["day_of_week"] for day in shown] == list(range(7))
    assert (shown[0]["open_all_day"], shown[1]["open_hour"], shown[6]["closed_all_day"]) == (True, 9, True)


def test_an_out_of_office_message_may_have_10000_characters(world: World) -> None:
    path = f"/inboxes/{world.demo.inbox_id}"
    assert world.admin.patch(path, out_of_office_message="x" * 10_000).status_code == 200
    refused = world.admin.patch(path, out_of_office_message="x" * 10_001)
    assert (refused.status_code, refused.json()["attributes"]) == (422, ["out_of_office_message"])


def test_a_message_after_the_reply_window_is_not_refused(world: World, conversation: int) -> None:
    set_inbox(world, channel={"additional_attributes": {"agent_reply_time_window": 24}})
    assert world.admin.get(f"/conversations/{conversation}").json()["can_reply"] is False, "nobody wrote yet"
    assert world.server.agent_replies(conversation, "Late")["status"] == "sent"
    world.visitor_says(conversation, "Hi")
    assert world.admin.get(f"/conversations/{conversation}").json()["can_reply"] is True


def test_a_conversation_that_is_not_snoozed_has_no_until(world: World) -> None:
    conversation = world.conversation(status="open", snoozed_until="2030-03-17T17:46:40Z")
    assert world.admin.get(f"/conversations/{conversation}").json()["snoozed_until"] is None


def test_addresses_may_begin_with_another_host_than_the_one_that_is_called(make_world: Callable[..., World]) -> None:
    world = make_world(frontend_url="https://chat.example.com")
    files = {"attachments[]": ("a.png", b"x", "image/png")}
    sent = world.jane.call("POST", f"/conversations/{world.conversation()}/messages", data={"content": ""}, files=files).json()
    (attachment,) = sent["attachments"]
    assert attachment["data_url"].startswith("https://chat.example.com/rails/active_storage/blobs/redirect/")
    assert attachment["thumb_url"].startswith("https://chat.example.com/rails/active_storage/representations/redirect/")
    assert sent["sender"]["thumbnail"].startswith("https://chat.example.com/")
