"""Conversations, deliveries and receipts: what happened is looked at, never changed, and never leaks."""

from __future__ import annotations

import html
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from handoffs import desk, switchboard
from handoffs.models import (
    Author,
    Conversation,
    Delivery,
    File,
    FileBytes,
    Handoff,
    Membership,
    MessageTemplate,
    Receipt,
    Scenario,
    Transfer,
    Workspace,
)
from handoffs.providers import base, registry
from tests.handoffs.admin.conftest import client_of, make_handoff, talk
from tests.paper import PaperDesk

ROOT = "/admin/handoffs/"
EVIL = "<img src=x onerror=alert(1)>"


def page_of(row: Any) -> str:
    return f"{ROOT}{row._meta.model_name}/{row.pk}/change/"


def receipt_for(handoff: Handoff, body: Any, **more: Any) -> Receipt:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Receipt.objects.create(handoff=handoff, raw=raw, signed=True, meaning=uuid.uuid4().hex, **more)


def resolved(thread: str) -> dict[str, Any]:
    """Chatwoot's call when an agent resolves the conversation ``thread``."""
    inbox = {"pubsub_token": "pubsub-EXAMPLE", "source_id": "desk-key-EXAMPLE"}
    changed = {"event": "conversation_status_changed", "id": int(thread), "inbox_id": 7, "status": "resolved", "account": {"id": 1}}
    return {**changed, "contact_inbox": inbox, "meta": {"sender": {"identifier": "desk-key-EXAMPLE", "name": EVIL}}}


