"""Visitors and agents through the whole product and a Chatwoot over real HTTP, webhooks signed: people, content, presence, lifecycle."""

from __future__ import annotations

import io
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from tests.hub import Hub
from tests.journeys.two_sides import Agent, Visitor, eventually

RETURNED = "You are back with me"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp(f"hub-{uuid.uuid4().hex[:6]}")).start()
    yield hub
    hub.kill()


@pytest.fixture
def agent(hub: Hub) -> Agent:
    return Agent(hub)


def problem() -> str:
    return f"My parcel is wet ({uuid.uuid4().hex[:6]})"


def met(hub: Hub, agent: Agent, **about: object) -> Visitor:
    """A visitor whose first words are before the agent."""
    visitor, words = Visitor(hub, **about), problem()
    visitor.asks_for_a_human(words)
    agent.takes(words)
    return visitor


def configure(hub: Hub, **columns: object) -> None:
    """As the handoff's form would: straight into the row, because the form has its own tests."""
    change(hub, "handoffs_handoff", **columns)


def change(hub: Hub, table: str, **columns: object) -> None:
    with sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20) as database:
        for column, value in columns.items():
            database.execute(f"UPDATE {table} SET {column} = ?", [value])


def handoff(hub: Hub) -> sqlite3.Row:
    with sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20) as database:
        database.row_factory = sqlite3.Row
        found: sqlite3.Row = database.execute("SELECT * FROM handoffs_handoff").fetchone()
        return found


def two_minutes_pass(hub: Hub) -> None:
    """Since everything was sent, and nothing has come back."""
    then = datetime.now(UTC) - timedelta(minutes=2)
    change(hub, "handoffs_delivery", sent_at=then.strftime("%Y-%m-%d %H:%M:%S"), echoed_at=None)


@pytest.fixture
def no_webhooks(hub: Hub) -> Iterator[Callable[[], Callable[[], None]]]:
    """Called, the inbox sends its webhooks to where nobody listens; what that gives puts it right again."""
    boss = Agent(hub, role="administrator")
    inbox = boss.call("GET", "inboxes")["payload"][0]

    def send_to(url: str) -> None:
        boss.call("PATCH", f"inboxes/{inbox['id']}", {"channel": {"webhook_url": url}})

    def lose() -> Callable[[], None]:
        send_to("http://127.0.0.1:9/")
        return lambda: send_to(inbox["webhook_url"])

    yield lose
    send_to(inbox["webhook_url"])


@pytest.fixture
def after_end(hub: Hub) -> Iterator[object]:
    yield lambda policy: configure(hub, after_end=policy)
    configure(hub, after_end="bot")


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, "PNG")
    return buffer.getvalue()


# --- 1. Who the visitor is to Chatwoot ----------------------------------------------------------------------------------------------------


