import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoffs import bot
from handoffs.script import (
    Button,
    Buttons,
    Condition,
    ConversationHandover,
    End,
    Ending,
    Field,
    Form,
    Image,
    Operator,
    Script,
    Template,
    Text,
    When,
)


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
    template = bot.answer(SHOP, text, {}, leads_to and Button("Press", leads_to)).template
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


def test_an_empty_scenario_waits_for_the_visitor_and_then_says_that_it_is_lost():
    begins, answers = bot.welcome(Script(()), {}), bot.answer(Script(()), "hello", {})
    assert (begins.blocks, begins.problems) == ((), ("No message is used when the chat starts.",))
    assert (answers.blocks, answers.problems) == ((bot.LOST,), ("No message is used when nothing else matches.",))


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
    return bot.answer(CHOOSY, text, context, leads_to and Button("Press", leads_to)).template.id


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


# --- Why ----------------------------------------------------------------------------------------------------------------------------------


def test_a_turn_tells_why_it_was_chosen():
    assert bot.welcome(SHOP, {}).why == "The chat starts."
    assert bot.answer(SHOP, "opening hours", {}).why == "The visitor said the phrase “Opening hours”."
    assert bot.answer(SHOP, "opning hours please", {}).why == "The visitor said “opning hours”: 92 % like the phrase “Opening hours”."
    assert bot.answer(SHOP, "Go", {}, Button("Go", 4)).why == "The button “Go” leads here."
    assert bot.answer(SHOP, "what?", {}).why == "Nothing else matched."


def test_a_turn_tells_what_was_passed_over_for_it():
    assert bot.welcome(CHOOSY, {}).why == "The chat starts. “template 1” was passed over: “handover.reason is resolved” does not hold."
    unhappy = {"handover": {"reason": "resolved", "rating": 2}}
    why = bot.answer(CHOOSY, "thank you very much", unhappy).why
    assert why.endswith("“thank you”. “template 3” was passed over: “handover.rating is greater than 3” does not hold.")


def test_a_button_that_leads_nowhere_is_a_problem():
    gone, unfit = bot.answer(SHOP, "hours", {}, Button("Go", 99)), bot.answer(CHOOSY, "thank you", {}, Button("Go", 7))
    assert gone.problems == ("The button “Go” leads to a message that is gone.",)
    assert unfit.problems == ("The button “Go” leads to “template 7”, which was passed over: “handover.reason is resolved” does not hold.",)


# --- Tiles --------------------------------------------------------------------------------------------------------------------------------

MAIL = Form(40, "Who are you?", (Field("user.email", "E-mail", "email"),))


def whole(*templates: Template) -> Script:
    return Script(templates)


def said_by(*blocks, when=When.NO_MATCH, number=1, **more) -> Template:
    return Template(number, f"template {number}", when, (), blocks, **more)


@pytest.mark.parametrize("stop", [MAIL, End("Bye."), ConversationHandover(None, "", "")])
def test_nothing_is_said_after_a_tile_that_gives_the_word_to_somebody(stop):
    assert bot.answer(whole(said_by(Text("a"), stop, Text("b"))), "hi", {}).blocks == (Text("a"), stop)


def test_a_form_that_asks_nothing_stops_nothing():
    empty = Form(40, "", ())
    turn = bot.answer(whole(said_by(empty, Text("b"))), "hi", {})
    assert (turn.blocks, turn.problems) == ((empty, Text("b")), ("The form of “template 1” has no fields.",))


@pytest.mark.parametrize("silent", [(), (Text(" "),), (Text("{user.name}"),), (Buttons("", ()),), (Image(None, ""),), (End(""),)])
def test_a_message_that_would_say_nothing_says_that_the_bot_is_lost(silent):
    turn = bot.answer(whole(said_by(*silent)), "hi", {})
    assert turn.blocks == (*silent, bot.LOST) and "“template 1”" in turn.problems[-1]


def test_a_welcome_without_tiles_is_not_an_answer_to_anything():
    turn = bot.welcome(whole(said_by(when=When.WELCOME)), {})
    assert (turn.blocks, turn.problems) == ((), ("“template 1” has no tiles.",))


def test_a_form_leads_on():
    script = whole(said_by(Form(40, "", MAIL.fields, leads_to=2)), template(2, When.BUTTON))
    assert bot.filled_in(script, 40, {}).blocks == (Text("answer 2"),)


def test_a_form_that_leads_nowhere_goes_on_with_what_stands_below_it():
    turn = bot.filled_in(whole(said_by(Text("a"), MAIL, Text("b"), End("c"), Text("d"))), 40, {})
    assert (turn.blocks, turn.problems) == ((Text("b"), End("c")), ())


@pytest.mark.parametrize("form_id", [40, 41, None, "x"])
def test_a_form_is_thanked_for_when_nothing_follows(form_id):
    turn = bot.filled_in(whole(said_by(Form(40, "", MAIL.fields, leads_to=99))), form_id, {})
    assert turn.blocks == (bot.NOTED,) and turn.problems


def test_a_button_that_keeps_a_value_and_leads_nowhere_is_thanked_for():
    plan = Button("Pro", attribute="user.plan", value="pro")
    assert bot.answer(SHOP, "Pro", {}, plan).blocks == (bot.NOTED,)
    assert bot.answer(SHOP, "Pro", {}, Button("Pro", 4, attribute="user.plan", value="pro")).template.id == 4
    assert bot.answer(SHOP, "Opening hours", {}, Button("Opening hours", attribute="a", value="b")).template.id == 2


