"""Activity messages: what happened to a conversation, in the words of Chatwoot's en.yml. No webhook is ever sent for one."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import transcript
from sandbox.people import Actor
from sandbox.store import Row, Store

STATUS = {
    "resolved": "Conversation was marked resolved by {name}",
    "open": "Conversation was reopened by {name}",
    "pending": "Conversation was marked as pending by {name}",
    "snoozed": "Conversation was snoozed by {name}",
}
CONTACT_RESOLVED = "Conversation was resolved by {name}"
SYSTEM_REOPENED = "System reopened the conversation due to a new incoming message."
MUTED = "{name} has muted the conversation"
UNMUTED = "{name} has unmuted the conversation"


def record(store: Store, conversation: Row, actor: Actor | None, before: Mapping[str, Any]) -> None:
    """Say what changed, given the values from before the change."""
    if "status" in before:
        say(store, conversation, _status(conversation["status"], actor))
    for content in _changes(store, conversation, actor, before) if actor else ():
        say(store, conversation, content)


def say(store: Store, conversation: Row, content: str) -> None:
    transcript.add(store, conversation, message_type="activity", content=content)


def _status(status: str, actor: Actor | None) -> str:
    if actor is None:
        return SYSTEM_REOPENED
    words = CONTACT_RESOLVED if actor.kind == "Contact" else STATUS[status]
    return words.format(name=actor.name)


def _changes(store: Store, conversation: Row, actor: Actor, before: Mapping[str, Any]) -> Iterator[str]:
    if "priority" in before:
        yield _priority(actor.name, before["priority"], conversation["priority"])
    if "team_id" in before:
        yield _team(store, actor.name, before["team_id"], conversation["team_id"])
    elif before.keys() & {"assignee_id", "assignee_agent_bot_id"}:
        yield _assignment(store, conversation, actor)
    if "label_list" in before:
        yield from _labels(actor.name, set(before["label_list"]), set(conversation["label_list"]))


def _priority(name: str, before: str | None, after: str | None) -> str:
    if after is None:
        return f"{name} removed the priority"
    return f"{name} changed the priority from {before} to {after}" if before else f"{name} set the priority to {after}"


def _team(store: Store, name: str, before: int | None, after: int | None) -> str:
    verb = "Assigned to" if after else "Unassigned from"
    return f"{verb} {store.find('teams', id=after or before)['name']} by {name}"


def _assignment(store: Store, conversation: Row, actor: Actor) -> str:
    assignee_id, bot_id = conversation["assignee_id"], conversation["assignee_agent_bot_id"]
    if bot_id:
        return f"Assigned to {store.find('agent_bots', id=bot_id)['name']} by {actor.name}"
    if assignee_id is None:
        return f"Conversation unassigned by {actor.name}"
    if assignee_id == actor.id and not actor.is_bot:
        return f"{actor.name} self-assigned this conversation"
    return f"Assigned to {store.find('users', id=assignee_id)['name']} by {actor.name}"


def _labels(name: str, before: set[str], after: set[str]) -> Iterator[str]:
    for verb, labels in (("added", after - before), ("removed", before - after)):
        if labels:
            yield f"{name} {verb} {', '.join(sorted(labels))}"
