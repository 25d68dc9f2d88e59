"""Rows of a conversation's transcript: what people say and what Chatwoot adds by itself."""

from typing import Any

from sandbox.clock import now
from sandbox.store import Row, Store


def insert(store: Store, conversation: Row, **values: Any) -> Row:
    moment = now()
    return store.insert(
        "messages",
        account_id=conversation["account_id"],
        inbox_id=conversation["inbox_id"],
        conversation_id=conversation["id"],
        created_at=moment,
        updated_at=moment,
        **({"content_attributes": {}} | values),
    )


def add(store: Store, conversation: Row, **values: Any) -> Row:
    """Something nobody said, which is told of like what somebody did."""
    message = insert(store, conversation, **values)
    store.update("conversations", conversation["id"], last_activity_at=message["created_at"])
    store.emit("message_created", message["id"])
    return message
