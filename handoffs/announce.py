"""Doorbells. They say only *look there*: never what was said, and nothing is lost when they are not heard.

Each waits for the commit (store, then ring) and is rung by a thread of its own: a Redis that hangs delays no visitor and no webhook. One
that cannot be rung is a log line; the sweeper, the next ring and the reader's own cursor find what it would have announced.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import uuid
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from celery import current_app
from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)

PATIENCE = 5.0


def group_of(conversation_id: uuid.UUID) -> str:
    return f"conversation.{conversation_id.hex}"


def conversation_changed(conversation_id: uuid.UUID) -> None:
    """To every open chat of this conversation: read on from your cursor."""
    transaction.on_commit(lambda: ring(conversation_id), robust=True)


def delivery_due(conversation_id: uuid.UUID) -> None:
    """To a worker: something of this conversation is owed to the desk."""
    transaction.on_commit(lambda: nudge("handoffs.relay", str(conversation_id)), robust=True)


def receipt_stored(receipt_id: int) -> None:
    """To a worker: this receipt waits to be applied."""
    transaction.on_commit(lambda: nudge("handoffs.apply", receipt_id), robust=True)


def file_due(file_id: uuid.UUID) -> None:
    """To a worker: this file is to be fetched from its desk."""
    transaction.on_commit(lambda: nudge("handoffs.fetch", str(file_id)), robust=True)


def visitor_types(conversation_id: uuid.UUID, on: bool) -> None:
    """To a worker: the desk may want to know. Nobody looks for this one when it is lost."""
    nudge("handoffs.typing", str(conversation_id), on)


# --- Sockets ------------------------------------------------------------------------------------------------------------------------------


def ring(conversation_id: uuid.UUID) -> None:
    ringer().ring(group_of(conversation_id))


class Ringer:
    """An event loop of its own for the channel layer, whose Redis connections belong to a loop. Rings of a group that still wait merge."""

    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="ringer", daemon=True).start()

    def ring(self, group: str) -> None:
        if group not in self.waiting:
            self.waiting.add(group)
            asyncio.run_coroutine_threadsafe(self.send(group), self.loop)

    async def send(self, group: str) -> None:
        # Taken off first: what commits from here on needs a ring of its own.
        self.waiting.discard(group)
        await quietly(get_channel_layer().group_send(group, {"type": "conversation.changed"}), f"The ring for {group} was not heard.")


async def quietly(bell: Awaitable[Any], complaint: str) -> None:
    try:
        await asyncio.wait_for(bell, PATIENCE)
    except Exception as error:
        log.warning("%s (%s)", complaint, error)


@cache
def ringer() -> Ringer:
    return Ringer()


# --- Workers ------------------------------------------------------------------------------------------------------------------------------


def nudge(task: str, *ids: Any) -> None:
    try:
        nudges().submit(publish, task, *ids)
    except RuntimeError:
        # This process is on its way out and starts nothing any more.
        log.info("The nudge %s%s was not given; the sweeper will find it.", task, ids)


def publish(task: str, *ids: Any) -> None:
    """By name, because tasks lie above us; through the registry, because ``send_task`` ignores eager mode."""
    try:
        current_app.tasks[task].delay(*ids)
    except Exception as error:
        log.warning("The nudge %s%s was not heard; the sweeper will find it. (%s)", task, ids, error)


@cache
def nudges() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="nudges")


def forget_threads() -> None:
    """Threads do not live on in a forked child."""
    ringer.cache_clear()
    nudges.cache_clear()


os.register_at_fork(after_in_child=forget_threads)
