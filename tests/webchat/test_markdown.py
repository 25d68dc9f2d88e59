"""What agents and bots write, as the tree a page draws."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoffs.attributes import WORD_JOINER, filled
from webchat import markdown
from webchat.markdown import DEEPEST, LONGEST, MOST_NODES, tree

NAMES = {"p", "b", "i", "s", "code", "pre", "quote", "ul", "ol", "li", "br", "a", "h"}
FOLLOWED = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)


def node(name, *inside, **more):
    return {"t": name, "c": list(inside), **more}


def link(href, *inside):
    return node("a", *inside, href=href)


def p(*inside):
    return [node("p", *inside)]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a **b** *c* ~~d~~ `e`", p("a ", node("b", "b"), " ", node("i", "c"), " ", node("s", "d"), " ", node("code", "e"))),
        ("**a**\nb", p(node("b", "a"), node("br"), "b")),
        ("# One\n\ntwo", [node("h", "One"), *p("two")]),
        ("- a\n- b", [node("ul", node("li", "a"), node("li", "b"))]),
        ("1. a\n2. b", [node("ol", node("li", "a"), node("li", "b"))]),
        ("> a\n> b", [node("quote", *p("a", node("br"), "b"))]),
        ("```py\na\n  b\n```", [node("pre", "a\n  b")]),
        ("[a](https://b.example/c)", p(link("https://b.example/c", "a"))),
        ("see https://b.example/_c_/d.", p("see ", link("https://b.example/_c_/d", "https://b.example/_c_/d"), ".")),
        ("[us](mailto:a@b.example) [call](tel:+4930)", p(link("mailto:a@b.example", "us"), " ", link("tel:+4930", "call"))),
        ("write a@b.de", p("write ", link("mailto:a@b.de", "a@b.de"))),
        ("![a cup](https://b.example/c.png)", p(link("https://b.example/c.png", "a cup"))),
        ("![](https://b.example/c.png)", p(link("https://b.example/c.png", "https://b.example/c.png"))),
        ("[![a](https://b.example/c.png)](https://d.example)", p(link("https://d.example", "a"))),
        ("1 \\* 2 &lt; 3", p("1 * 2 < 3")),
    ],
)
def test_what_is_formatted_becomes_a_tree(text, drawn):
    assert tree(text) == drawn


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "one\ntwo\n\nthree",
        "2 * 3 * 4",
        "snake_case_name and readme.md and 10.0.0.1",
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "---",
        "3. Press reset\n4. Wait",
        "[a]: /b\n\n[a]",
        "",
        " \n ",
    ],
)
def test_what_is_plain_is_no_tree(text):
    assert tree(text) is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#115;cript:alert(1)",
        "&#x6A;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,AAAA",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:null/1",
        "//evil.example",
        "/chat/demo/",
        "https:evil.example",
        "https:/evil.example",
        "https:\\\\evil.example",
        "https:///evil.example",
        "https://bank.example@evil.example",
        "https://bank.example:443@evil.example/a",
        "mailto:",
        "",
    ],
)
@pytest.mark.parametrize("written", ["[a]({})", "[a](<{}>)", "![a]({})", "<{}>", "**b** {}"])
def test_an_address_that_may_not_be_followed_stays_text(address, written):
    assert hrefs(tree(written.format(address))) == []


def test_a_list_that_does_not_begin_at_one_keeps_its_numbers():
    assert tree("3. **a**\n4. b") == [node("p", "3. ", node("b", "a")), node("p", "4. b")]
    assert tree("3. a\n   - b") == [node("p", "3. a", node("ul", node("li", "b")))]


def test_an_attribute_that_was_escaped_shows_just_what_it_is():
    name = "*Ann* <b> [x](https://evil.example) # 1. ~~"
    drawn = tree(filled("Hello {user.name}!", {"user": {"name": name}}))
    assert words(drawn).replace(WORD_JOINER, "") == f"Hello {name}!"
    assert [each["t"] for each in inside(drawn) if isinstance(each, dict)] == ["p"]


# --- Hostile texts ------------------------------------------------------------------------------------------------------------------------

UNITS = ["*", "**a", "_a ", "[", "[a](", "![", "`", "> ", "<", "~~a ", "http://", "https://a.b ", "mailto:", "a@b.c ", "&amp;"]
UNITS += ["- a\n", "  - a\n", "](", "\\*", "1. a\n", "a\n", "#\n", "\u202e", "\x00", "[a](x)"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_flood_of_signs_gives_a_small_tree_or_none(unit):
    drawn = tree((unit * LONGEST)[:LONGEST])
    assert drawn is None or (size(drawn) <= MOST_NODES and depth(drawn) <= DEEPEST)


def test_a_crowd_of_addresses_is_shown_as_it_is():
    assert tree("https://a.example " * 200) is None and tree("https://a.example " * 50) is not None


def test_a_text_of_a_book_is_shown_as_it_is():
    assert tree("**a** " * 30_000) is None


def test_quotes_in_quotes_in_quotes_are_shown_as_they_are():
    assert tree("> " * 100 + "deep") is None and tree("> " * 5 + "deep") is not None


def test_one_address_cannot_be_used_a_thousand_times():
    text = f"[a]: https://b.example/{'x' * 1000}\n\n" + "[a] " * 1000
    assert len(hrefs(tree(text))) == 1


def test_a_bug_of_the_parser_loses_no_message(monkeypatch, caplog):
    monkeypatch.setattr(markdown, "grown", lambda tokens: 1 // 0)
    assert tree("**nobody wrote this before**") is None
    assert "could not be read as Markdown" in caplog.text


def inside(nodes):
    for each in nodes or []:
        yield each
        yield from inside([] if isinstance(each, str) else each["c"])


def hrefs(nodes):
    return [each["href"] for each in inside(nodes) if isinstance(each, dict) and "href" in each]


def size(nodes):
    return sum(1 for _ in inside(nodes))


def depth(nodes):
    return 1 + max((depth(each["c"]) for each in nodes if isinstance(each, dict)), default=0)


def words(nodes):
    return "".join(each for each in inside(nodes) if isinstance(each, str))


MARKUP = [
    "**",
    "*",
    "_",
    "~~",
    "`",
    "\n",
    "\n\n",
    "- ",
    "> ",
    "# ",
    "1. ",
    "7) ",
    "    ",
    "[",
    "](",
    ")",
    "![",
    "<",
    ">",
    "|",
    "\\",
    "```\n",
    "&amp;",
]
ADDRESSES = ["https://a.example/x", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "//c.example", "a@b.example", "TEL:1"]
scribbles = st.lists(st.sampled_from([*MARKUP, *ADDRESSES, "word", " ", "é", "\u202e", "\x00"]), max_size=40).map("".join)


@given(st.text() | scribbles)
def test_any_text_gives_what_a_page_can_draw(text):
    drawn = tree(text)
    if drawn is None:
        return
    assert json.loads(json.dumps(drawn)) == drawn
    for each in inside(drawn):
        assert isinstance(each, str) or (each["t"] in NAMES and isinstance(each["c"], list) and set(each) <= {"t", "c", "href"})
        assert isinstance(each, str) or ("href" in each) == (each["t"] == "a")
    assert all(FOLLOWED.match(href) and not re.search(r"[\s\x00-\x20]", href) for href in hrefs(drawn))


@given(st.lists(st.sampled_from(["**", "*", "_", "~~", "`", "\n", "- ", "> ", "# ", "5. ", "[", "]", "<", "|", "\\", "---"]), max_size=30))
def test_no_word_is_lost(signs):
    """Between any two signs stands a word of its own, and all of them are shown, in their order."""
    text = "".join(f"{sign}word{number}e" for number, sign in enumerate(signs))
    drawn = tree(text)
    shown = text if drawn is None else words(drawn)
    assert re.findall(r"word\d+e", shown) == re.findall(r"word\d+e", text)
