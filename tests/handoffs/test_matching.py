"""Which phrase was said: exactly, or with slips."""

import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoffs import matching
from handoffs.script import Template, When


def phrases(*given: str, number: int = 1) -> Template:
    return Template(number, f"template {number}", When.PHRASES, given, ())


def nearest(text: str, *templates: Template) -> matching.Match | None:
    found = matching.matches(templates, text)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("said", "phrase", "likeness"),
    [
        ("opening hours", "Opening hours", 100),
        ("What are your Öpening-Hours, please?", "opening hours", 100),
        ("opning hours", "opening hours", 92),
        ("what are your openign hours", "opening hours", 92),
        ("openinghours", "opening hours", 92),
        ("where is my parcle?", "parcel", 83),
        ("please, a humann", "human", 83),
        ("请问营业时间是什么", "营业时间", 100),
    ],
)
def test_a_phrase_is_found_with_and_without_slips(said, phrase, likeness):
    assert nearest(said, phrases(phrase)).likeness == likeness


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        ("I hoped for more", "open"),
        ("ham", "hi"),
        ("help", "hello"),
        ("humanity", "human"),
        ("my house", "hours"),
        ("closing day", "opening hours"),
        ("", "open"),
        ("anything", ""),
        ("anything", "?!"),
    ],
)
def test_another_word_is_no_slip(said, phrase):
    assert nearest(said, phrases(phrase)) is None


def test_a_slip_makes_a_phrase_shorter():
    assert nearest("order: opning hours", phrases("order"), phrases("opening hours", number=2)).template.id == 2
    assert nearest("parcel delivry", phrases("delivery"), phrases("parcels", number=2), phrases("parcel", number=3)).template.id == 1
    assert nearest("closed closer", phrases("closer"), phrases("closed", number=2)).template.id == 1


def test_the_longest_phrase_wins_then_the_earlier_template():
    assert nearest("talk to a human", phrases("human"), phrases("talk to a human", number=2)).template.id == 2
    assert nearest("a human", phrases("human"), phrases("human", number=2)).template.id == 1


def test_the_nearer_of_two_slips_wins():
    assert nearest("delivry times", phrases("delivery date"), phrases("delivery time", number=2)).template.id == 2


def test_a_slip_is_told_with_the_words_that_were_said():
    assert (
        str(nearest("Hm, opning hours?", phrases("Opening hours")))
        == "The visitor said “opning hours”: 92 % like the phrase “Opening hours”."
    )


@settings(deadline=None)
@given(st.text(st.characters()), st.lists(st.text(st.characters())))
def test_any_text_and_any_phrases_can_be_compared(text, given_phrases):
    for match in matching.matches([phrases(*given_phrases)], text):
        assert 0 < match.likeness <= 100


def test_a_very_long_text_and_very_many_phrases_are_compared_quickly():
    chance = random.Random(5)
    word = lambda: "".join(chance.choices(string.ascii_lowercase, k=chance.randint(1, 9)))  # noqa: E731
    many = [phrases(*(" ".join(word() for _ in range(chance.randint(1, 5))) for _ in range(50)), number=number) for number in range(10)]
    text = " ".join(word() for _ in range(2000))[:8000]
    started = time.process_time()
    matching.matches(many, text)
    assert time.process_time() - started < 1
