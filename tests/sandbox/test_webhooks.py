"""Webhooks as they arrive: once, signed, in Chatwoot's shapes."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import pytest
import requests

from tests.sandbox.conftest import Hook, World


def test_a_webhook_is_signed_over_timestamp_and_raw_body(world: World) -> None:
    world.server.agent_replies(world.conversation(), "<b>grüße & co</b>")
    world.server.drain()
    for headers, raw in world.hook.deliveries:
        signed = headers["x-chatwoot-timestamp"].encode() + b"." + raw
        expected = hmac.new(world.demo.inbox_secret.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["x-chatwoot-signature"] == f"sha256={expected}"
        assert headers["content-type"] == headers["accept"] == "application/json"
    assert len({delivery.headers["x-chatwoot-delivery"] for delivery in world.hook.deliveries}) == len(world.hook.deliveries)
    assert any(b"\\u003cb\\u003egr\xc3\xbc\xc3\x9fe \\u0026 co" in delivery.raw for delivery in world.hook.deliveries), "as Rails escapes"


def test_an_inbox_without_a_secret_signs_nothing(world: World) -> None:
    world.store.update("inboxes", world.demo.inbox_id, secret="")
    world.conversation()
    world.server.drain()
    assert not [name for name in world.hook.deliveries[0].headers if name.startswith("x-chatwoot")]


def test_a_server_before_4_13_signs_nothing(make_world: Callable[..., World]) -> None:
    world = make_world(version="4.12.9")
    world.conversation()
    world.server.drain()
    assert "x-chatwoot-signature" not in world.hook.deliveries[0].headers


def test_an_inbox_without_a_webhook_url_sends_nothing(world: World) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", channel={"webhook_url": ""})
    world.conversation()
    assert world.heard() == []


def test_an_agents_reply_is_told_with_words_and_iso_times(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    reply = world.server.agent_replies(conversation, "Hello **Ann**")
    (told,) = world.heard("message_created")
    assert (told["id"], told["message_type"], told["content"], told["private"]) == (reply["id"], "outgoing", "Hello **Ann**", False)
    assert told["sender"] == {"id": reply["sender"]["id"], "name": "Jane Doe", "email": "jane@demo.test", "type": "user"}
    assert told["account"] == {"id": 1, "name": "Demo Support"}
    assert told["inbox"] == {"id": world.demo.inbox_id, "name": "Website chat"}
    assert datetime.fromisoformat(told["created_at"]).tzinfo
    assert told["source_id"] is None
    assert not {"status", "updated_at", "conversation_id", "echo_id", "attachments"} & told.keys()


def test_the_nested_message_has_numbers_where_the_outer_has_words(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    world.server.agent_replies(conversation, "Hello")
    (told,) = world.heard("message_created")
    (nested,) = told["conversation"]["messages"]
    assert (nested["message_type"], nested["conversation_id"], nested["sender"]["available_name"]) == (1, conversation, "Jane")
    assert type(nested["created_at"]) is int
    assert nested["sender"]["availability_status"] is None


def test_the_conversation_in_a_webhook_is_known_by_its_source_id(world: World) -> None:
    conversation = world.conversation("S")
    (told,) = world.heard("conversation_created")
    assert (told["id"], told["contact_inbox"]["source_id"], told["account"]["id"]) == (conversation, "S", 1)
    assert not {"uuid", "account_id", "contact_id", "changed_attributes"} & told.keys()
    assert told["meta"]["assignee"] is None
    assert (told["first_reply_created_at"], type(told["waiting_since"]), type(told["updated_at"])) == (None, int, float)


def test_before_4_14_2_conversation_events_name_no_account(make_world: Callable[..., World]) -> None:
    world = make_world(version="4.14.1")
    world.conversation()
    assert "account" not in world.heard("conversation_created")[0]


def test_echoes_of_ones_own_messages_come_back(world: World) -> None:
    conversation = world.conversation()
    world.visitor_says(conversation, "Hi", source_id="bot:1", echo_id="e")
    (told,) = world.heard("message_created")
    assert (told["message_type"], told["source_id"]) == ("incoming", "bot:1")
    assert "type" not in told["sender"]
    assert told["sender"]["account"]["id"] == 1


def test_private_notes_are_sent_too_and_the_nested_message_is_the_last_public_one(world: World) -> None:
    conversation = world.conversation()
    world.visitor_says(conversation, "Hi")
    world.forget()
    world.server.agent_notes(conversation, "psst")
    (told,) = world.heard()
    assert (told["event"], told["private"], told["content"]) == ("message_created", True, "psst")
    assert told["conversation"]["messages"][0]["content"] == "Hi"


def test_a_greeting_comes_as_a_template_without_a_sender(world: World) -> None:
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", greeting_enabled=True, greeting_message="Welcome")
    world.visitor_says(world.conversation(), "Hi")
    (told,) = [body for body in world.heard("message_created") if body["message_type"] == "template"]
    assert (told["content"], told["sender"]) == ("Welcome", None)


def test_a_reply_also_updates_the_conversation(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    world.server.agent_replies(conversation, "Hello")
    (told,) = world.heard("conversation_updated")
    changed = {key: change for each in told["changed_attributes"] for key, change in each.items()}
    assert changed.keys() == {"waiting_since", "first_reply_created_at", "updated_at"}
    assert changed["waiting_since"]["current_value"] is None
    assert told["first_reply_created_at"].endswith("Z")
    world.forget()
    world.server.agent_replies(conversation, "Still there?")
    assert [body["event"] for body in world.heard()] == ["message_created"], "nothing waits any more"


def test_resolving_is_told_twice_and_its_activity_never(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    world.server.agent_resolves(conversation)
    told = {body["event"]: body for body in world.heard()}
    assert told.keys() == {"conversation_status_changed", "conversation_updated"}
    assert (told["conversation_status_changed"]["status"], told["conversation_status_changed"]["changed_attributes"]) == ("resolved", None)
    assert {"status": {"previous_value": "open", "current_value": "resolved"}} in told["conversation_updated"]["changed_attributes"]


def test_nothing_changed_is_nothing_told(world: World) -> None:
    conversation = world.conversation()
    world.server.agent_resolves(conversation)
    world.forget()
    world.server.agent_resolves(conversation)
    assert world.heard() == []


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/assignments", {"assignee_id": 2}, "assignee_id"),
        ("/labels", {"labels": ["vip"]}, "label_list"),
        ("/custom_attributes", {"custom_attributes": {"a": 1}}, "custom_attributes"),
    ],
)
def test_other_changes_arrive_as_conversation_updated(world: World, path: str, body: dict[str, object], key: str) -> None:
    conversation = world.conversation()
    world.forget()
    world.admin.post(f"/conversations/{conversation}{path}", **body)
    (told,) = world.heard()
    assert told["event"] == "conversation_updated"
    assert [next(iter(change)) for change in told["changed_attributes"]] == [key, "updated_at"]


def test_an_agents_typing_is_told(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    world.server.agent_types(conversation)
    (told,) = world.heard()
    assert (told["event"], told["user"]["type"], told["is_private"]) == ("conversation_typing_on", "user", False)
    assert told["conversation"]["id"] == conversation


def test_a_contacts_typing_through_the_public_api_is_echoed_without_a_type(world: World) -> None:
    conversation = world.conversation("S")
    world.forget()
    identifier = world.store.find("inboxes", id=world.demo.inbox_id)["identifier"]
    path = f"/public/api/v1/inboxes/{identifier}/contacts/S/conversations/{conversation}/toggle_typing"
    assert requests.post(world.server.url + path, json={"typing_status": "off"}, timeout=5).status_code == 200
    (told,) = world.heard()
    assert told["event"] == "conversation_typing_off"
    assert "type" not in told["user"]


def test_a_deletion_is_told_as_an_update_with_a_flag(world: World) -> None:
    conversation = world.conversation()
    message = world.server.agent_replies(conversation, "Oops")
    world.forget()
    world.jane.delete(f"/conversations/{conversation}/messages/{message['id']}")
    (told,) = world.heard()
    assert (told["event"], told["id"], told["content_attributes"]) == ("message_updated", message["id"], {"deleted": True})


def test_newer_servers_tidy_newlines_in_webhooks_only(world: World) -> None:
    conversation = world.conversation()
    reply = world.server.agent_replies(conversation, "one\\\ntwo\n\n")
    assert reply["content"] == "one\\\ntwo\n\n"
    assert world.heard("message_created")[0]["content"] == "one\ntwo"


def failed(world: World, conversation: int) -> tuple[str, str | None]:
    world.server.drain()
    message = world.server.messages(conversation)[-1]
    return message["status"], message["content_attributes"].get("external_error")


def test_a_webhook_answered_500_is_never_sent_again_and_fails_its_message(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    world.hook.status = 500
    world.server.agent_replies(conversation, "Hello")
    assert failed(world, conversation) == ("failed", "500 Internal Server Error")
    assert len(world.heard("message_created")) == 1
    (update,) = world.heard("message_updated")
    assert update["content_attributes"] == {"external_error": "500 Internal Server Error"}


def test_a_failed_echo_and_a_failed_note_are_marked_too(world: World) -> None:
    conversation = world.conversation()
    world.server.drain()
    world.hook.status = 404
    world.visitor_says(conversation, "Hi")
    assert failed(world, conversation)[0] == "failed"
    world.server.agent_notes(conversation, "psst")
    assert failed(world, conversation) == ("failed", "404 Not Found")


def test_a_webhook_nobody_answers_in_time_fails_its_message(make_world: Callable[..., World], hook: Hook) -> None:
    world = make_world(webhook_timeout=0.1)
    conversation = world.conversation()
    world.forget()
    hook.released.clear()
    world.server.agent_replies(conversation, "Hello")
    status, error = failed(world, conversation)
    assert status == "failed"
    assert error
    assert "Net::ReadTimeout" in error


def test_the_webhook_timeout_is_five_seconds(world: World) -> None:
    assert world.server.app.state.config.webhook_timeout == 5.0


def test_a_webhook_url_where_nobody_listens_fails_its_message(world: World) -> None:
    conversation = world.conversation()
    world.forget()
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", channel={"webhook_url": "http://127.0.0.1:1/"})
    world.server.agent_replies(conversation, "Hello")
    assert failed(world, conversation) == ("failed", "Failed to open TCP connection to 127.0.0.1:1")


def test_a_redirect_is_followed_with_the_same_post(world: World) -> None:
    world.hook.location = "/elsewhere"
    world.conversation()
    assert [body["event"] for body in world.heard()] == ["conversation_created"] * 2
    assert len({delivery.headers["x-chatwoot-delivery"] for delivery in world.hook.deliveries}) == 1


@pytest.mark.parametrize(("version", "arrives"), [("4.13.0", True), ("4.14.0", False)])
def test_private_addresses_are_refused_from_4_14(make_world: Callable[..., World], version: str, arrives: bool) -> None:
    world = make_world(version=version, allow_private_network=False)
    conversation = world.conversation()
    world.server.agent_replies(conversation, "Hello")
    expected = ("sent", None) if arrives else ("failed", "Hostname '127.0.0.1' has no public ip addresses")
    assert failed(world, conversation) == expected
    assert bool(world.hook.deliveries) is arrives


def test_only_http_urls_are_posted_to(world: World) -> None:
    conversation = world.conversation()
    world.server.drain()
    world.admin.patch(f"/inboxes/{world.demo.inbox_id}", channel={"webhook_url": "ftp://127.0.0.1/"})
    world.server.agent_replies(conversation, "Hello")
    assert failed(world, conversation)[0] == "failed"
