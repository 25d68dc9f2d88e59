import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoffs.switchboard import ButtonRef, Refusal, Words
from webchat import frames

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


@given(st.text())
def test_any_text_is_read_or_malformed(raw):
    try:
        frames.read(raw)
    except frames.Malformed as error:
        assert str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.sampled_from(["cid", "n", "text", "button", "tab", "token", "epoch", "last"]), json_values))
def test_any_object_is_read_or_refused(frame):
    for read in (lambda: frames.read_words(frame, TAB), lambda: frames.read_hello({"type": "hello", **frame})):
        try:
            read()
        except (frames.Malformed, Refusal) as error:
            assert str(error)
