"""The demo is an example: what it shows must work."""

import uuid

import pytest

from handoff_project.management.commands import serve
from handoffs import bot, switchboard
from handoffs.controls import Given
from handoffs.models import Author, Block, Handoff, MessageTemplate, Transfer
from handoffs.switchboard import FilledIn, Words


def said(conversation, author=Author.BOT):
    return [message.text for message in conversation.messages.filter(author=author, revises=None).order_by("seq")]


def test_who_is_known_is_welcomed_by_name(scenario):
    turn = bot.welcome(scenario.script(), {"user": {"first_name": "Ada"}})
    assert turn.template.name == "Welcome by name"
    assert bot.welcome(scenario.script(), {}).template.name == "Welcome"


def test_thanks_after_a_human_are_passed_on(scenario):
    resolved = {"handover": {"reason": "resolved", "agent_name": "Grace"}}
    assert bot.answer(scenario.script(), "thank you!", resolved).template.name == "Thanks after a human"
    assert bot.answer(scenario.script(), "thank you!", {}).template.name == "Thanks"


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        ("resolved", ["You are back with me, the assistant. Is there anything else?"]),
        ("given_back", ["My colleague has given you back to me, the assistant.", "What else can I do for you?"]),
        ("visitor_ended", ["You have left the conversation with our team. I am the assistant, and still here."]),
        ("desk_refused", ["I am sorry, nobody is at the desk just now.", "Leave your e-mail address, and a colleague will write to you."]),
        ("desk_lost", ["The conversation with our team was closed. You are back with me, the assistant.", "What else can I do for you?"]),
    ],
)
def test_every_way_to_end_is_said(conversation, says, reason, lines):
    says("talk to a human")
    switchboard.end(conversation.transfers.get(), Transfer.Reason(reason))
    assert said(conversation)[-len(lines) :] == lines


def test_who_reaches_nobody_leaves_an_address(conversation, says):
    Handoff.objects.update(active=False)
    says("talk to a human")
    asked = conversation.messages.get(control__isnull=False)
    given = Given(values={"user.email": "ada@example.org", "request.about": "A wet parcel"})
    switchboard.visitor_says(conversation.pk, Words(uuid.uuid4(), "", answer=FilledIn(asked.pk, given)))
    assert said(conversation)[-1] == "Thank you! A colleague will write to ada@example.org."


def test_a_link_is_among_the_buttons(conversation, says):
    says("where is the shop?")
    assert conversation.messages.last().buttons[0] == {"label": "Open the map", "leads_to": None, "href": "https://www.openstreetmap.org/"}


def test_every_message_of_the_demo_can_be_saved_as_the_editor_shows_it(admin_client, scenario):
    for template in MessageTemplate.objects.filter(scenario=scenario):
        page = admin_client.get(f"/admin/handoffs/messagetemplate/{template.pk}/change/")
        formset = page.context["inline_admin_formsets"][0].formset
        forms = [page.context["adminform"].form, formset.management_form, *formset.forms]
        before = stored()
        sent = {field.html_name: field.value() for form in forms for field in form if field.value() is not None}
        answer = admin_client.post(f"/admin/handoffs/messagetemplate/{template.pk}/change/", sent)
        assert answer.status_code == 302
        assert stored() == before


def stored():
    """Everything but how often it was saved."""
    return list(Block.objects.values()), [{**row, "edition": 0} for row in MessageTemplate.objects.values()]


@pytest.mark.parametrize(
    ("public", "told"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:18000", "http://127.0.0.1:8000"),
        ("https://chat.example.com", "http://127.0.0.1:8000"),
    ],
)
def test_the_desk_of_the_demo_calls_us_where_it_surely_reaches_us(settings, public, told):
    settings.PUBLIC_URL = public
    assert serve.own_address(8000) == told
