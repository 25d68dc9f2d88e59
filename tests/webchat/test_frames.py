import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoffs.controls import Given
from handoffs.switchboard import ButtonRef, FilledIn, Refusal, Words
from webchat import frames
from webchat.about import read_about

CID = "6f1f2a52-7f1c-4c1e-9f6e-2f6f6f6f6f6f"
TAB = uuid.UUID(int=5)


def say(**changes):
    return {"type": "say", "cid": CID, "n": 1, "text": "hello", **changes}


def test_a_say_is_read():
    button = {"message": CID, "index": 0}
    assert frames.read_words(say(button=button), TAB) == Words(uuid.UUID(CID), "hello", TAB, 1, ButtonRef(uuid.UUID(CID), 0))


def test_a_hello_is_read():
    frame = {"type": "hello", "token": "t", "tab": CID, "epoch": 9, "last": 3}
    assert frames.read_hello(frame) == frames.Hello("t", uuid.UUID(CID), frames.Cursor(9, 3))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "x",
        "[]",
        "null",
        "1",
        '"say"',
        "{}",
        '{"type": 1}',
        '{"type": null}',
        "[" * 9000,
        '{"type":' * 1800,
        '{"type": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_not_a_frame_is_malformed(raw):
    with pytest.raises(frames.Malformed) as refused:
        frames.read(raw)
    assert refused.value.code == 4400


@pytest.mark.parametrize("raw", ["x" * 65_537, "é" * 33_000, json.dumps({"type": "say", "text": "a" * 66_000})])
def test_a_frame_over_64_kib_is_too_large(raw):
    with pytest.raises(frames.TooLarge) as refused:
        frames.read(raw)
    assert refused.value.code == 4413


@pytest.mark.parametrize(
    "changes",
    [
        {"cid": None},
        {"cid": "x"},
        {"cid": 5},
        {"cid": [CID]},
        {"n": 0},
        {"n": -1},
        {"n": True},
        {"n": "1"},
        {"n": 1.0},
        {"n": 2**70},
        {"text": None},
        {"text": 5},
        {"text": ["hello"]},
        {"button": 0},
        {"button": []},
        {"button": {"message": CID}},
        {"button": {"message": "x", "index": 0}},
        {"button": {"message": CID, "index": True}},
        {"button": {"message": CID, "index": -1}},
        {"files": CID},
        {"files": {}},
        {"files": [5]},
        {"files": ["x"]},
        {"files": [CID, CID]},
        {"files": [str(uuid.UUID(int=number)) for number in range(21)]},
        {"answer": CID},
        {"answer": {}},
        {"answer": {"message": 5, "value": "l"}},
        {"answer": {"message": CID, "value": 5}},
        {"answer": {"message": CID, "values": ["l"]}},
        {"answer": {"message": CID, "values": {"size": 5}}},
        {"answer": {"message": CID, "values": {"size": None}}},
        {"answer": {"message": CID, "email": ["a@b.c"]}},
        {"answer": {"message": CID, "rating": "5"}},
        {"answer": {"message": CID, "rating": 4.5}},
        {"answer": {"message": CID, "rating": True}},
        {"answer": {"message": CID, "rating": 5, "comment": 5}},
    ],
)
def test_a_say_of_the_wrong_shape_is_malformed(changes):
    with pytest.raises(frames.Malformed):
        frames.read_words(say(**changes), TAB)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), (" \n\t", "empty"), ("a" * 8001, "too_long"), ("a\0b", "bad_text"), ("\ud800", "bad_text"), ("ok \udfff", "bad_text")],
)
def test_words_that_cannot_be_taken_are_refused_for_good(text, code):
    with pytest.raises(Refusal) as refused:
        frames.read_words(say(text=text), TAB)
    assert (refused.value.code, refused.value.final) == (code, True)


def test_8000_characters_are_taken_whatever_they_are():
    assert len(frames.read_words(say(text="😀" * 8000), TAB).text) == 8000


