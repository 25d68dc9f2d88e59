"""Webhooks that get lost, come twice, come late, or overtake one another."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from sandbox.config import Config
from sandbox.faults.state import Fate, Faults
from sandbox.store import Event, Row, Store
from sandbox.webhooks import Parcel, Webhooks

LONGEST_HOLD = 2.0


class Held(NamedTuple):
    parcel: Parcel
    send: Callable[[], None]


class FaultyWebhooks(Webhooks):
    """Whatever is delayed or held is still owed: drain() waits for it."""

    def __init__(self, store: Store, config: Config, faults: Faults) -> None:
        super().__init__(store, config)
        self._faults = faults
        self._held: dict[int, Held] = {}  # at most one of each inbox
        self._holding = threading.Lock()

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        super().start()

    def _payload(self, event: Event) -> Row | None:
        """message_created of a message whose files are still on their way."""
        payload = super()._payload(event)
        if payload and event.name == "message_created" and "attachments" in payload and self._faults.leaves_out():
            for message in (payload, *payload["conversation"]["messages"]):
                if message["id"] == payload["id"]:
                    message.pop("attachments", None)
        return payload

    def _dispatch(self, parcel: Parcel) -> None:
        fate = self._faults.fate(parcel.number)
        if fate.drop:
            self._faults.webhooks.add("dropped")
        elif fate.delay:
            self._faults.webhooks.add("delayed")
            self._owe()
            self._later(fate.delay, partial(self._submit, partial(self._arrive, parcel, fate)))
        else:
            self._arrive(parcel, fate)

    def _later(self, seconds: float, callback: Callable[[], object]) -> None:
        """On the event loop, where waiting costs no thread."""
        self._loop.call_soon_threadsafe(self._loop.call_later, seconds, callback)

    def _submit(self, work: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the sandbox was stopped meanwhile: as lost as what had not begun
            super()._submit(work)

    def _arrive(self, parcel: Parcel, fate: Fate) -> None:
        send = partial(self._send_copies, parcel, 1 + fate.double)
        if not fate.reorder or not self._hold(Held(parcel, send)):
            send()

    def _hold(self, held: Held) -> bool:
        """Unless one of this inbox is held already: that one waits to be overtaken by this."""
        inbox_id = held.parcel.job.inbox_id
        with self._holding:
            if inbox_id in self._held:
                return False
            self._held[inbox_id] = held
            self._owe()
        self._later(LONGEST_HOLD, partial(self._let_go, held))
        return True

    def _let_go(self, held: Held) -> bool:
        """Whether it was still held."""
        inbox_id = held.parcel.job.inbox_id
        with self._holding:
            if self._held.get(inbox_id) is not held:
                return False
            del self._held[inbox_id]
        self._submit(held.send)
        return True

    def _send_copies(self, parcel: Parcel, copies: int) -> None:
        """A second one does not wait for the first."""
        if copies > 1:
            self._faults.webhooks.add("doubled")
            self._owe()
            self._submit(partial(self._send, parcel))
        self._send(parcel)

    def _send(self, parcel: Parcel) -> bool:
        taken = super()._send(parcel)
        self._faults.webhooks.add("sent")
        if not taken:
            self._faults.webhooks.add("failed")
        self._overtake(parcel)
        return taken

    def _overtake(self, parcel: Parcel) -> None:
        held = self._held.get(parcel.job.inbox_id)
        if held and held.parcel.number < parcel.number and self._let_go(held):
            self._faults.webhooks.add("reordered")