def test_one_visitor_is_one_contact_through_two_handovers(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    contact, first = agent.contact(), agent.thread
    agent.sets("resolved")
    visitor.sees(RETURNED)
    again = problem()
    visitor.asks_for_a_human(again)
    agent.takes(again)
    assert agent.contact()["id"] == contact["id"]
    assert agent.thread != first


def test_labels_team_and_priority_are_as_the_handoff_says(hub: Hub, agent: Agent) -> None:
    configure(hub, labels="vip, parcel", priority="high")
    try:
        met(hub, agent)
        conversation = agent.conversation()
        assert (sorted(conversation["labels"]), conversation["priority"]) == (["parcel", "vip"], "high")
    finally:
        configure(hub, labels="", priority="")


# --- 2. The brief -------------------------------------------------------------------------------------------------------------------------


def test_the_agent_gets_one_brief_and_then_the_visitors_words(hub: Hub, agent: Agent) -> None:
    met(hub, agent, page={"url": "https://shop.example/tea", "title": "Tea"}, language="de")
    agent.sees("talk to a human", private=True)
    notes, words = agent.texts(private=True), agent.texts()
    assert len(notes) == len(words) == 1
    for told in ("talk to a human", "https://shop.example/tea", "Hello, and welcome"):
        assert told in notes[0]


# --- 3. Content ---------------------------------------------------------------------------------------------------------------------------


def test_markdown_of_an_agent_comes_as_a_tree(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.replies("It is **wet**, see <script>alert(1)</script> [here](https://shop.example/) or [there](javascript:alert(1))")
    rich = str(visitor.sees("It is")["rich"])
    assert "'b'" in rich and "https://shop.example/" in rich
    assert "'href': 'javascript" not in rich


def test_a_picture_of_a_visitor_reaches_the_agent(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    held = visitor.uploads("wet parcel.png", "image/png", picture())
    visitor.says("", files=[held["id"]])
    shown = eventually(lambda: next((each for each in agent.said() if each.get("attachments")), None), "the picture is at the desk")
    [attached] = shown["attachments"]
    assert (attached["file_type"], shown["content"] or "") == ("image", "")


def test_a_file_of_an_agent_reaches_the_visitor_and_nobody_else(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.attaches("invoice.png", "image/png", picture())
    ready = visitor.until(
        lambda: next((file for each in visitor.shown("agent") for file in each["files"] if file["state"] == "ready"), None),
        "a file is ready",
    )
    got = visitor.downloads(ready["id"])
    assert (got.status_code, got.content[:4], "attachment" in got.headers["Content-Disposition"]) == (200, b"\x89PNG", True)
    assert Visitor(hub).downloads(ready["id"]).status_code == 404


def test_a_choice_is_answered_where_chatwoot_wants_it(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    options = [{"title": "Large", "value": "l"}, {"title": "Small", "value": "s"}]
    asked = agent.replies("Which size?", content_type="input_select", content_attributes={"items": options})
    shown = visitor.sees("Which size?")
    assert shown["control"] == {"kind": "choice", "options": options}
    visitor.says("", answer={"message": shown["id"], "value": "l"})

    def submitted() -> object:
        return next((each["content_attributes"].get("submitted_values") for each in agent.said() if each["id"] == asked["id"]), None)

    assert "Large" in str(eventually(submitted, "the choice is at the desk"))
    visitor.sees("Large")


def test_a_form_is_filled_in_and_what_does_not_fit_is_said_so(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    fields = [
        {"type": "email", "name": "email", "label": "E-mail", "required": True},
        {"type": "text", "name": "street", "label": "Street"},
    ]
    agent.replies("Your address, please", content_type="form", content_attributes={"items": fields})
    shown = visitor.sees("Your address")
    assert [field["name"] for field in shown["control"]["fields"]] == ["email", "street"]
    wrong = {"message": shown["id"], "values": {"email": "no"}}
    refused = visitor.post("messages", {"cid": str(uuid.uuid4()), "tab": visitor.tab, "n": visitor.n + 1, "text": "", "answer": wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_answer")
    visitor.says("", answer={"message": shown["id"], "values": {"email": "ann@shop.example", "street": "Harbour Street 12"}})
    visitor.sees("Street: Harbour Street 12")


def test_cards_and_articles_are_shown(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    actions = [
        {"type": "link", "text": "Read", "uri": "https://shop.example/tea"},
        {"type": "postback", "text": "I take it", "payload": "t"},
    ]
    card = {"title": "Tea", "description": "Green", "media_url": "", "actions": actions}
    agent.replies("What we have", content_type="cards", content_attributes={"items": [card]})
    article = {"title": "Brewing", "description": "How to", "link": "https://shop.example/brew"}
    agent.replies("Read this", content_type="article", content_attributes={"items": [article]})
    assert visitor.sees("What we have")["control"]["cards"][0]["actions"][1] == {"kind": "reply", "text": "I take it"}
    assert visitor.sees("Read this")["control"]["articles"][0]["href"] == "https://shop.example/brew"


def test_a_rating_after_the_end_reaches_chatwoot_and_starts_nothing(hub: Hub, agent: Agent) -> None:
    visitor, boss = met(hub, agent), Agent(hub, role="administrator")
    agent.replies("", content_type="input_csat")
    shown = visitor.sees("Please rate this conversation")
    assert (shown["text"], shown["control"]["kind"]) == ("Please rate this conversation", "rating")
    agent.sets("resolved")
    visitor.sees(RETURNED)
    visitor.says("", answer={"message": shown["id"], "rating": 4, "comment": "quick"})
    visitor.sees("★★★★☆ quick")

    def rated() -> object:
        return [
            each for each in boss.call("GET", "csat_survey_responses") if each["conversation_id"] == agent.thread and each["rating"] == 4
        ]

    eventually(rated, "the rating is at the desk")
    assert visitor.floor["mode"] == "bot"


def test_an_e_mail_address_that_was_asked_for_is_the_contacts(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.replies("Where can we write to?", content_type="input_email")
    shown, address = visitor.sees("Where can we"), f"{uuid.uuid4().hex[:8]}@shop.example"
    visitor.says("", answer={"message": shown["id"], "email": address})
    agent.sees(address)
    eventually(lambda: agent.contact()["email"] == address, "the contact has the address")


# --- 4. Presence --------------------------------------------------------------------------------------------------------------------------


def test_typing_is_shown_and_ends_with_the_message(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.call("POST", f"conversations/{agent.thread}/toggle_typing_status", {"typing_status": "on"})
    visitor.until(lambda: visitor.floor["typing"], "the agent types")
    agent.replies("Oh dear.")
    visitor.sees("Oh dear.")
    assert visitor.floor["typing"] is None


def test_a_note_being_typed_is_nobodys_business(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.call("POST", f"conversations/{agent.thread}/toggle_typing_status", {"typing_status": "on", "is_private": True})
    agent.replies("Sealed.")
    visitor.sees("Sealed.")
    assert visitor.floor["typing"] is None


def test_an_agent_joins_and_leaves_and_it_is_said_so(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.call("POST", f"conversations/{agent.thread}/assignments", {"assignee_id": agent.me["id"]})
    visitor.until(lambda: visitor.floor["mode"] == "agent", "the agent is there")
    name = visitor.floor["name"]
    assert name == agent.me["available_name"] and "@" not in name
    visitor.sees(f"{name} has joined")
    agent.call("POST", f"conversations/{agent.thread}/assignments", {"assignee_id": None})
    visitor.until(lambda: visitor.floor["mode"] == "waiting", "the visitor waits again")


def test_the_agent_sees_that_a_message_was_read(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    reply = agent.replies("Oh dear.")
    visitor.sees("Oh dear.")
    visitor.marks()
    eventually(lambda: any(each["id"] == reply["id"] and each["status"] == "read" for each in agent.said()), "it was read")


# --- 5. Lifecycle -------------------------------------------------------------------------------------------------------------------------


def test_resolving_gives_the_floor_to_the_bot_with_memory(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.replies("It is on its way.")
    visitor.sees("It is on its way.")
    agent.sets("resolved")
    visitor.sees(RETURNED)
    assert visitor.floor["mode"] == "bot"
    visitor.says("opening hours")
    visitor.sees("The roastery is open")


def test_pending_gives_it_back_and_snoozed_does_not(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.sets("snoozed")
    visitor.says("are you there?")
    agent.sees("are you there?")
    agent.sets("pending")
    visitor.until(lambda: visitor.floor["mode"] == "bot", "the bot has the floor")


def test_the_visitor_ends_it_and_chatwoot_resolves(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    visitor.post("end", {})
    eventually(lambda: agent.conversation()["status"] == "resolved", "it is resolved at the desk")
    visitor.until(lambda: visitor.floor["mode"] == "bot", "the bot has the floor")


def test_an_agent_opens_it_again(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.sets("resolved")
    visitor.sees(RETURNED)
    agent.sets("open")
    visitor.sees("opened again")
    visitor.says("still wet")
    agent.sees("still wet")


def test_an_agent_writing_after_the_end_is_shown_as_such(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.sets("resolved")
    visitor.sees(RETURNED)
    agent.replies("One more thing.")
    visitor.sees("One more thing.")
    visitor.sees("after the conversation had ended")


@pytest.mark.parametrize("policy", ["reopen", "new"])
def test_a_word_after_the_resolve_goes_where_the_handoff_says(hub: Hub, agent: Agent, after_end: object, policy: str) -> None:
    after_end(policy)  # type: ignore[operator]
    visitor, first = met(hub, agent), agent.thread
    agent.sets("resolved")
    visitor.until(lambda: visitor.floor["mode"] == "ended", "it has ended")
    more = problem()
    visitor.says(more)
    agent.takes(more)
    assert (agent.thread == first) is (policy == "reopen")
    assert agent.conversation()["status"] == "open"


def test_a_conversation_deleted_at_chatwoot_does_not_block_the_visitor(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    boss = Agent(hub, role="administrator")
    boss.thread = agent.thread
    boss.call("DELETE", f"conversations/{agent.thread}")
    more = problem()
    visitor.says(more)
    agent.takes(more)
    agent.sees("Before the handover", private=True)


def test_a_contact_that_was_merged_goes_on_in_the_same_thread(hub: Hub, agent: Agent) -> None:
    visitor, boss = met(hub, agent), Agent(hub, role="administrator")
    mine = agent.contact()["id"]
    other = boss.call("POST", "contacts", {"name": "Ann of the books"})["payload"]["contact"]["id"]
    boss.call("POST", "actions/contact_merge", {"base_contact_id": other, "mergee_contact_id": mine})
    agent.replies("Found you in the books.")
    visitor.sees("Found you in the books.")
    visitor.says("and it is cold")
    agent.sees("and it is cold")


# --- 7. Deleted messages, Retry -----------------------------------------------------------------------------------------------------------


def test_a_message_deleted_at_chatwoot_vanishes(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    reply = agent.replies("The code is 1234.")
    visitor.sees("The code is 1234.")
    agent.call("DELETE", f"conversations/{agent.thread}/messages/{reply['id']}")
    visitor.until(lambda: "The code is 1234." not in visitor.texts(), "the message is gone")


def test_a_private_note_is_never_shown(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    agent.replies("Looks like a wet one.", private=True)
    agent.replies("Oh dear.")
    visitor.sees("Oh dear.")
    assert "Looks like a wet one." not in visitor.texts()


def test_retry_on_a_failed_message_really_delivers_it(hub: Hub, agent: Agent, no_webhooks: Callable[[], Callable[[], None]]) -> None:
    visitor = met(hub, agent)
    # Whose page is closed for a while, so that nothing but the webhook can bring it soon.
    change(hub, "handoffs_conversation", visitor_seen_at="2020-01-01 00:00:00")
    restore = no_webhooks()
    reply = agent.replies("Can you hear me?")
    eventually(lambda: agent.sees("Can you hear me?")["status"] == "failed", "the agent sees that it failed")
    restore()
    agent.call("POST", f"conversations/{agent.thread}/messages/{reply['id']}/retry")
    visitor.sees("Can you hear me?")
    visitor.marks()
    eventually(lambda: agent.sees("Can you hear me?")["status"] in ("delivered", "read"), "nothing is red any more")
    assert visitor.texts("agent").count("Can you hear me?") == 1


# --- 6. The floor -------------------------------------------------------------------------------------------------------------------------


def test_while_humans_have_the_floor_the_bot_is_silent(hub: Hub, agent: Agent) -> None:
    visitor = met(hub, agent)
    visitor.sees("I am fetching")
    said = len(visitor.texts("bot"))
    visitor.says("opening hours")
    agent.sees("opening hours")
    agent.replies("Till six.")
    visitor.sees("Till six.")
    assert len(visitor.texts("bot")) == said


# --- 9. The canary ------------------------------------------------------------------------------------------------------------------------


def test_without_webhooks_the_handoff_says_so_and_replies_come_by_polling(
    hub: Hub, agent: Agent, no_webhooks: Callable[[], Callable[[], None]]
) -> None:
    restore = no_webhooks()
    visitor = met(hub, agent)
    eventually(lambda: two_minutes_pass(hub) or handoff(hub)["polling_only_since"], "polling only")
    agent.replies("Slowly, but here.")
    visitor.sees("Slowly, but here.")
    restore()
    visitor.says("fine")
    eventually(lambda: not handoff(hub)["polling_only_since"], "the echo ends the alarm")