def test_a_say_with_files_needs_no_words():
    assert frames.read_words(say(text="", files=[CID]), TAB).files == (uuid.UUID(CID),)
    with pytest.raises(Refusal, match="empty"):
        frames.read_words(say(text="", files=[]), TAB)


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        ({"value": "l"}, Given(value="l")),
        ({"values": {"size": "l"}}, Given(values={"size": "l"})),
        ({"email": "a@b.example"}, Given(email="a@b.example")),
        ({"rating": 5, "comment": "great"}, Given(rating=5, comment="great")),
        ({"rating": 5, "comment": None, "value": None}, Given(rating=5)),
    ],
)
def test_an_answer_is_read_and_the_text_beside_it_is_not(answer, given):
    frame = say(answer={"message": CID, **answer})
    for words in ({"text": "ignored"}, {"text": None}):
        read = frames.read_words({**frame, **words}, TAB)
        assert (read.answer, read.text) == (FilledIn(uuid.UUID(CID), given), "")


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
@pytest.mark.parametrize("name", ["value", "email", "comment", "values", "a name"])
def test_what_no_database_can_keep_is_refused_in_answers_too(name, bad):
    values = {"values": {"size": bad}, "a name": {bad: "l"}}
    answer = {"message": CID, **({"values": values[name]} if name in values else {name: bad})}
    with pytest.raises(Refusal) as refused:
        frames.read_words(say(answer=answer), TAB)
    assert refused.value.code == "bad_text"


@pytest.mark.parametrize("frame", [{}, {"on": 1}, {"on": "true"}, {"on": None}])
def test_typing_is_on_or_off(frame):
    assert frames.read_typing({"on": False}) is False
    with pytest.raises(frames.Malformed):
        frames.read_typing(frame)


@given(st.text())
def test_any_text_is_read_or_malformed(raw):
    try:
        frames.read(raw)
    except frames.Malformed as error:
        assert str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


NAMES = [
    "cid",
    "n",
    "text",
    "button",
    "tab",
    "token",
    "epoch",
    "last",
    "files",
    "answer",
    "on",
    "got",
    "seen",
    "page",
    "language",
    "spoken",
]


@given(st.dictionaries(st.sampled_from(NAMES), json_values))
def test_any_object_is_read_or_refused(frame):
    readers = (frames.read_mark, frames.read_typing, read_about, lambda frame: frames.read_words(frame, TAB))
    for read in (*(lambda read=read: read(frame) for read in readers), lambda: frames.read_hello({"type": "hello", **frame})):
        try:
            read()
        except (frames.Malformed, Refusal) as error:
            assert str(error)


@given(st.dictionaries(st.sampled_from(["message", "value", "values", "email", "rating", "comment"]), json_values))
def test_any_answer_is_read_or_refused(answer):
    try:
        frames.read_words(say(answer={"message": CID, **answer}), TAB)
    except (frames.Malformed, Refusal) as error:
        assert str(error)


# --- About the visitor --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opening", "about"),
    [
        ({}, {}),
        ({"page": None, "language": None}, {}),
        ({"page": {"url": None, "title": ""}}, {}),
        (
            {"page": {"url": "https://shop.example/tea?id=5", "title": " Tea\n time "}, "language": "de-CH"},
            {"page": {"url": "https://shop.example/tea?id=5", "title": "Tea time"}, "language": "de-CH"},
        ),
        ({"page": {"url": "https://ann:secret@shop.example:8443/a#token=secret"}}, {"page": {"url": "https://shop.example:8443/a"}}),
        ({"page": {"url": "javascript:alert(1)"}}, {}),
        ({"page": {"url": "file:///etc/passwd"}}, {}),
        ({"page": {"url": "https://"}}, {}),
        ({"page": {"url": "https://[::1"}}, {}),
        ({"page": {"url": "https://shop.example/a b"}}, {}),
        ({"page": {"url": "https://shop.example/" + "a" * 2000}}, {}),
        ({"page": {"title": "a\0b\ud83d\u202ec"}}, {"page": {"title": "a b c"}}),
        ({"page": {"title": "t" * 5000}}, {"page": {"title": "t" * 300}}),
        ({"language": "de_DE; drop", "spoken": "x" * 99}, {}),
        ({"page": {"secret": "x"}, "user": {"name": "root"}}, {}),
    ],
)
def test_what_a_browser_tells_is_kept_as_far_as_it_makes_sense(opening, about):
    assert read_about(opening) == about


@pytest.mark.parametrize(
    "opening", [{"page": "x"}, {"page": [1]}, {"page": {"url": 5}}, {"page": {"title": []}}, {"language": 5}, {"spoken": []}]
)
def test_what_is_no_text_at_all_is_malformed(opening):
    with pytest.raises(frames.Malformed):
        read_about(opening)
