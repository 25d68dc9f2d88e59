"""What a visitor's page holds: what it was told, and the words it has not got rid of yet. Pure; the rules of docs/protocol.md."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

IN_FLIGHT = 8
SHOWN = ("id", "seq", "ord", "text", "delivery", "cid")


def shown(message: dict[str, Any]) -> dict[str, Any]:
    return {**{key: message[key] for key in SHOWN}, "kind": message["author"]["kind"]}


def in_order(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The latest state of each message, in the order it is shown in."""
    latest: dict[str, dict[str, Any]] = {}
    for message in sorted(messages, key=lambda each: each["seq"]):
        latest[message["id"]] = message
    return sorted(latest.values(), key=lambda each: (each["ord"], each["seq"]))


class View:
    def __init__(self) -> None:
        self.forget()

    def forget(self, epoch: int | None = None) -> None:
        self.epoch, self.last = epoch, 0
        self.messages: list[dict[str, Any]] = []

    def take(self, message: dict[str, Any]) -> bool:
        """False: there is a hole before this message, so the line is to be begun anew from the cursor."""
        if message["seq"] > self.last + 1:
            return False
        if message["seq"] == self.last + 1:
            self.last = message["seq"]
            self.messages.append(shown(message))
        return True

    def listed(self) -> list[dict[str, Any]]:
        return in_order(self.messages)


@dataclass
class Item:
    text: str
    cid: str = field(default_factory=lambda: str(uuid.uuid4()))
    n: int | None = None


class Outbox:
    """As static/webchat/outbox.mjs: the first ``flying`` items are under way, always a prefix; an item leaves on its ack or a final nak."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.flying, self.next = 0, 1
        self.held_until = 0.0

    def add(self, item: Item) -> None:
        self.items.append(item)

    def restart(self, accepted: int) -> None:
        """A line is ready, and the server has counted this far."""
        self.flying, self.next, self.held_until = 0, accepted + 1, 0.0

    def take(self, window: int, now: float) -> list[Item]:
        """What to send now."""
        leaving = self.items[self.flying : window] if now >= self.held_until else []
        for item in leaving:
            item.n, self.next = self.next, self.next + 1
        self.flying += len(leaving)
        return leaving

    def settle(self, cid: str) -> Item | None:
        place = self.place(cid)
        if place is None:
            return None
        if place < self.flying:
            self.flying -= 1
        else:
            self.next += 1
        return self.items.pop(place)

    def refused(self, nak: dict[str, Any], now: float) -> Item | None:
        """The item that will never be sent, if this nak is final."""
        place = self.place(nak["cid"])
        if place is None:
            return None
        if nak["final"]:
            return self.give_up(place)
        if nak["code"] == "order":
            self.renumber(nak["expect"] or 1)
        elif place < self.flying:
            self.flying, self.next = place, nak["expect"] or self.items[place].n or self.next
            self.held_until = now + (nak["after"] or 1)
        return None

    def give_up(self, place: int) -> Item:
        """A refused message takes no number."""
        self.flying -= place < self.flying
        return self.items.pop(place)

    def renumber(self, expect: int) -> None:
        """Refusals that ask for a number already on its way again say nothing new."""
        if not any(item.n == expect for item in self.items[: self.flying]):
            self.flying, self.next = 0, expect

    def place(self, cid: str) -> int | None:
        return next((place for place, item in enumerate(self.items) if item.cid == cid), None)
