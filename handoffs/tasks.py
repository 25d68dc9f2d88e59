"""Celery shells. A task is a nudge with an id: losing it, or running it twice, does no harm."""

import uuid

from celery import shared_task

from handoffs import inbox
from handoffs.relay import relay


@shared_task(name="handoffs.relay")
def relay_conversation(conversation_id: str) -> None:
    relay(uuid.UUID(conversation_id))


@shared_task(name="handoffs.apply")
def apply_receipt(receipt_id: int) -> None:
    inbox.apply(receipt_id)
