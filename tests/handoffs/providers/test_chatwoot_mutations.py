"""Ten thousand payloads nobody has seen yet: real ones, broken in every way. Nothing private comes out, and nothing is raised."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoffs.providers.base import AgentSaid, AgentTyping, Event, Ignored, Malformed, MessageRemoved, ThreadRef, ThreadState
from handoffs.providers.chatwoot import messages
from handoffs.providers.chatwoot.conversations import state_of
from handoffs.providers.chatwoot.events import parse, recipient
from handoffs.providers.chatwoot.provider import Chatwoot
from tests.handoffs.providers.expectations import PAYLOADS

SECRET, NESTED = "SECRET-OF-A-NOTE", "NESTED-WORDS"
E_MAIL, FULL_NAME = "@acme.test", "Doe"


def so_many(examples: int) -> settings:
    """A busy machine is no reason to fail."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def marked(value: Any, mark: str) -> Any:
    """``value`` with a mark in every text of it that is not a word of Chatwoot's own, or an address."""
    if isinstance(value, dict):
        return {key: each if key in ("type", "file_type", "deleted") else marked(each, mark) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each, mark) for each in value]
    return f"{value}-{mark}" if isinstance(value, str) else value


def poisoned(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload whose private and nested words can be told when they come out."""
    if payload.get("private") is True:
        payload.update({key: marked(payload[key], SECRET) for key in ("content", "content_attributes", "attachments") if key in payload})
    for conversation in (payload, payload.get("conversation") or {}):
        for message in conversation.get("messages") or []:
            message.update(content=NESTED, processed_message_content=NESTED, attachments=[{"data_url": f"https://x.test/{NESTED}.png"}])
    return payload


FILES = {path.stem: poisoned(json.loads(path.read_bytes())) for path in sorted(PAYLOADS.glob("*.json"))}
WRITTEN = {name: json.dumps(payload) for name, payload in FILES.items()}
NOTE = FILES["message_created__private_note_with_picture"]
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1.5, float("nan"), float("inf"), 2**63, 10**400, "", "\0", "\ud800", "x" * 300, "9013", "false"),
    *([], {}, [None], [[]], {"id": {}}, ["private"], 42, 9013, 3, "user", "outgoing", "incoming", "template", "resolved", "input_select"),
]
# What may stand at the same place in another payload; a note's words would be public words there.
WORDS = ("content", "content_attributes", "attachments", "processed_message_content")
DONORS = [payload for name, payload in FILES.items() if "note" not in name]

# Three bytes a change: where, what, and which. One draw instead of many, and Hypothesis knows how to make it smaller.
changes = st.binary(max_size=18)


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside, outermost first."""
    found, waiting = [], [value]
    for container in waiting:
        for key, inside in container.items() if isinstance(container, dict) else enumerate(container):
            found.append((container, key))
            if isinstance(inside, dict | list):
                waiting.append(inside)
    return found


def donated(key: Any, number: int) -> Any:
    found = [donor[key] for donor in DONORS if key in donor and key not in WORDS]
    return found[number % len(found)] if found else None


def broken(name: str, steps: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(WRITTEN[name])
    for where, how, number in zip(steps[::3], steps[1::3], steps[2::3], strict=False):
        if spots := places(payload):
            container, key = spots[(where + how) % len(spots)]
            HOW[how % len(HOW)](container, key, number)
    return payload


def set_junk(container: Any, key: Any, number: int) -> None:
    container[key] = copy.deepcopy(JUNK[number % len(JUNK)])


def drop(container: Any, key: Any, number: int) -> None:
    del container[key]


def donate(container: Any, key: Any, number: int) -> None:
    container[key] = copy.deepcopy(donated(key, number))


def put_a_note(container: Any, key: Any, number: int) -> None:
    """A whole private note where something else was."""
    if key not in WORDS:
        container[key] = copy.deepcopy(NOTE if number % 2 else [NOTE])


def nest(container: Any, key: Any, number: int) -> None:
    container[key] = {str(key): container[key]} if number % 2 else [container[key]] * 3


def flip(container: Any, key: Any, number: int) -> None:
    container[key] = not container[key]


HOW: list[Callable[[Any, Any, int], None]] = [set_junk, drop, donate, put_a_note, nest, flip]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for each in pair for text in texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in texts(each))


def told(event: Event | ThreadState) -> list[str]:
    return list(texts(dataclasses.asdict(event)))


def is_public(message: dict[str, Any]) -> bool:
    return message.get("private") is False


def check(event: Event, message: dict[str, Any]) -> None:
    shown = told(event)
    assert not any(NESTED in text or E_MAIL in text for text in shown), shown
    # A full name may have been put among the public words by a mutation; as a name it is never told.
    assert FULL_NAME not in (getattr(event, "name", None) or "")
    for text in shown:
        assert "\0" not in text
        text.encode("utf-8")
    if not is_public(message):
        assert not any(SECRET in text for text in shown), shown
        assert not isinstance(event, AgentSaid | MessageRemoved)
    if isinstance(event, AgentSaid):
        json.dumps(event.control, allow_nan=False)


@so_many(8_000)
@given(st.sampled_from([name for name in FILES if not name.startswith("rest_")]), changes)
def test_a_broken_webhook_tells_nothing_private_and_raises_nothing(name: str, steps: bytes) -> None:
    payload = broken(name, steps)
    raw = json.dumps(payload).encode()
    assert len(Chatwoot.meaning(raw)) <= 100
    recipient(raw)
    for event in parse(raw):
        if isinstance(event, AgentTyping):
            assert payload["is_private"] is False
        else:
            check(event, payload if payload.get("event") in ("message_created", "message_updated") else {"private": False})
        assert not isinstance(event, Ignored) or event.why


@so_many(2_000)
@given(st.sampled_from([name for name in FILES if name.startswith("rest_")]), changes)
def test_a_broken_answer_tells_nothing_private_and_raises_nothing(name: str, steps: bytes) -> None:
    payload = json.loads(json.dumps(broken(name, steps)))
    check(messages.read(payload, ThreadRef("42")), payload)
    state = state_of(payload, 9)
    assert not any(NESTED in text or SECRET in text or E_MAIL in text or FULL_NAME in text for text in told(state))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
def test_any_json_gives_events_or_is_malformed(value: object) -> None:
    raw = json.dumps(value).encode()
    if isinstance(value, dict):
        recipient(raw)
        assert parse(raw)
    else:
        for read in (recipient, parse, Chatwoot.meaning):
            with suppress(Malformed):
                read(raw)
                raise AssertionError("read what is no object")


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_give_events_or_are_malformed(raw: bytes) -> None:
    with suppress(Malformed):
        assert parse(raw)
