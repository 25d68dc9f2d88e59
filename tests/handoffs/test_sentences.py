"""Our own sentences: in every language of the widget, and in the language of the chat."""

import re
from pathlib import Path

import pytest

from handoffs import relay, switchboard
from handoffs.models import Author, Block, Conversation, Transfer
from handoffs.sentences import ENGLISH, SENTENCES, spoken

TEXTS = Path(__file__).parents[2] / "static" / "webchat" / "texts"


def test_there_is_every_language_the_widget_speaks():
    assert set(SENTENCES) == {file.stem for file in TEXTS.glob("*.mjs")}


@pytest.mark.parametrize("language", SENTENCES)
def test_every_sentence_is_there_and_names_whom_the_english_one_names(language):
    for ours, english in zip(SENTENCES[language], ENGLISH, strict=True):
        assert ours.strip() and sorted(re.findall(r"\{.*?\}", ours)) == sorted(re.findall(r"\{.*?\}", english))
        assert language == "en" or ours != english


@pytest.mark.parametrize(
    ("fixed", "told", "language"),
    [("auto", "de", "de"), ("fr", "de", "fr"), ("auto", "tlh", "en"), ("auto", None, "en"), ("auto", ["de"], "en"), ("", {"de": 1}, "en")],
)
def test_the_scenarios_language_goes_before_the_pages_and_english_after_both(fixed, told, language):
    assert spoken(fixed, {"spoken": told} if told else {}) is SENTENCES[language]


@pytest.mark.django_db(transaction=True)
def test_a_handover_is_told_of_in_the_language_of_the_chat(conversation, says, sheet):
    """From the question nobody understood to the end, where the scenario has no words of its own."""
    Block.objects.filter(template__scenario=conversation.scenario).update(waiting_text="", joined_text="", return_text="", endings={})
    Block.objects.filter(template__scenario=conversation.scenario, kind=Block.Kind.HANDOVER).update(text="", fallback_text="")
    conversation.scenario.templates.filter(when="no_match").delete()
    Conversation.objects.filter(pk=conversation.pk).update(context={"spoken": "de"})
    says("xyzzy")
    says("talk to a human")
    says("my parcel is wet")
    relay.relay(conversation.pk)
    transfer = conversation.transfers.get()
    locked = Conversation.objects.get(pk=conversation.pk)
    switchboard.agent_joins(locked, transfer, "Jane", None)
    switchboard.agent_leaves(locked, transfer)
    switchboard.end(transfer, Transfer.Reason.RESOLVED)
    said = [row.text for row in conversation.messages.exclude(author=Author.VISITOR).order_by("seq")]
    german = SENTENCES["de"]
    told = [german.no_answer, german.waiting, german.joined, german.left, german.returned]
    assert [text for text in said if text in SENTENCES["de"] or "Jane" in text] == [text.replace("{agent}", "Jane") for text in told]
    assert not set(said) & set(ENGLISH)
