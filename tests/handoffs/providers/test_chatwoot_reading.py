"""What is read out of a conversation, page by page."""

from __future__ import annotations

from handoffs.providers.base import AgentSaid, MessageRemoved, OurEcho
from handoffs.providers.chatwoot.provider import Chatwoot
from handoffs.providers.chatwoot.talk import OVERLAP, PAGE
from tests.handoffs.providers.script import CONVERSATION, KEY, MESSAGES, OTHER, THREAD, Script, conversation


def message(number: int, **fields: object) -> dict[str, object]:
    sender = {"id": 3, "type": "user", "available_name": "Jane"}
    return {"id": number, "content": f"text {number}", "message_type": 1, "private": False, "source_id": None, "sender": sender} | fields


def page(numbers: range) -> tuple[int, object]:
    return 200, {"payload": [message(number) for number in reversed(numbers)]}


def after_of(script: Script) -> list[str]:
    return [seen.path.partition("?after=")[2] for seen in script.listener.seen if "?after=" in seen.path]


def test_reading_goes_through_all_pages_in_the_order_of_ids(script: Script, chatwoot: Chatwoot) -> None:
    script.on(CONVERSATION, (200, conversation()))
    script.on(MESSAGES, page(range(951, 951 + PAGE)), page(range(1051, 1054)))
    reading = chatwoot.read(THREAD, 1000)
    assert [event.remote_id for event in reading.events if isinstance(event, AgentSaid)] == [*range(951, 1054)]
    assert reading.last == 1053
    assert after_of(script) == [str(1000 - OVERLAP), "1050"]


def test_reading_never_goes_back_behind_its_start(script: Script, chatwoot: Chatwoot) -> None:
    script.on(CONVERSATION, (200, conversation()))
    script.on(MESSAGES, page(range(990, 995)))
    assert chatwoot.read(THREAD, 1000).last == 1000
    assert chatwoot.read(THREAD, 3).last == 994
    assert after_of(script) == ["950", "0"]


def test_a_page_that_comes_again_and_again_is_not_read_for_ever(script: Script, chatwoot: Chatwoot) -> None:
    script.on(CONVERSATION, (200, conversation()))
    script.on(MESSAGES, page(range(1, 1 + PAGE)))
    assert len(chatwoot.read(THREAD, 0).events) == PAGE
    assert after_of(script) == ["0", str(PAGE)]


def test_how_a_thread_stands_is_asked_before_its_messages(script: Script, chatwoot: Chatwoot) -> None:
    script.on(CONVERSATION, (200, conversation("resolved")))
    script.on(MESSAGES, page(range(1, 3)))
    assert chatwoot.read(THREAD, 0).state.closed == "resolved"
    assert script.calls == [CONVERSATION, MESSAGES]


def test_reading_leaves_out_what_says_nothing_and_counts_it_as_read(script: Script, chatwoot: Chatwoot) -> None:
    listing = [
        message(1, private=True),
        message(2, content="", attachments=[]),
        message(3, message_type=0, content_attributes={"deleted": True}),
        message(4, private=True, content_attributes={"deleted": True}),
        message(5, content_attributes={"deleted": True}),
        message(6, status="failed"),
        message(7, source_id=f"handoff:{KEY}", message_type=0),
        message(8, message_type=2),
    ]
    script.on(CONVERSATION, (200, conversation()))
    script.on(MESSAGES, (200, {"payload": listing}))
    reading = chatwoot.read(THREAD, 0)
    assert [(type(event), getattr(event, "remote_id", None)) for event in reading.events] == [
        (MessageRemoved, 5),
        (AgentSaid, 6),
        (OurEcho, 7),
    ]
    assert reading.last == 8
    assert [event.failed for event in reading.events if isinstance(event, AgentSaid)] == [True]


def test_a_message_is_found_by_key_and_only_by_key_even_if_an_agent_deleted_it(script: Script, chatwoot: Chatwoot) -> None:
    deleted = message(3, source_id=f"handoff:{KEY}", message_type=0, content_attributes={"deleted": True})
    script.on(MESSAGES, (200, {"payload": [message(1, source_id=f"handoff:{OTHER}"), message(2, source_id=KEY), deleted]}))
    assert chatwoot.find(THREAD, KEY, 0) == 3
    assert chatwoot.find(THREAD, "22222222-5a3c-4d0b-9f2b-2f1f5b1f9c22", 0) is None
