"""Activity messages: what happened to a conversation, in the words of Chatwoot's en.yml. No webhook is ever sent for one."""

from collections.abc import Mapping
from typing import Any

from sandbox.clock import now
from sandbox.people import Actor
from sandbox.store import Row, Store

STATUS = {
    "resolved": "Conversation was marked resolved by {name}",
    "open": "Conversation was reopened by {name}",
    "pending": "Conversation was marked as pending by {name}",
    "snoozed": "Conversation was snoozed by {name}",
}
SYSTEM_REOPENED = "System reopened the conversation due to a new incoming message."


def record(store: Store, conversation: Row, actor: Actor | None, before: Mapping[str, Any]) -> None:
    """Say what changed, given the values from before the change."""
    if "status" in before:
        _say(store, conversation, STATUS[conversation["status"]].format(name=actor.name) if actor else SYSTEM_REOPENED)
    if "assignee_id" in before and actor:
        _say(store, conversation, _assignment(store, conversation, actor))
    if "label_list" in before and actor:
        _labels(store, conversation, actor, set(before["label_list"]))


def _assignment(store: Store, conversation: Row, actor: Actor) -> str:
    assignee_id = conversation["assignee_id"]
    if assignee_id is None:
        return f"Conversation unassigned by {actor.name}"
    if assignee_id == actor.id and not actor.is_bot:
        return f"{actor.name} self-assigned this conversation"
    return f"Assigned to {store.find('users', id=assignee_id)['name']} by {actor.name}"


def _labels(store: Store, conversation: Row, actor: Actor, before: set[str]) -> None:
    after = set(conversation["label_list"])
    for verb, labels in (("added", after - before), ("removed", before - after)):
        if labels:
            _say(store, conversation, f"{actor.name} {verb} {', '.join(sorted(labels))}")


def _say(store: Store, conversation: Row, content: str) -> None:
    moment = now()
    message = store.insert(
        "messages",
        account_id=conversation["account_id"],
        inbox_id=conversation["inbox_id"],
        conversation_id=conversation["id"],
        message_type="activity",
        content=content,
        content_attributes={},
        created_at=moment,
        updated_at=moment,
    )
    store.update("conversations", conversation["id"], last_activity_at=moment)
    store.emit("message_created", message["id"])
