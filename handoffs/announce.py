"""Doorbells. They say only *look there*: never what was said, and nothing is lost when they are not heard.

Each waits for the commit (store, then ring), and a bell that cannot be rung — Redis is down — is a log line: the sweeper, the next ring
and the reader's own cursor find what it would have announced.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from celery import current_app
from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)


def group_of(conversation_id: uuid.UUID) -> str:
    return f"conversation.{conversation_id.hex}"


def conversation_changed(conversation_id: uuid.UUID) -> None:
    """To every open chat of this conversation: read on from your cursor."""
    after_commit(lambda: ring(conversation_id))


def delivery_due(conversation_id: uuid.UUID) -> None:
    """To a worker: something of this conversation is owed to the desk."""
    after_commit(lambda: nudge("handoffs.relay", str(conversation_id)))


def receipt_stored(receipt_id: int) -> None:
    """To a worker: this receipt waits to be applied."""
    after_commit(lambda: nudge("handoffs.apply", receipt_id))


def after_commit(bell: Callable[[], None]) -> None:
    transaction.on_commit(bell, robust=True)


def ring(conversation_id: uuid.UUID) -> None:
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(conversation_id), {"type": "conversation.changed"})
    except Exception:
        log.warning("The ring for conversation %s was not heard.", conversation_id, exc_info=True)


def nudge(task: str, *ids: Any) -> None:
    """By name, because tasks lie above us; through the registry, because ``send_task`` ignores eager mode."""
    try:
        current_app.tasks[task].delay(*ids)
    except Exception:
        log.warning("The nudge %s%s was not heard; the sweeper will find it.", task, ids, exc_info=True)
