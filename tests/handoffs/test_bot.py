import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoffs import bot
from handoffs.script import Condition, Operator, Script, Template, Text, When


def template(number: int, when: When, *phrases: str, only_if: tuple[Condition, ...] = ()) -> Template:
    return Template(number, f"template {number}", when, phrases, (Text(f"answer {number}"),), only_if)


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
    template = bot.answer(SHOP, text, {}, leads_to).template
    return template.id if template else None


def test_the_welcome_is_said_first():
    assert bot.welcome(SHOP, {}).blocks == (Text("answer 1"),)


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
    assert bot.welcome(Script(()), {}).blocks == ()
    assert bot.answer(Script(()), "hello", {}).blocks == ()


@given(st.text())
def test_any_text_gets_an_answer(text):
    assert bot.answer(SHOP, text, {}).blocks


# --- Conditions ---------------------------------------------------------------------------------------------------------------------------

BACK = {"handover": {"reason": "resolved", "waited_seconds": 90, "rating": 4.0}, "user": {"name": "Ada", "vip": True, "visits": "12"}}


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "so"),
    [
        ("handover.reason", "equals", "Resolved", True),
        ("handover.reason", "equals", "given_back", False),
        ("handover.reason", "not_equals", "given_back", True),
        ("handover.waited_seconds", "greater", "60", True),
        ("handover.waited_seconds", "greater", "90", False),
        ("handover.waited_seconds", "less", "100", True),
        ("handover.rating", "equals", "4", True),
        ("user.visits", "greater", "9", True),
        ("user.visits", "less", "9", False),
        ("user.name", "greater", "1", False),
        ("user.name", "less", "1", False),
        ("user.name", "contains", "AD", True),
        ("user.name", "contains", "", False),
        ("user.name", "is_set", "", True),
        ("user.name", "is_not_set", "", False),
        ("user.vip", "equals", "yes", True),
        ("user.vip", "equals", "false", False),
        ("user.email", "is_set", "", False),
        ("user.email", "is_not_set", "", True),
        ("user.email", "equals", "", False),
        ("user.email", "not_equals", "a@b.example", True),
        ("user", "is_set", "", False),
    ],
)
def test_a_condition_holds_or_not(attribute: str, operator: str, value: str, so: bool):
    assert bot.holds(Condition(attribute, Operator(operator), value), BACK) is so


RESOLVED = Condition("handover.reason", Operator.EQUALS, "resolved")
SATISFIED = Condition("handover.rating", Operator.GREATER, "3")
CHOOSY = Script(
    (
        template(1, When.WELCOME, only_if=(RESOLVED,)),
        template(2, When.WELCOME),
        template(3, When.PHRASES, "thank you very much", only_if=(RESOLVED, SATISFIED)),
        template(4, When.PHRASES, "thank you"),
        template(5, When.NO_MATCH, only_if=(RESOLVED,)),
        template(6, When.NO_MATCH),
        template(7, When.BUTTON, only_if=(RESOLVED,)),
    )
)


def chosen(text: str, context: dict, leads_to: int | None = None) -> int | None:
    return bot.answer(CHOOSY, text, context, leads_to).template.id


def test_the_first_welcome_whose_conditions_hold_is_said():
    assert bot.welcome(CHOOSY, BACK).template.id == 1
    assert bot.welcome(CHOOSY, {}).template.id == 2


def test_a_better_phrase_is_passed_over_unless_all_its_conditions_hold():
    assert chosen("thank you very much", BACK) == 3
    assert chosen("thank you very much", {"handover": {"reason": "resolved", "rating": 2}}) == 4


def test_the_answer_to_what_nothing_matches_has_conditions_too():
    assert chosen("what?", BACK) == 5
    assert chosen("what?", {}) == 6


def test_a_button_to_a_message_whose_conditions_fail_is_answered_like_words():
    assert chosen("thank you", BACK, leads_to=7) == 7
    assert chosen("thank you", {}, leads_to=7) == 4


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
conditions = st.builds(Condition, st.sampled_from(["a", "b.c", "", "."]), st.sampled_from(Operator), st.text() | st.integers().map(str))
contexts = st.fixed_dictionaries({}, optional={"a": anything, "b": st.dictionaries(st.just("c"), anything) | anything})


@given(conditions, contexts)
def test_any_condition_holds_or_not_in_any_context(condition, context):
    assert bot.holds(condition, context) in (True, False)


@given(st.sampled_from(["a", "b.c"]), st.text() | st.floats().map(str), contexts)
def test_opposites_never_agree(attribute, value, context):
    def holds(operator):
        return bot.holds(Condition(attribute, operator, value), context)

    assert holds(Operator.EQUALS) is not holds(Operator.NOT_EQUALS)
    assert holds(Operator.IS_SET) is not holds(Operator.IS_NOT_SET)
    assert not (holds(Operator.GREATER) and holds(Operator.LESS))
    assert not (holds(Operator.EQUALS) and holds(Operator.GREATER))


@given(st.text(), contexts, st.lists(conditions, max_size=3))
def test_any_text_gets_an_answer_whose_conditions_hold(text, context, only_if):
    turn = bot.answer(Script((*SHOP.templates[:4], template(9, When.NO_MATCH, only_if=tuple(only_if)))), text, context)
    assert turn.template is None or all(bot.holds(each, context) for each in turn.template.conditions)
