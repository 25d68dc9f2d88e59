from hypothesis import given
from hypothesis import strategies as st

from handoffs import bot
from handoffs.script import Script, Template, Text, When


def template(number: int, when: When, *phrases: str) -> Template:
    return Template(number, f"template {number}", when, phrases, (Text(f"answer {number}"),))


SHOP = Script(
    (
        template(1, When.WELCOME),
        template(2, When.PHRASES, "hours", "Opening hours"),
        template(3, When.PHRASES, "human", "talk to a human"),
        template(4, When.BUTTON),
        template(5, When.NO_MATCH),
    )
)


def answered_by(text: str, leads_to: int | None = None) -> int | None:
    template = bot.answer(SHOP, text, leads_to).template
    return template.id if template else None


def test_the_welcome_is_said_first():
    assert bot.welcome(SHOP).blocks == (Text("answer 1"),)


def test_a_phrase_matches_whatever_its_case_accents_and_punctuation():
    assert answered_by("  ÓPENING—hours?! ") == 2


def test_a_phrase_matches_inside_a_sentence_but_only_as_whole_words():
    assert answered_by("could I please talk to a human now") == 3
    assert answered_by("humanity") == 5


def test_the_longest_phrase_wins():
    assert answered_by("opening hours of a human") == 2


def test_a_button_leads_to_its_template_whatever_its_label_says():
    assert answered_by("hours", leads_to=4) == 4


def test_a_button_that_leads_nowhere_is_answered_like_words():
    assert answered_by("hours", leads_to=99) == 2


def test_what_nothing_matches_is_said_so():
    assert answered_by("quantum chromodynamics") == 5
    assert answered_by("😀") == 5


def test_an_empty_scenario_says_nothing():
    assert bot.welcome(Script(())).blocks == ()
    assert bot.answer(Script(()), "hello").blocks == ()


@given(st.text())
def test_any_text_gets_an_answer(text):
    assert bot.answer(SHOP, text).blocks