# --- The handover -------------------------------------------------------------------------------------------------------------------------

BACK_AGAIN = whole(
    template(1, When.BUTTON),
    said_by(Text("after a resolve"), when=When.RETURNED, number=2, reasons=("resolved",)),
    said_by(Text("to who has paid"), when=When.RETURNED, number=3, conditions=(Condition("user.plan", Operator.IS_SET),)),
    said_by(Text("after anything"), when=When.RETURNED, number=4),
)


@pytest.mark.parametrize(
    ("reason", "context", "leads_to", "goes_on"),
    [
        ("resolved", {}, None, 2),
        ("given_back", {}, None, 4),
        ("given_back", {"user": {"plan": "pro"}}, None, 3),
        ("resolved", {}, 1, 1),
        ("given_back", {}, 99, 4),
        ("given_back", {}, 3, 3),
    ],
)
def test_what_the_tile_names_goes_before_what_is_used_when_the_humans_are_done(reason, context, leads_to, goes_on):
    assert bot.ended(BACK_AGAIN, reason, context, leads_to).template.id == goes_on


def test_an_end_for_which_there_is_nothing_needs_no_words():
    assert bot.ended(SHOP, "resolved", {}) is None
    assert bot.ended(SHOP, "resolved", {}, 99).problems == ("The tile’s ending for “resolved” leads to a message that is gone.",)


def chain(script: Script, turn: bot.Turn | None, context) -> list[bot.Turn]:
    """All turns there are while every handover fails."""
    turns, before = [], []
    while turn is not None:
        turns.append(turn)
        if turn.template is None or not any(isinstance(block, ConversationHandover) for block in turn.blocks):
            break
        before.append(turn.template)
        turn = bot.failed(script, context, before)
    return turns


AGAIN = ConversationHandover(None, "", "")


def test_a_failed_handover_that_hands_over_again_tries_each_message_once():
    script = whole(said_by(AGAIN), said_by(AGAIN, when=When.FAILED, number=2), said_by(AGAIN, when=When.FAILED, number=3))
    turns = chain(script, bot.answer(script, "hi", {}), {})
    assert [turn.template and turn.template.id for turn in turns] == [1, 2, 3, None]
    assert turns[-1].problems == ("Stopped: “template 2” hands over when nobody can be reached, and that leads to itself.",)


def test_a_very_long_chain_is_stopped():
    script = whole(said_by(AGAIN), *(said_by(AGAIN, when=When.FAILED, number=number) for number in range(2, 50)))
    turns = chain(script, bot.answer(script, "hi", {}), {})
    assert len(turns) == bot.MOST_IN_A_ROW + 1
    assert turns[-1].problems == ("Stopped after 10 messages in a row: “template 8”, “template 9” and “template 10” lead to each other.",)


# --- Whatever the scenario ----------------------------------------------------------------------------------------------------------------

rough = st.text(st.characters(), max_size=20) | st.sampled_from(["", "{a}", "{b.c|x}", "\ud800", "hours", "x" * 9000])
ids = st.none() | st.integers(1, 6)
blocks = st.one_of(
    st.builds(Text, rough),
    st.builds(Image, st.none() | st.just({"id": "1"}), rough, rough),
    st.builds(
        Buttons, rough, st.lists(st.builds(Button, rough, ids, attribute=st.sampled_from(["", "a"]), value=rough), max_size=2).map(tuple)
    ),
    st.builds(Form, st.integers(1, 3), rough, st.lists(st.builds(Field, st.just("a"), rough), max_size=2).map(tuple), ids),
    st.builds(ConversationHandover, st.none(), rough, rough, endings=st.just({"resolved": Ending("", 1)})),
    st.builds(End, rough),
)
templates = st.builds(
    Template,
    st.integers(1, 6),
    rough,
    st.sampled_from(When),
    st.lists(rough, max_size=3).map(tuple),
    st.lists(blocks, max_size=4).map(tuple),
    st.lists(conditions, max_size=1).map(tuple),
    st.lists(st.sampled_from(["resolved", "given_back"]), max_size=2).map(tuple),
)
scripts = st.lists(templates, max_size=8).map(tuple).map(Script)


def says_something(turn: bot.Turn, context) -> bool:
    return any(bot.speaks(block, context) for block in turn.blocks)


@settings(deadline=None)
@given(scripts, rough, contexts, st.none() | st.builds(Button, rough, ids, attribute=st.sampled_from(["", "a"])), st.integers(0, 4))
def test_whatever_the_scenario_every_turn_is_short_and_says_something_or_what_is_wrong(script, text, context, pressed, form_id):
    turns = [bot.welcome(script, context), bot.answer(script, text, context, pressed), bot.filled_in(script, form_id, context)]
    ends = [bot.ended(script, reason, context, form_id) for reason in ("resolved", "desk_refused")]
    for first in [*turns, *ends, bot.failed(script, context)]:
        row = chain(script, first, context)
        assert len(row) <= bot.MOST_IN_A_ROW + 1
        assert all(says_something(turn, context) or turn.problems for turn in row)
        assert all(isinstance(turn.why, str) for turn in row)
    assert all(says_something(turn, context) for turn in turns[1:])
