"""How a visitor is introduced to the humans."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from handoffs import introduce
from handoffs.models import Author, File, Message

ADA = {
    "user": {"name": "Ada  Lovelace", "email": "ada@example.com", "phone": "+44123", "plan": "pro", "visits": 3},
    "page": {"url": "https://shop.example/cart", "title": "Your cart"},
    "language": "en",
    "handover": {"status": "requested"},
    "handover_success": True,
}


@pytest.fixture
def transfer(conversation, handoff, says):
    """A visitor whose question the bot did not understand, and who was then handed over."""
    says("my coffee tastes of soap")
    says("Talk to a human")
    return conversation.transfers.select_related("handoff", "conversation__visitor").get()


def knows(transfer, context):
    transfer.conversation.context = context


def follows(transfer, text="Hello?", **more):
    """The message the brief comes before."""
    transfer.conversation.refresh_from_db(fields=["last_seq"])
    return transfer.conversation.say(Author.VISITOR, text, **more)


def brief(transfer):
    return introduce.brief(transfer, follows(transfer))


# --- Person and request -------------------------------------------------------------------------------------------------------------------


def test_a_person_is_known_by_what_the_context_says(transfer):
    knows(transfer, ADA)
    transfer.handoff.contact_attributes = "user.plan = plan\nuser.visits = visits\nuser.none = none"
    person = introduce.person(transfer)
    assert (person.key, person.name) == (transfer.conversation.visitor.desk_key, "Ada Lovelace")
    assert (person.email, person.phone) == ("ada@example.com", "+44123")
    assert person.attributes == {"plan": "pro", "visits": 3}


def test_a_person_of_whom_nothing_is_known_has_the_visitors_name(transfer):
    knows(transfer, {})
    person = introduce.person(transfer)
    assert (person.name, person.email, person.phone) == (transfer.conversation.visitor.name(), "", "")
    assert person.attributes == {}


def test_a_handoff_may_keep_what_is_known_to_itself(transfer):
    knows(transfer, ADA)
    transfer.handoff.name_attribute = transfer.handoff.email_attribute = transfer.handoff.phone_attribute = ""
    person = introduce.person(transfer)
    assert (person.name, person.email, person.phone) == (transfer.conversation.visitor.name(), "", "")


def test_a_request_says_how_the_desk_is_to_file_it(transfer):
    knows(transfer, ADA)
    transfer.handoff.labels, transfer.handoff.team_id, transfer.handoff.priority = "sales, vip ,", 5, "high"
    transfer.handoff.conversation_attributes = "page.url = page"
    request = introduce.request(transfer)
    assert (request.key, request.labels, request.team, request.priority) == (str(transfer.pk), ("sales", "vip"), 5, "high")
    assert request.attributes == {"page": "https://shop.example/cart"}


# --- The brief ----------------------------------------------------------------------------------------------------------------------------


def test_the_brief_says_why_and_quotes_what_the_visitor_asked_in_their_own_words(transfer):
    said = brief(transfer)
    assert "by the message “Talk to a human”. Before that the visitor said:\n\n> Talk to a human" in said
    assert "In their own words:\n\n> my coffee tastes of soap" in said


def test_words_that_were_typed_are_not_quoted_twice(conversation, says):
    says("I want a human")
    transfer = conversation.transfers.get()
    said = brief(transfer)
    assert "> I want a human" in said and "In their own words" not in said


def test_the_brief_tells_what_is_known_and_nothing_of_our_own(transfer):
    knows(transfer, ADA)
    said = brief(transfer)
    assert "- **Page:** Your cart – https://shop.example/cart" in said
    assert "- **Language:** en" in said
    assert "- **user.plan:** pro" in said
    assert "handover_success" not in said and "handover.status" not in said and "requested" not in said


def test_the_brief_says_how_long_the_visitor_has_waited_once_it_is_a_minute(transfer):
    assert "Waiting" not in brief(transfer)
    transfer.waiting_since = timezone.now() - timedelta(minutes=7, seconds=30)
    assert "- **Waiting:** 7 min, since" in brief(transfer)


def test_the_transcript_tells_who_said_what_up_to_the_message_it_comes_before(transfer):
    said = introduce.brief(transfer, follows(transfer, "only after the brief"))
    rule = said.index("\n---\n")
    for line in (
        "Assistant: Hello, and welcome",
        "\\[Opening hours | Where is my order? | Talk to a human\\]",
        "Visitor: my coffee tastes of soap",
    ):
        assert said.index(line) > rule
    assert "only after the brief" not in said


def test_the_brief_ends_with_how_to_give_the_visitor_back(transfer):
    last = brief(transfer).splitlines()[-1]
    assert "Resolve" in last and "pending" in last


def test_who_comes_back_after_the_end_is_introduced_as_somebody_known(transfer):
    follow_up = follows(transfer, "One more thing")
    transfer.conversation.transfers.update(state="ended")
    again = transfer.conversation.transfers.create(handoff=transfer.handoff, asked_by="Talk to a human")
    assert introduce.brief(again, follow_up).startswith("**Not finished:** the visitor wrote again after the last conversation had ended.")


def test_files_answers_choices_and_what_was_taken_back_are_in_the_transcript(transfer):
    conversation = transfer.conversation
    conversation.refresh_from_db()
    shown = conversation.say(Author.VISITOR, "")
    File.objects.create(conversation=conversation, message=shown, name="bean [1].jpg", type="image/jpeg")
    options = [{"title": "Small", "value": "s"}, {"title": "Large", "value": "l"}]
    asked = conversation.say(Author.AGENT, "Which size?", name="Grace", control={"kind": "choice", "options": options})
    conversation.say(Author.VISITOR, "Large", answers=asked, answer={})
    conversation.say(Author.AGENT, "a secret", name="Grace", gone=True)
    said = brief(transfer)
    assert "Visitor: (file: bean \\[1\\].jpg)" in said
    assert "Grace: Which size?\n> \\[Small | Large\\]" in said
    assert "Visitor: (to “Which size?”)\n> Large" in said
    assert "Grace: (deleted by the agent)" in said and "a secret" not in said


def test_a_very_long_conversation_is_cut_to_its_latest_part(transfer):
    conversation = transfer.conversation
    conversation.refresh_from_db()
    knows(transfer, {str(number): "*" * 2000 for number in range(100)})
    for number in range(20):
        conversation.say(Author.VISITOR, f"{number} " + "_ " * 3900)
    said = brief(transfer)
    assert "welcome" not in said and "\n\n…" in said and "Visitor: 19 " in said
    assert len(said) < 150_000, "Chatwoot takes no more in one message"


# --- What visitors write is quoted --------------------------------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable("table")
# What the brief itself is made of.
OURS = {"paragraph", "bullet_list", "list_item", "hr", "blockquote", "inline"}


def blocks(markdown):
    return {token.type.removesuffix("_open").removesuffix("_close") for token in MARKDOWN.parse(markdown)}


def spans(markdown):
    return {inner.type for token in MARKDOWN.parse(markdown) for inner in token.children or []}


FORGED = (
    "hello\n\nAssistant: I refund you everything\n# Heading\n---\n![x](https://evil.example/x.png) [y](https://evil.example)\n\nGrace: yes"
)


def test_a_visitor_cannot_speak_for_somebody_else(transfer):
    knows(transfer, {"page": {"title": FORGED, "url": FORGED}, "user": {FORGED: FORGED}, "language": FORGED})
    transfer.conversation.refresh_from_db(fields=["last_seq"])
    transfer.conversation.say(Author.VISITOR, FORGED)
    said = brief(transfer)
    assert not [line for line in said.splitlines() if line.startswith(("Assistant: I refund", "Grace:", "# "))]
    assert blocks(said) <= OURS
    assert not spans(said) & {"image", "link_open"}
    assert MARKDOWN.render(said).count("<hr") == 2


@given(
    st.text()
    | st.lists(st.sampled_from([*FORGED.split("\n"), "\n", "\n\n", "\r", "\u2028", "> ", "```", "    code", "|a|\n|-|"])).map("".join)
)
def test_no_words_of_a_visitor_make_more_than_a_quoted_paragraph(text):
    message = Message(author=Author.VISITOR, text=text)
    message._prefetched_objects_cache = {"files": []}
    said = introduce.paragraph(message)
    assert blocks(said) <= {"paragraph", "blockquote", "inline"}
    assert all(line.startswith(">") for line in said.splitlines()[1:])
