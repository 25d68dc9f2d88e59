"""The list of conversations, one as a chat, and what can be done about what failed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from handoffs import outbox, reconcile, relay, switchboard
from handoffs.admin import transcript
from handoffs.models import Author, Conversation, Delivery, Message, Scenario, Transfer, Workspace
from handoffs.providers.base import Outgoing, Uncertain
from tests.handoffs.admin.conftest import client_of, talk
from tests.paper import Sheet

LIST = "/admin/handoffs/conversation/"
EVIL = "<img src=x onerror=alert(1)>"


def page_of(conversation: Conversation, part: str = "change/") -> str:
    return f"{LIST}{conversation.pk}/{part}"


def listed(client: Client, **asked: Any) -> list[Any]:
    answer = client.get(LIST, asked)
    assert answer.status_code == 200, answer.headers
    return [line.address.split("/")[-3] for line in answer.context["lines"]]


def known_as(conversation: Conversation, **user: Any) -> Conversation:
    conversation.remember("user", user)
    return conversation


# --- The list -----------------------------------------------------------------------------------------------------------------------------


def test_a_conversation_is_found_by_what_is_known_and_by_what_was_said(admin_client: Client, coffee: Scenario) -> None:
    wanted = known_as(talk(coffee, "My GRINDER is loud"), name="Ada Lovelace", email="ada@example.com")
    other = known_as(talk(coffee, "hello"), name="Grace", email="grace@example.org")
    found = [str(wanted.pk)]
    for term in ("lovelace", "ADA@example", "grinder is", "  my   grinder ", wanted.visitor.name(), wanted.visitor.pk.hex[:6].upper()):
        assert listed(admin_client, q=term) == found, term
    assert set(listed(admin_client, q="example.")) == {str(wanted.pk), str(other.pk)}
    assert listed(admin_client, q="zebra") == []


@pytest.mark.parametrize("term", ["%", "_", "'", '"', "\\", "{}", EVIL, "x" * 5000, "🦓", "visitor", "user__name", "-1"])
def test_odd_searches_find_what_they_say_and_nothing_else(admin_client: Client, coffee: Scenario, term: str) -> None:
    talk(coffee, "hello")
    assert listed(admin_client, q=term) == []
    assert EVIL not in admin_client.get(LIST, {"q": term}).content.decode()


def test_a_search_with_a_nul_is_told_so(admin_client: Client, coffee: Scenario) -> None:
    talk(coffee, "hello")
    assert "Null characters are not allowed." in admin_client.get(LIST, {"q": "a\0b"}, follow=True).content.decode()


def test_it_is_narrowed_by_what_failed_how_it_ended_and_what_it_is(
    admin_client: Client, coffee: Scenario, tea: Scenario, waiting: Conversation
) -> None:
    refused, unanswered, given_up, ended = (talk(coffee, "human", "hello?") for _ in range(4))
    for conversation, state in ((refused, "parked"), (unanswered, "unknown"), (given_up, "given_up")):
        conversation.deliveries.filter(kind="message").update(state=state)
    ended.transfers.update(state="ended", reason="resolved")
    rehearsed = talk(tea, "hi")
    Conversation.objects.filter(pk=rehearsed.pk).update(desk="rehearsal")
    cases: list[tuple[dict[str, Any], set[Conversation]]] = [
        ({"failed": "any"}, {refused, unanswered}),
        ({"failed": "parked"}, {refused}),
        ({"failed": "unknown"}, {unanswered}),
        ({"failed": "given_up"}, {given_up}),
        ({"reason": "resolved"}, {ended}),
        ({"reason": "given_back"}, set()),
        ({"desk": "rehearsal"}, {rehearsed}),
        ({"desk": "live", "floor": "bot"}, {ended}),
        ({"scenario__id__exact": tea.pk}, {rehearsed}),
        ({"floor": "waiting", "failed": "parked", "q": "hello"}, {refused}),
    ]
    for asked, expected in cases:
        assert set(listed(admin_client, **asked)) == {str(each.pk) for each in expected}, asked
    everything = {"floor": "", "failed": "", "reason": "", "desk": "", "scenario__id__exact": "", "q": ""}
    assert len(listed(admin_client, **everything)) == 6
    assert len(listed(admin_client, floor="nowhere", failed="x", scenario__id__exact="9' OR 1=1", desk="\0")) == 6


def test_a_line_tells_who_what_when_and_what_failed(admin_client: Client, coffee: Scenario, waiting: Conversation) -> None:
    known_as(waiting, name="Ada", email="ada@example.com")
    waiting.deliveries.filter(kind="message").update(state="parked")
    long = talk(coffee, "hi")
    long.say(Author.AGENT, "word " * 100, name="Grace")
    first, second = admin_client.get(LIST).context["lines"]
    assert (first.who, first.last_by, len(first.last)) == (long.visitor.name(), "Grace", 140)
    assert (second.who, second.also, second.last) == ("Ada", waiting.visitor.name(), waiting.messages.last().text)  # type: ignore[union-attr]
    assert second.pills == [("warn", "Waiting for a human"), ("bad", "Not delivered")]
    body = admin_client.get(LIST).content.decode()
    assert "Not delivered" in body and '<label for="searchbar">' in body


def test_the_latest_words_come_first_and_what_revises_is_none(admin_client: Client, coffee: Scenario) -> None:
    older, newer = talk(coffee, "one"), talk(coffee, "two")
    newer.say_again(newer.messages.last())  # type: ignore[arg-type]
    older.say(Author.AGENT, "three", name=EVIL)
    lines = admin_client.get(LIST).context["lines"]
    assert [line.who for line in lines] == [older.visitor.name(), newer.visitor.name()]
    assert lines[1].last
    assert EVIL not in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize("asked", [{}, {"q": "hello"}, {"failed": "any", "reason": "resolved", "floor": "bot"}])
def test_a_longer_list_asks_no_more(admin_client: Client, waiting: Conversation, coffee: Scenario, asked: dict[str, str]) -> None:
    counts = []
    for _ in range(3):
        for _ in range(4):
            known_as(talk(coffee, "human", "hello"), name="Ada").deliveries.filter(kind="message").update(state="parked")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin_client.get(LIST, asked)
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_the_list_of_a_scenario_stands_among_its_sections(admin_client: Client, coffee: Scenario, tea: Scenario) -> None:
    talk(tea, "hi")
    body = admin_client.get(LIST, {"scenario__id__exact": coffee.pk}).content.decode()
    assert "Sections of Coffee" in body and "Nobody has talked here yet" not in body and "No conversation is like that." in body


# --- The transcript -----------------------------------------------------------------------------------------------------------------------


def test_what_happened_stands_between_what_was_said(admin_client: Client, waiting: Conversation) -> None:
    transfer = waiting.transfers.get()
    yesterday = timezone.now() - timedelta(days=1)
    waiting.messages.filter(seq__lte=1).update(said_at=yesterday)
    joined = timezone.now() + timedelta(minutes=3)
    Transfer.objects.update(agent_name="Grace", state="ended", reason="resolved", joined_at=joined, ended_at=joined + timedelta(minutes=9))
    waiting.say(Author.AGENT, "At your door.", name="Grace", transfer=transfer, said_at=joined + timedelta(minutes=1))
    entries = admin_client.get(page_of(waiting)).context["transcript"].entries
    kinds = [getattr(each, "step", each.kind) for each in entries]
    assert kinds.count("day") == 2 and kinds[0] == "day"
    assert kinds[-3:] == ["joined", "said", "ended"] and "asked" in kinds[:-3]


def test_a_very_long_one_is_told_in_pages(admin_client: Client, coffee: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "MOST_MESSAGES", 10)
    conversation = talk(coffee)
    for count in range(25):
        conversation.say(Author.BOT, f"line {count}.")
    asked: dict[str, Any] = {}
    seen: list[str] = []
    while True:
        shown = admin_client.get(page_of(conversation), asked).context["transcript"]
        seen = [each.message.text for each in shown.entries if each.kind == "said"] + seen
        assert shown.is_latest is not bool(asked)
        if shown.earlier is None:
            break
        asked = {"before": shown.earlier}
    assert seen == [f"line {count}." for count in range(25)]
    for nonsense in ("x", "0", "-1", "9" * 30, "\0", "77"):
        assert admin_client.get(page_of(conversation), {"before": nonsense}).context["transcript"].is_latest


def test_beside_what_a_visitor_said_stands_how_it_came_to_the_desk(admin_client: Client, waiting: Conversation) -> None:
    said = waiting.deliveries.filter(kind="message")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"state": "pending"}, "Stored, waiting to be sent"),
        ({"state": "sending"}, "Being sent"),
        ({"state": "sent"}, "At the desk"),
        ({"state": "unknown", "last_error": "No answer."}, "Perhaps delivered"),
        ({"state": "unknown", "last_error": ""}, "Tried again"),
        ({"state": "parked", "last_error": "Too long."}, "Not delivered: refused by the desk"),
        ({"state": "given_up", "given_up_by": "Ada", "given_up_at": timezone.now()}, "Not delivered – given up by Ada at 20"),
    ]
    for state, words in cases:
        said.update(**state)
        assert words in admin_client.get(page_of(waiting)).content.decode()


def test_the_page_asks_no_more_for_more_messages(admin_client: Client, waiting: Conversation) -> None:
    counts = []
    for _ in range(3):
        for _ in range(5):
            switchboard.visitor_says(waiting.pk, switchboard.Words(uuid.uuid4(), "hello?"))
            Message.objects.update(said_at=timezone.now() - timedelta(hours=1))
        waiting.deliveries.update(state="parked")
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(page_of(waiting))
        counts.append(len(queries))
    assert counts[1] == counts[2]


# --- Try again, give up -------------------------------------------------------------------------------------------------------------------


def press(client: Client, delivery: Delivery, act: str, **more: Any) -> str:
    address = f"{LIST}{delivery.conversation_id}/deliveries/{delivery.pk}/{act}/"
    answer = client.post(address + more.get("query", ""))
    assert answer.status_code == 302, answer.status_code
    return str(answer.headers["Location"])


def told(client: Client, address: str) -> str:
    return client.get(address.partition("#")[0]).content.decode()


def now(delivery: Delivery) -> Delivery:
    delivery.refresh_from_db()
    return delivery


def test_a_refused_message_is_tried_again_from_the_transcript_and_arrives_once(
    admin_client: Client, parked: Delivery, sheet: Sheet
) -> None:
    back = press(admin_client, parked, "again", query="?before=3")
    assert back == page_of(parked.conversation) + f"?before=3#message-{parked.message.seq}"
    assert "It is tried again" in told(admin_client, back)
    assert "There was nothing to try again" in told(admin_client, press(admin_client, parked, "again"))
    relay.relay(parked.conversation_id)
    assert sheet.texts() == ["hello?"] and now(parked).state == "sent"
    assert not Message.objects.get(pk=parked.message_id).undelivered


def test_what_is_given_up_says_who_and_when_and_the_rest_goes_on(admin_client: Client, parked: Delivery, says: Any, sheet: Sheet) -> None:
    says("and another thing")
    back = press(admin_client, parked, "give-up")
    assert "Not delivered – given up by admin at 20" in told(admin_client, back)
    assert (now(parked).state, parked.given_up_by) == ("given_up", "admin") and parked.given_up_at is not None
    relay.relay(parked.conversation_id)
    assert sheet.texts() == ["and another thing"]
    assert Message.objects.get(pk=parked.message_id).undelivered
    body = told(admin_client, page_of(parked.conversation))
    assert "Try again: number" not in body and "Give up: number" not in body and "stuck-heading" not in body


def test_giving_up_twice_says_so_and_keeps_the_first_name(admin_client: Client, parked: Delivery) -> None:
    press(admin_client, parked, "give-up")
    Delivery.objects.update(given_up_by="Ada")
    assert "There was nothing to give up" in told(admin_client, press(admin_client, parked, "give-up"))
    assert now(parked).given_up_by == "Ada"
    assert "There was nothing to try again" in told(admin_client, press(admin_client, parked, "again"))
    assert now(parked).state == "given_up"


def test_what_nobody_knows_of_holds_the_others_up_until_it_is_given_up(
    admin_client: Client, conversation: Conversation, says: Any, sheet: Sheet
) -> None:
    says("talk to a human")
    says("first")

    def no_answer(outgoing: Outgoing) -> None:
        if outgoing.text == "first":
            raise Uncertain("no answer")

    sheet.before = no_answer
    relay.relay(conversation.pk)
    says("second")
    relay.relay(conversation.pk)
    assert sheet.texts() == []
    stuck = Delivery.objects.get(state="unknown")
    press(admin_client, stuck, "give-up")
    relay.relay(conversation.pk)
    assert sheet.texts() == ["second"]
    # It had arrived after all: the truth wins.
    outbox.came_back(stuck.transfer.handoff, str(stuck.key), 99)
    assert (now(stuck).state, stuck.given_up_by) == ("sent", "") and not Message.objects.get(pk=stuck.message_id).undelivered


@pytest.mark.parametrize("state", ["pending", "sending", "sent"])
def test_what_has_not_failed_is_not_given_up(admin_client: Client, parked: Delivery, state: str) -> None:
    Delivery.objects.filter(pk=parked.pk).update(state=state)
    press(admin_client, parked, "give-up")
    assert now(parked).state == state


def test_a_worker_in_the_middle_of_it_does_not_undo_a_decision(parked: Delivery, sheet: Sheet) -> None:
    """It looks for the message at the desk while an admin gives it up: then it is not sent."""
    outbox.send_again(parked)
    sheet.looking = lambda: assert_done(outbox.give_up(parked, "Ada"))
    relay.relay(parked.conversation_id)
    assert sheet.texts() == [] and now(parked).state == "given_up"


def assert_done(done: bool) -> None:
    assert done


def test_a_visitor_may_still_try_what_an_admin_gave_up(parked: Delivery, sheet: Sheet) -> None:
    """The button under their message is there, and must not be dead."""
    outbox.give_up(parked, "Ada")
    assert switchboard.visitor_tries_again(parked.conversation_id, parked.message_id)
    relay.relay(parked.conversation_id)
    assert sheet.texts() == ["hello?"] and (now(parked).state, parked.given_up_by) == ("sent", "")


# --- End ----------------------------------------------------------------------------------------------------------------------------------


def end(client: Client, transfer: Transfer, given: object = None) -> Any:
    address = page_of(transfer.conversation, "end/")
    return client.post(address, {"transfer": str(transfer.pk if given is None else given)}, follow=True)


def test_an_admin_ends_it_and_the_desk_closes_its_thread(admin_client: Client, parked: Delivery, says: Any, sheet: Sheet) -> None:
    transfer = parked.transfer
    answer = end(admin_client, transfer)
    assert answer.redirect_chain[0][0].endswith("#latest") and "the bot answers again" in answer.content.decode()
    transfer.refresh_from_db()
    assert (transfer.state, transfer.reason) == ("ended", "given_back")
    assert switchboard.floor(parked.conversation)["mode"] == "bot"
    relay.relay(parked.conversation_id)
    assert sheet.closed == {transfer.thread_id}


def test_until_the_desk_has_closed_it_its_open_thread_is_no_news(admin_client: Client, parked: Delivery, sheet: Sheet) -> None:
    end(admin_client, parked.transfer)
    assert state_after_a_look(parked) == "ended"
    relay.relay(parked.conversation_id)
    assert state_after_a_look(parked) == "ended"
    sheet.closed.clear()
    assert state_after_a_look(parked) == "waiting", "an agent who opens it again has the floor again"


def state_after_a_look(delivery: Delivery) -> str:
    reconcile.read(Transfer.objects.get(pk=delivery.transfer_id))
    return Transfer.objects.get(pk=delivery.transfer_id).state


def test_ending_twice_or_another_one_ends_nothing(admin_client: Client, waiting: Conversation, coffee: Scenario) -> None:
    transfer, other = waiting.transfers.get(), talk(coffee, "human", "hello").transfers.get()
    for given in (other.pk, "", "x", "\0", uuid.uuid4()):
        assert "There was nothing to end" in end(admin_client, transfer, given).content.decode()
    assert Transfer.objects.open().count() == 2
    end(admin_client, transfer)
    said = waiting.messages.count()
    assert "There was nothing to end" in end(admin_client, transfer).content.decode()
    assert waiting.messages.count() == said
    assert Transfer.objects.open().get() == other


# --- Erase: the page; what goes is told in tests/handoffs/test_erasing.py -----------------------------------------------------------------


def test_the_confirmation_says_what_goes_and_what_does_not(admin_client: Client, parked: Delivery, scenario: Scenario) -> None:
    known_as(parked.conversation, name="Ada", email="ada@example.com")
    known_as(switchboard.begin(scenario, "http://testserver")[1], email="ada@example.com")
    body = admin_client.get(page_of(parked.conversation, "erase/")).content.decode()
    count = parked.conversation.messages.filter(revises=None).count()
    for words in (f"{count} messages", "0 files", "1 handover to humans", "at the desk of", "Demo desk", "backups", "?q=ada%40example.com"):
        assert words in body
    assert "1 other conversation with the same e-mail address" in body
    assert Conversation.objects.count() == 2


def test_an_admin_erases_a_visitor_and_reads_that_it_is_done(admin_client: Client, parked: Delivery, sheet: Sheet) -> None:
    address, name = page_of(parked.conversation, "erase/"), parked.conversation.visitor.name()
    done = admin_client.post(address, {"do": "erase"}, follow=True)
    assert f"{name} was erased here, and at the desk of Demo desk." in done.content.decode()
    assert not Conversation.objects.exists()
    again = admin_client.post(address, {"do": "erase"}, follow=True)
    assert again.status_code == 200 and "There was nothing to erase" in again.content.decode()
    assert "There was nothing to erase" in admin_client.get(address, follow=True).content.decode()
    assert LogEntry.objects.filter(change_message__contains="was erased here").count() == 1


def test_a_desk_that_refuses_is_said_and_can_be_tried_again_or_left_out(admin_client: Client, parked: Delivery, sheet: Sheet) -> None:
    address, sheet.key = page_of(parked.conversation, "erase/"), "another key"
    refused = admin_client.post(address, {"do": "erase"})
    body = refused.content.decode()
    for words in ("Nothing was erased here yet", "The key does not open the office.", "Try the desk again", "Erase here without the desk"):
        assert words in body
    assert Conversation.objects.exists()
    done = admin_client.post(address, {"do": "anyway"}, follow=True).content.decode()
    assert "may still have its copy. Delete the contact there by hand." in done and "and at the desk" not in done
    assert not Conversation.objects.exists()


def test_while_something_is_sent_nothing_is_erased_and_it_says_so(admin_client: Client, parked: Delivery) -> None:
    relay.take(parked.conversation_id)
    answer = admin_client.post(page_of(parked.conversation, "erase/"), {"do": "anyway"}, follow=True)
    assert "This press erased nothing. Try again in a minute." in answer.content.decode()
    assert Conversation.objects.exists()


@pytest.mark.parametrize("do", ["", "yes", "\0", "ERASE"])
def test_a_press_that_says_something_else_erases_nothing(admin_client: Client, waiting: Conversation, do: str) -> None:
    assert admin_client.post(page_of(waiting, "erase/"), {"do": do}).status_code == 403
    assert Conversation.objects.exists()


# --- Who may ------------------------------------------------------------------------------------------------------------------------------

ACTS = ["again", "give_up", "end", "erase"]


def acts(conversation: Conversation) -> dict[str, tuple[str, dict[str, str]]]:
    delivery, transfer = conversation.deliveries.get(state="parked"), conversation.transfers.get()
    return {
        "again": (page_of(conversation, f"deliveries/{delivery.pk}/again/"), {}),
        "give_up": (page_of(conversation, f"deliveries/{delivery.pk}/give-up/"), {}),
        "end": (page_of(conversation, "end/"), {"transfer": str(transfer.pk)}),
        "erase": (page_of(conversation, "erase/"), {"do": "anyway"}),
    }


@pytest.fixture
def failed(waiting: Conversation) -> Conversation:
    waiting.deliveries.filter(kind="message").update(state="parked")
    return waiting


def outcome(conversation: Conversation) -> list[Any]:
    return [*Delivery.objects.values_list("pk", "state"), *Transfer.objects.values_list("pk", "state"), Conversation.objects.count()]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_each_role_may_do_what_it_may(failed: Conversation, role: str, act: str) -> None:
    may = role == "admin" or (role == "editor" and act != "erase")
    client, before = client_of(role), outcome(failed)
    address, given = acts(failed)[act]
    assert client.post(address, given).status_code == (302 if may else 403)
    assert (outcome(failed) != before) is may


@pytest.mark.parametrize("act", ACTS)
def test_another_workspaces_conversation_is_not_there(failed: Conversation, act: str) -> None:
    client, before = client_of("admin", Workspace.objects.create(slug="elsewhere", name="Elsewhere")), outcome(failed)
    address, given = acts(failed)[act]
    answer = client.post(address, given, follow=True)
    assert answer.status_code in (404, 200) and failed.visitor.name() not in answer.content.decode()
    assert outcome(failed) == before


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_by_a_get_or_without_a_csrf_token(failed: Conversation, act: str) -> None:
    client, before = client_of("admin"), outcome(failed)
    address, given = acts(failed)[act]
    assert client.get(address).status_code == (200 if act == "erase" else 405)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(address, given).status_code == 403
    assert outcome(failed) == before


def test_a_delivery_of_another_conversation_is_not_there(admin_client: Client, failed: Conversation, coffee: Scenario) -> None:
    delivery = failed.deliveries.get(state="parked")
    for act in ("again", "give-up"):
        assert admin_client.post(page_of(talk(coffee), f"deliveries/{delivery.pk}/{act}/")).status_code == 404
    assert now(delivery).state == "parked"


@pytest.mark.parametrize(
    ("role", "buttons"), [("viewer", []), ("editor", ["Try again", "Give up", "End the humans"]), ("admin", ["Erase this visitor"])]
)
def test_who_may_not_sees_no_button(failed: Conversation, role: str, buttons: list[str]) -> None:
    body = client_of(role).get(page_of(failed)).content.decode()
    for words in ("Try again", "Give up", "End the humans", "Erase this visitor"):
        assert (words in body) is (words in buttons or (role == "admin")), words
    assert ("Webhook calls from the desk" in body) is (role == "admin")