@pytest.fixture
def sheet_desk(support: Handoff, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk is on paper."""
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, PaperDesk))
    Handoff.objects.filter(pk=support.pk).update(system="paper")
    support.refresh_from_db()


# --- Conversation -------------------------------------------------------------------------------------------------------------------------


def test_the_page_of_a_conversation_tells_its_story(admin_client: Client, waiting: Conversation, support: Handoff) -> None:
    Transfer.objects.update(thread_id="42")
    desk.agent_says(Transfer.objects.get(), base.AgentSaid(base.ThreadRef("42"), 9, "It is on its way.", "Grace"))
    receipt_for(support, resolved("42"), effect="transfer ended")
    receipt_for(support, resolved("43"), effect="somebody else's")
    body = admin_client.get(page_of(waiting)).content.decode()
    for shown in ("Where is my parcel?", "Grace", "It is on its way.", "With a human", "Waiting to be sent", "transfer ended"):
        assert shown in body
    assert "<dt>handover_success</dt><dd>true</dd>" in body
    assert "somebody else" not in body
    transcript = body[body.index('<ol class="transcript">') :]
    assert transcript.index("Where is my parcel?") < transcript.index("It is on its way.")


def test_a_late_message_stands_where_it_belongs_and_a_revision_is_not_shown_twice(admin_client: Client, coffee: Scenario) -> None:
    conversation = talk(coffee, "first", "third")
    conversation.say(Author.AGENT, "second", ord=1.5)
    conversation.say_again(conversation.messages.get(text="third"))
    body = admin_client.get(page_of(conversation)).content.decode()
    assert body.index("first") < body.index("second") < body.index("third")
    # The scenario answered twice.
    assert body.count('class="said ') == 5


def test_what_a_visitor_writes_is_escaped(admin_client: Client, waiting: Conversation, support: Handoff) -> None:
    switchboard.visitor_says(waiting.pk, switchboard.Words(uuid.uuid4(), EVIL))
    waiting.refresh_from_db()
    waiting.remember("name", EVIL)
    Delivery.objects.update(last_error=EVIL)
    Transfer.objects.update(agent_name=EVIL, thread_id="42")
    receipt = receipt_for(support, resolved("42"), effect=EVIL, error=EVIL, delivery_id=EVIL)
    pages = [page_of(waiting), page_of(Delivery.objects.last()), page_of(receipt)]
    for path in [*pages, f"{ROOT}conversation/", f"{ROOT}delivery/", f"{ROOT}receipt/"]:
        assert EVIL not in admin_client.get(path).content.decode(), path
    assert "&lt;img src=x onerror=alert(1)&gt;" in admin_client.get(pages[0]).content.decode()


def test_a_refused_message_shows_why(admin_client: Client, waiting: Conversation) -> None:
    Delivery.objects.filter(kind="message").update(state="parked", last_error="Chatwoot says it is too long (422).")
    body = admin_client.get(page_of(waiting)).content.decode()
    assert '>Not delivered: refused by the desk</a>: <span class="why">Chatwoot says it is too long (422).</span>' in body


def test_a_transfer_tells_who_asked_who_came_and_how_long_it_took(admin_client: Client, waiting: Conversation) -> None:
    began = timezone.now() - timedelta(hours=2)
    times = {"waiting_since": began, "joined_at": began + timedelta(minutes=3), "ended_at": began + timedelta(minutes=65)}
    waiting.transfers.update(state="ended", reason="given_back", agent_name="Grace", assigned_to="Kurt", **times)
    body = admin_client.get(page_of(waiting)).content.decode()
    story = (
        "Handed over to Support, by the message “Human”",
        "Grace came after 3 min",
        "Ended: Given back to the bot, after 1 h 2 min with humans",
    )
    for shown in story:
        assert shown in body


def test_it_shows_how_far_words_got_on_their_way_to_the_visitor(admin_client: Client, coffee: Scenario) -> None:
    conversation = talk(coffee)
    for text in ("first", "second", "third"):
        conversation.say(Author.AGENT, f"the {text}")
    conversation.say(Author.BOT, "the fourth")
    Conversation.objects.filter(pk=conversation.pk).update(seen_seq=1, got_seq=2)
    body = admin_client.get(page_of(conversation)).content.decode()
    story = ["the first", ">Seen<", "the second", ">Delivered<", "the third", ">Not delivered yet<", "the fourth"]
    assert [body.count(each) for each in story] == [1] * len(story), "of what the bot says no browser tells"
    assert sorted(story, key=body.index) == story


def test_what_the_agent_took_back_is_said_to_be_deleted(admin_client: Client, coffee: Scenario) -> None:
    conversation = talk(coffee)
    conversation.say(Author.AGENT, "", gone=True)
    assert "Deleted by the agent" in admin_client.get(page_of(conversation)).content.decode()


def test_what_was_asked_for_and_what_was_filled_in_is_shown(admin_client: Client, coffee: Scenario) -> None:
    conversation = talk(coffee)
    asked = conversation.say(
        Author.AGENT,
        "Which size?",
        control={"kind": "choice", "options": [{"title": "Small", "value": "s"}, {"title": EVIL, "value": "l"}]},
    )
    conversation.say(Author.VISITOR, "Small", answers=asked, answer={"values": [["", "Small", "s"]]})
    body = admin_client.get(page_of(conversation)).content.decode()
    assert "<li>Small</li>" in body and "Answers number 1: “Which size?”" in body
    assert EVIL not in body


def test_an_agents_warning_that_it_did_not_reach_the_visitor_is_shown(admin_client: Client, coffee: Scenario) -> None:
    conversation = talk(coffee)
    conversation.say(Author.AGENT, "Hello?", desk_failed=True)
    assert "that this did not reach the visitor" in admin_client.get(page_of(conversation)).content.decode()


# --- Files --------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def page_with_script(coffee: Scenario) -> File:
    """What a visitor with bad intentions sends."""
    conversation = talk(coffee)
    message = conversation.say(Author.VISITOR, "")
    name, content = 'in"voice <b>.html', b"<script>alert(1)</script>"
    file = File.objects.create(conversation=conversation, message=message, name=name, type="text/html", size=len(content))
    FileBytes.objects.create(file=file, content=content)
    return file


def address_of(file: File) -> str:
    return f"{ROOT}conversation/{file.conversation_id}/files/{file.pk}/"


def test_a_file_is_offered_by_name_and_size_and_saved_never_opened(admin_client: Client, page_with_script: File) -> None:
    body = admin_client.get(page_of(page_with_script.conversation)).content.decode()
    assert f'<a href="{address_of(page_with_script)}">in&quot;voice &lt;b&gt;.html</a> <span class="fact">25\xa0bytes</span>' in body
    answer = admin_client.get(address_of(page_with_script))
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_is_for_those_who_may_see_the_conversation(client: Client, page_with_script: File) -> None:
    assert client.get(address_of(page_with_script)).headers["Location"].startswith("/admin/login/")
    elsewhere = Workspace.objects.create(slug="elsewhere", name="Elsewhere")
    assert client_of("admin", elsewhere).get(address_of(page_with_script)).status_code in (403, 404)


def test_a_file_of_another_conversation_is_not_there(admin_client: Client, coffee: Scenario, page_with_script: File) -> None:
    page_with_script.conversation_id = talk(coffee).pk
    assert admin_client.get(address_of(page_with_script)).status_code == 404


@pytest.mark.parametrize(("state", "shown"), [("loading", "To be fetched from the desk"), ("failed", "Could not be fetched: too large")])
def test_a_file_that_is_not_here_says_why_and_is_no_link(admin_client: Client, page_with_script: File, state: str, shown: str) -> None:
    File.objects.update(state=state, error="too large" if state == "failed" else "")
    body = admin_client.get(page_of(page_with_script.conversation)).content.decode()
    assert shown in body and address_of(page_with_script) not in body
    assert admin_client.get(address_of(page_with_script)).status_code == 404


# --- The list -----------------------------------------------------------------------------------------------------------------------------


def test_the_list_names_the_floor_as_the_switchboard_does(
    admin_client: Client, coffee: Scenario, support: Handoff, human: MessageTemplate
) -> None:
    support.switch_on()
    conversations = [talk(coffee, "hi"), talk(coffee, "human"), talk(coffee, "human", "hello?"), talk(coffee, "human", "hello?")]
    conversations[2].transfers.update(state="active", agent_name="Grace")
    conversations[3].transfers.update(state="ended", agent_name="Grace")
    for mode in ("bot", "waiting", "agent"):
        listed = admin_client.get(f"{ROOT}conversation/", {"floor": mode}).context["cl"].result_list
        assert {each.pk for each in listed} == {each.pk for each in conversations if switchboard.floor(each)["mode"] == mode}


def test_a_conversation_is_found_by_its_visitors_name_as_it_is_shown(admin_client: Client, coffee: Scenario) -> None:
    wanted, _ = talk(coffee, "hi"), talk(coffee, "hi")
    found = admin_client.get(f"{ROOT}conversation/", {"q": wanted.visitor.name()}).context["cl"].result_list
    assert [each.pk for each in found] == [wanted.pk]


def test_the_desk_key_of_a_visitor_is_in_no_page(admin_client: Client, waiting: Conversation) -> None:
    for path in (page_of(waiting), f"{ROOT}conversation/", page_of(Delivery.objects.last())):
        assert waiting.visitor.desk_key not in admin_client.get(path).content.decode()


@pytest.mark.parametrize(
    "news",
    [{"said": "Hello", "id": 9}, {"removed": 9}, {"changed": True}, {"closed": True}, {"ours": "some-key", "id": 9}],
    ids=["said", "removed", "changed", "closed", "echo"],
)
def test_whatever_a_desk_tells_of_a_thread_is_listed_with_its_conversation(
    admin_client: Client, waiting: Conversation, support: Handoff, sheet_desk: None, news: dict[str, Any]
) -> None:
    Transfer.objects.update(thread_id="thread-1")
    receipt_for(support, {"thread": "thread-1", **news}, effect="what it did")
    receipt_for(support, {"thread": "thread-2", **news}, effect="somebody else’s")
    body = admin_client.get(page_of(waiting)).content.decode()
    assert "what it did" in body and "somebody else" not in body


# --- Delivery and receipt -----------------------------------------------------------------------------------------------------------------


def test_the_brief_is_shown_as_the_agent_gets_it(admin_client: Client, waiting: Conversation) -> None:
    body = admin_client.get(page_of(Delivery.objects.get(kind="brief"))).content.decode()
    assert "**Handed over** by the message “Human”." in body and "Resolve this conversation when you are done" in body


@pytest.mark.parametrize("kind", ["answer", "delivered", "seen", "close", "removal"])
def test_every_kind_of_delivery_has_a_page_and_a_line_in_words(admin_client: Client, waiting: Conversation, kind: str) -> None:
    Delivery.objects.filter(kind="message").update(kind=kind)
    delivery = Delivery.objects.get(kind=kind)
    for page in (page_of(delivery), f"{ROOT}delivery/", page_of(waiting)):
        assert delivery.get_kind_display() in html.unescape(admin_client.get(page).content.decode())


def test_deliveries_are_filtered_by_their_state(admin_client: Client, waiting: Conversation) -> None:
    Delivery.objects.filter(kind="brief").update(state="sent")
    listed = admin_client.get(f"{ROOT}delivery/", {"state__exact": "pending"}).context["cl"].result_list
    assert [each.kind for each in listed] == ["message"]


def test_the_body_of_a_receipt_is_readable_and_without_its_secrets(admin_client: Client, support: Handoff) -> None:
    body = admin_client.get(page_of(receipt_for(support, resolved("42")))).content.decode()
    assert "&quot;status&quot;: &quot;resolved&quot;" in body and "&quot;pubsub_token&quot;: &quot;••••••&quot;" in body
    assert "pubsub-EXAMPLE" not in body and "desk-key-EXAMPLE" not in body


@pytest.mark.parametrize("raw", [b"\xff\xfe pubsub_token=abc", b"[" * 100_000, b'{"pubsub_token": "abc"'])
def test_a_body_that_is_no_json_is_not_shown(admin_client: Client, support: Handoff, raw: bytes) -> None:
    response = admin_client.get(page_of(receipt_for(support, raw)))
    assert response.status_code == 200 and f"{len(raw)} bytes that are not readable as JSON." in response.content.decode()


def test_a_traceback_is_one_line_in_the_list_and_whole_on_the_page(admin_client: Client, support: Handoff) -> None:
    receipt = receipt_for(support, {}, state="failed", error="Traceback (most recent call last):\n  File x\nKeyError: 'id'")
    listed = admin_client.get(f"{ROOT}receipt/").content.decode()
    assert "KeyError" in listed and "Traceback" not in listed
    assert "Traceback" in admin_client.get(page_of(receipt)).content.decode()


# --- All three ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", ["conversation", "delivery", "receipt"])
def test_what_happened_can_not_be_added_changed_or_deleted(
    admin_client: Client, waiting: Conversation, support: Handoff, noun: str
) -> None:
    rows: dict[str, Any] = {"conversation": waiting, "delivery": Delivery.objects.first(), "receipt": receipt_for(support, {})}
    row = rows[noun]
    assert admin_client.get(f"{ROOT}{noun}/add/").status_code == 403
    assert admin_client.post(page_of(row), {"state": "sent"}).status_code == 403
    assert admin_client.post(f"{ROOT}{noun}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(f"{ROOT}{noun}/", {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists()


def test_what_visitors_wrote_is_for_those_who_may_see_it(waiting: Conversation) -> None:
    client = client_of("editor")
    assert client.get(page_of(waiting)).status_code == 200
    assert client.get(f"{ROOT}receipt/").status_code == 403
    elsewhere = Workspace.objects.create(slug="elsewhere", name="Elsewhere")
    Membership.objects.update(workspace=elsewhere)
    assert client.get(page_of(waiting)).status_code in (302, 404)
    assert waiting.visitor.name() not in client.get(f"{ROOT}conversation/").content.decode()


def test_what_visitors_wrote_is_in_no_page_of_a_stranger(client: Client, waiting: Conversation) -> None:
    response = client.get(page_of(waiting))
    assert response.status_code == 302 and response.headers["Location"].startswith("/admin/login/")


LISTS = ["workspace", "scenario", "messagetemplate", "handoff", "conversation", "delivery", "receipt"]


def more_of_everything(scenario: Scenario) -> None:
    talk(scenario, "human", "hello?")
    number = Handoff.objects.count() + 100
    receipt_for(make_handoff(scenario, f"Handoff {number}", inbox=number), {})
    other = Scenario.objects.create(workspace=scenario.workspace, name=f"Scenario {number}")
    MessageTemplate.objects.create(scenario=other, name="Hello")


@pytest.mark.parametrize("noun", LISTS)
def test_a_longer_list_takes_no_more_queries(admin_client: Client, waiting: Conversation, coffee: Scenario, noun: str) -> None:
    more_of_everything(coffee)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(f"{ROOT}{noun}/")
        counts.append(len(queries))
        for _ in range(5):
            more_of_everything(coffee)
    assert counts[0] == counts[1]


def test_the_page_of_a_longer_conversation_takes_no_more_queries(admin_client: Client, waiting: Conversation, support: Handoff) -> None:
    Transfer.objects.update(thread_id="42")
    admin_client.get(page_of(waiting))  # what Django looks up once a process is looked up now
    counts = []
    for _ in range(2):
        receipt_for(support, resolved("42"))
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(page_of(waiting))
        counts.append(len(queries))
        for number in range(5):
            switchboard.visitor_says(waiting.pk, switchboard.Words(uuid.uuid4(), f"and {number}"))
            receipt_for(support, resolved("42"))
    assert counts[0] == counts[1]
