"""Celery shells. A task is a nudge with an id: losing it, or running it twice, does no harm."""

import uuid

from celery import shared_task

from handoffs import files, inbox
from handoffs.relay import pass_typing, relay


@shared_task(name="handoffs.relay")
def relay_conversation(conversation_id: str) -> None:
    relay(uuid.UUID(conversation_id))


@shared_task(name="handoffs.apply")
def apply_receipt(receipt_id: int) -> None:
    inbox.apply(receipt_id)


@shared_task(name="handoffs.fetch")
def fetch_file(file_id: str) -> None:
    files.fetch(uuid.UUID(file_id))


@shared_task(name="handoffs.typing")
def visitor_types(conversation_id: str, on: bool) -> None:
    pass_typing(uuid.UUID(conversation_id), on)
