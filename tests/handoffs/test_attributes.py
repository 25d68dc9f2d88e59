import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from handoffs.attributes import all_values, escaped, filled, is_plain, mapped, mapping, value_of, written

ADA = {
    "user": {"first_name": "Ada", "visits": 3, "vip": True, "rate": 0.5, "tags": ["a"], "nothing": None, "blank": " "},
    "plan": "pro",
}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
contexts = st.dictionaries(st.sampled_from(["user", "plan", "first_name", ""]), values, max_size=4)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("plan", "pro"),
        ("user.first_name", "Ada"),
        ("user.visits", 3),
        ("user.vip", True),
        ("user.tags", None),
        ("user.nothing", None),
        ("user", None),
        ("user.first_name.x", None),
        ("nobody.there", None),
        ("", None),
    ],
)
def test_a_path_leads_to_a_plain_value_or_to_none(path, value):
    assert value_of(ADA, path) == value


@pytest.mark.parametrize("odd", [math.nan, math.inf, 10**4000, [1], {}, None])
def test_what_nobody_can_read_is_no_value(odd):
    assert value_of({"x": odd}, "x") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello {user.first_name}!", "Hello Ada!"),
        ("Hello {user.first_name|there}!", "Hello Ada!"),
        ("Hello { user.last_name |there}!", "Hello there!"),
        ("Hello{user.last_name}!", "Hello!"),
        ("Hello {user.blank|there}!", "Hello there!"),
        ("{user.visits} visits, rate {user.rate}, VIP: {user.vip}", "3 visits, rate 0.5, VIP: yes"),
        ("{}, {0}, {a b}, {user.}, { , }", "{}, {0}, {a b}, {user.}, { , }"),
        ("{{plan}}", "{pro}"),
        ("{user.__class__}", ""),
        ("{plan!r} {plan:>9} {plan[0]}", "{plan!r} {plan:>9} {plan[0]}"),
        ("{x|**bold** words}", "**bold** words"),
    ],
)
def test_a_text_is_filled(text, said):
    assert filled(text, ADA) == said


@given(st.text() | st.from_regex(r"\{\w+(\.\w+)*(\|\w*)?\}"), contexts)
def test_any_text_is_filled_from_any_context(text, context):
    assert isinstance(filled(text, context), str)


@given(st.text(st.characters(exclude_characters="{}")), contexts)
def test_a_text_without_places_stays_as_typed(text, context):
    assert filled(text, context) == text


@given(contexts)
def test_every_value_that_is_listed_is_plain_and_can_be_written(context):
    for path, value in all_values(context):
        assert isinstance(path, str) and is_plain(value) and isinstance(written(value), str)


def test_a_context_without_a_bottom_is_listed_all_the_same():
    deep = {"x": 1}
    for _ in range(5000):
        deep = {"y": deep}
    assert list(all_values({**deep, "plan": "pro"})) == [("plan", "pro")]


# --- What visitors and websites say is shown as it is -------------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shape(markdown):
    """The kinds of elements a text makes."""
    tokens = MARKDOWN.parse(markdown)
    return [inner.type for token in tokens for inner in token.children or [token]]


def read(markdown):
    """The words that a reader of the rendered text sees."""
    return "".join(inner.content for token in MARKDOWN.parse(markdown) for inner in token.children or [])


EVIL = [
    "# Heading",
    "**bold** _emphasis_ `code` ~~gone~~",
    "![picture](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "<script>alert(1)</script>",
    "> quote",
    "- item",
    "1. item",
    "+ item",
    "+49 151 234",
    ":-",
    "2) item",
    "---",
    "===",
    "&lt;b&gt; &#35;",
    r"\*not escaped\*",
    "| a | b |",
    "snake_case and _private_ and trailing_",
]
pieces = st.sampled_from([*EVIL, "\n", "\n\n", " ", "_", "*", "a", "[", "](", "`", "1.", "\\"])
nasty = st.lists(pieces, max_size=6).map("".join) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


@pytest.mark.parametrize("value", EVIL)
def test_a_value_is_shown_as_it_is(value):
    assert read(escaped(value)) == value


@given(nasty)
def test_no_value_formats_anything(value):
    text = filled("{x}", {"x": value})
    assert set(shape(text)) <= {"paragraph_open", "text", "paragraph_close"}
    assert read(text).replace("\u2060", "").split() == value.replace("\u2060", "").split()


@given(nasty)
def test_no_value_formats_the_words_around_it(value):
    shown = shape(filled("Hello {x}, good day", {"x": value}))
    assert set(shown) == {"paragraph_open", "text", "paragraph_close"}


def test_an_address_in_a_value_is_no_address_any_more():
    assert "https://" not in filled("Hello {x}", {"x": "https://evil.example"})


# --- Mapping ------------------------------------------------------------------------------------------------------------------------------


def test_lines_map_attributes_to_keys_of_the_desk():
    assert mapped("user.visits = visits\n\n plan=the_plan \nuser.none = none", ADA) == {"visits": 3, "the_plan": "pro"}


@pytest.mark.parametrize(
    "line", ["user.plan", "= plan", "user.plan =", "user plan = plan", "user.plan = my plan", "plan = handoff_transfer"]
)
def test_a_line_that_is_not_right_is_refused_in_words_and_maps_nothing(line):
    with pytest.raises(ValueError, match=r"^“.*\.$"):
        mapping(line)
    assert mapped(line, ADA) == {}
