"""Webhooks that get lost, come twice, come late, or overtake one another."""

import time
from collections import Counter
from collections.abc import Callable

import pytest
import requests

from tests.sandbox.conftest import Json, World


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    world = make_world(faults=True)
    world.conversation()
    world.forget()
    return world


def set_webhooks(world: World, seed: int = 7, **chances: object) -> None:
    plan = {"seed": seed, "webhooks": chances}
    assert requests.put(f"{world.server.url}/_faults", json=plan, timeout=5).status_code == 200


def told(world: World) -> list[str]:
    """What arrived, in the order of its arrival. Every note is one webhook."""
    return [body["content"] for body in world.heard("message_created")]


def write_notes(world: World, count: int) -> list[str]:
    words = [f"note {number}" for number in range(count)]
    for word in words:
        world.server.agent_notes(1, word)
    return words


def counts(world: World) -> Json:
    seen: Json = requests.get(f"{world.server.url}/_faults", timeout=5).json()
    assert seen["pending"] == 0
    return {name: count for name, count in seen["webhooks"].items() if count}


def test_with_nothing_set_every_webhook_comes_once(world: World) -> None:
    set_webhooks(world, delay_seconds=[0, 1])
    assert sorted(write_notes(world, 3)) == sorted(told(world))
    assert counts(world) == {"sent": 3}


def test_a_dropped_webhook_never_comes_and_fails_nothing(world: World) -> None:
    set_webhooks(world, drop=1)
    write_notes(world, 3)
    assert (told(world), counts(world)) == ([], {"dropped": 3})
    assert {message["status"] for message in world.server.messages(1)} == {"sent"}


def test_a_doubled_webhook_comes_twice_under_one_id(world: World) -> None:
    set_webhooks(world, double=1)
    write_notes(world, 2)
    world.server.drain()
    ids = Counter(delivery.headers["x-chatwoot-delivery"] for delivery in world.hook.deliveries)
    assert list(ids.values()) == [2, 2]
    assert counts(world) == {"sent": 4, "doubled": 2}


def test_a_delayed_webhook_comes_later_and_draining_waits_for_it(world: World) -> None:
    set_webhooks(world, delay=1, delay_seconds=[0.2, 0.3])
    began = time.monotonic()
    write_notes(world, 1)
    assert told(world) == ["note 0"]
    assert time.monotonic() - began >= 0.2
    assert counts(world) == {"sent": 1, "delayed": 1}


def test_many_delayed_webhooks_wait_side_by_side(world: World) -> None:
    set_webhooks(world, delay=1, delay_seconds=[0.5, 0.5])
    write_notes(world, 40)
    began = time.monotonic()
    assert len(told(world)) == 40
    assert time.monotonic() - began < 2, "in turn, ten workers would take two seconds"


def test_a_webhook_is_held_until_another_has_overtaken_it(world: World) -> None:
    set_webhooks(world, reorder=1)
    words = write_notes(world, 6)
    heard = told(world)
    assert sorted(heard) == words
    assert heard != words
    assert counts(world)["reordered"] >= 1


def test_a_held_webhook_that_nothing_overtakes_comes_after_two_seconds(world: World) -> None:
    set_webhooks(world, reorder=1)
    began = time.monotonic()
    write_notes(world, 1)
    assert told(world) == ["note 0"]
    assert time.monotonic() - began >= 2
    assert counts(world) == {"sent": 1}


def test_all_of_it_at_once_loses_only_what_is_dropped(world: World) -> None:
    set_webhooks(world, drop=0.2, double=0.3, delay=0.3, delay_seconds=[0.01, 0.1], reorder=0.3)
    words = write_notes(world, 40)
    heard, seen = told(world), counts(world)
    assert len(set(heard)) == len(words) - seen["dropped"]
    assert seen["sent"] == len(heard) == len(words) - seen["dropped"] + seen["doubled"]


def test_the_same_webhooks_are_dropped_with_the_same_seed(make_world: Callable[..., World]) -> None:
    def heard(seed: int) -> list[str]:
        world = make_world(faults=True)
        world.hook.deliveries.clear()
        set_webhooks(world, seed, drop=0.5)
        world.conversation()
        write_notes(world, 20)
        return sorted(told(world))

    assert heard(7) == heard(7)
    assert heard(7) != heard(8)


def test_what_the_hub_refuses_is_counted_as_failed(world: World) -> None:
    set_webhooks(world, double=1)
    world.hook.status = 500
    world.server.agent_notes(1, "psst")
    world.server.drain()
    assert counts(world) == {"sent": 4, "failed": 4, "doubled": 2}, "the note and its update, each twice"
