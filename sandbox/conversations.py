"""Conversations: opening, changing, finding."""

import uuid
from typing import Any

from sandbox import activity, attachments, contacts, payloads, people, templates
from sandbox.clock import iso, moment_of, now
from sandbox.errors import CouldNotCreate, NotFound, RecordInvalid, Unhandled
from sandbox.params import Params, as_hash, as_id, is_blank
from sandbox.people import Actor
from sandbox.store import Row, Store

STATUSES = ("open", "resolved", "pending", "snoozed")

PRIORITIES = ("low", "medium", "high", "urgent")

# conversation_updated is sent when one of these changes, and for nothing else.
TOLD_OF = {
    *("team_id", "assignee_id", "assignee_agent_bot_id", "status", "snoozed_until", "custom_attributes", "label_list"),
    *("waiting_since", "first_reply_created_at", "priority"),
}

PER_PAGE = 25


def find(store: Store, actor: Actor, account: Row, display_id: object) -> Row:
    conversation = store.find("conversations", account_id=account["id"], display_id=as_id(display_id))
    people.require_inbox(store, actor, conversation["inbox_id"])
    return conversation


def create(store: Store, contact_inbox: Row, params: Params) -> Row:
    """ConversationBuilder: with lock_to_single_conversation the last one comes back whatever its status, and nothing says so."""
    inbox = store.find("inboxes", id=contact_inbox["inbox_id"])
    if inbox["settings"]["lock_to_single_conversation"]:
        latest = store.one("SELECT * FROM conversations WHERE contact_inbox_id = ? ORDER BY id DESC LIMIT 1", contact_inbox["id"])
        if latest:
            return latest
    return _create_new(store, inbox, contact_inbox, params)


def _create_new(store: Store, inbox: Row, contact_inbox: Row, params: Params) -> Row:
    contact = store.find("contacts", id=contact_inbox["contact_id"])
    status = _status(params.get("status") or "open")
    custom, additional = as_hash(params.get("custom_attributes")), as_hash(params.get("additional_attributes"))
    _validate_attributes(custom_attributes=custom, additional_attributes=additional)
    moment = now()
    conversation = store.insert(
        "conversations",
        display_id=_next_display_id(store, inbox["account_id"]),
        uuid=str(uuid.uuid4()),
        account_id=inbox["account_id"],
        inbox_id=inbox["id"],
        contact_id=contact["id"],
        contact_inbox_id=contact_inbox["id"],
        assignee_id=agent_id(store, inbox["account_id"], params.get("assignee_id")),
        team_id=team_id(store, inbox["account_id"], params.get("team_id")),
        status="resolved" if contact["blocked"] else "pending" if inbox["agent_bot_id"] else status,
        snoozed_until=moment_of(params.get("snoozed_until")) if status == "snoozed" else None,
        additional_attributes=additional,
        custom_attributes=custom,
        label_list=[],
        waiting_since=moment,
        last_activity_at=moment,
        created_at=moment,
        updated_at=moment,
    )
    store.emit("conversation_created", conversation["id"])
    return conversation


def _next_display_id(store: Store, account_id: int) -> int:
    """A sequence of the account: the number of a deleted conversation is never given again."""
    last = store.find("accounts", id=account_id)["last_display_id"]
    row = store.one("SELECT COALESCE(MAX(display_id), 0) AS n FROM conversations WHERE account_id = ?", account_id)
    number = 1 + int(max(last, row["n"] if row else 0))
    store.update("accounts", account_id, last_display_id=number)
    return number


def _status(value: object) -> str:
    if value not in STATUSES:
        raise Unhandled(f"'{value}' is not a valid status")
    return str(value)


def agent_id(store: Store, account_id: int, value: object) -> int | None:
    wanted = as_id(value)
    return next((user["id"] for user in people.users_of(store, account_id) if user["id"] == wanted), None)


def team_id(store: Store, account_id: int, value: object) -> int | None:
    team = store.one("SELECT * FROM teams WHERE account_id = ? AND id = ?", account_id, as_id(value))
    return team["id"] if team else None


def _validate_attributes(**columns: Params) -> None:
    errors = [(column, sentence) for column, values in columns.items() for sentence in _too_long(column, values)]
    if errors:
        raise RecordInvalid(*errors)


def _too_long(column: str, values: Params) -> list[str]:
    label = column.replace("_", " ").capitalize()
    strings = [f"{label} {key} length should be < 1500" for key, value in values.items() if isinstance(value, str) and len(value) > 1500]
    numbers = [
        f"{label} {key} value should be < 9999999999"
        for key, value in values.items()
        if isinstance(value, int) and not isinstance(value, bool) and value > 9_999_999_999
    ]
    return strings + numbers


def change(store: Store, conversation: Row, actor: Actor | None, **values: Any) -> Row:
    """Save what differs and say so: status_changed, activity, conversation_updated. Nothing differs, nothing is said."""
    if values.get("status", conversation["status"]) != "snoozed":
        values["snoozed_until"] = None
    before = {key: conversation[key] for key, value in values.items() if conversation[key] != value}
    if not before:
        return conversation
    before["updated_at"] = conversation["updated_at"]
    changed = store.update("conversations", conversation["id"], updated_at=now(), **{key: values[key] for key in before if key in values})
    return _tell(store, changed, actor, before)


def _tell(store: Store, conversation: Row, actor: Actor | None, before: dict[str, Any]) -> Row:
    if "status" in before:
        if conversation["status"] == "resolved":
            conversation = store.update("conversations", conversation["id"], waiting_since=None)  # update_column: nobody is told
        # Null, although the name promises more: the model passes a change that is nil after the commit.
        store.emit("conversation_status_changed", conversation["id"], changed_attributes=None)
    activity.record(store, conversation, actor, before)
    if TOLD_OF & before.keys():
        store.emit("conversation_updated", conversation["id"], changed_attributes=_changed_attributes(before, conversation))
    if "status" in before and conversation["status"] == "resolved":
        templates.survey(store, conversation)
    return store.find("conversations", id=conversation["id"])


def _changed_attributes(before: dict[str, Any], after: Row) -> list[Row]:
    return [{key: {"previous_value": _shown(key, was), "current_value": _shown(key, after[key])}} for key, was in before.items()]


def _shown(key: str, value: Any) -> Any:
    return iso(value) if key.endswith(("_at", "_since", "_until")) else value


def toggle_status(store: Store, conversation: Row, actor: Actor, params: Params) -> Row:
    wanted = params.get("status")
    if is_blank(wanted):
        wanted = "resolved" if conversation["status"] == "open" else "open"
    until = _epoch(params["snoozed_until"]) if params.get("snoozed_until") else conversation["snoozed_until"]
    conversation = change(store, conversation, actor, status=_status(wanted), snoozed_until=until)
    if conversation["status"] == "open" and actor.role == "agent":
        conversation = change(store, conversation, actor, assignee_id=actor.id)
    return conversation


def _epoch(value: object) -> float:
    """Seconds, as a number or a word: strptime with %s raises for anything else, and nobody rescues it."""
    if not str(value).isdecimal():
        raise Unhandled("invalid date")
    return float(as_id(value))


def toggle_typing(store: Store, conversation: Row, actor: Actor, params: Params) -> None:
    if params.get("typing_status") in ("on", "off"):
        event = f"conversation_typing_{params['typing_status']}"
        who = payloads.person(store, actor.kind, actor.row)
        store.emit(event, conversation["id"], user=who, is_private=params.get("is_private") or False)


def set_custom_attributes(store: Store, conversation: Row, actor: Actor, values: Params) -> Row:
    _validate_attributes(custom_attributes=values)
    return change(store, conversation, actor, custom_attributes=values)


def set_priority(store: Store, conversation: Row, actor: Actor, value: object, *, checked: bool) -> Row:
    """Since 4.18 an unknown one is refused; before, the enum raised and nobody rescued it."""
    if not is_blank(value) and value not in PRIORITIES:
        sentence = f"'{value}' is not a valid priority"
        raise CouldNotCreate(sentence) if checked else Unhandled(sentence)
    return change(store, conversation, actor, priority=None if is_blank(value) else value)


def mute(store: Store, conversation: Row, actor: Actor) -> None:
    """Resolve it and block its contact, whose messages reopen nothing from then on."""
    change(store, conversation, actor, status="resolved")
    store.update("contacts", conversation["contact_id"], blocked=True)
    activity.say(store, conversation, activity.MUTED.format(name=actor.name))


def unmute(store: Store, conversation: Row, actor: Actor) -> None:
    store.update("contacts", conversation["contact_id"], blocked=False)
    activity.say(store, conversation, activity.UNMUTED.format(name=actor.name))


def destroy(store: Store, conversation: Row) -> None:
    """For good. No webhook tells of it."""
    store.delete("csat_survey_responses", "conversation_id = ?", conversation["id"])
    for message in store.all("SELECT * FROM messages WHERE conversation_id = ?", conversation["id"]):
        attachments.destroy(store, message)
    store.delete("messages", "conversation_id = ?", conversation["id"])
    store.delete("conversations", "id = ?", conversation["id"])


def destroy_contact(store: Store, contact: Row) -> None:
    """With everything that was said to and by it."""
    for conversation in contacts.all_conversations(store, contact):
        destroy(store, conversation)
    store.delete("contact_inboxes", "contact_id = ?", contact["id"])
    store.delete("contacts", "id = ?", contact["id"])


def mark_unread(store: Store, conversation: Row) -> Row:
    """As if nobody had looked since just before the last incoming message. update_columns: no event."""
    last = store.one(
        "SELECT * FROM messages WHERE conversation_id = ? AND message_type = 'incoming' ORDER BY created_at DESC LIMIT 1",
        conversation["id"],
    )
    if last is None:
        return conversation
    seen = last["created_at"] - 1
    return store.update("conversations", conversation["id"], agent_last_seen_at=seen, assignee_last_seen_at=seen)


def mark_seen(store: Store, conversation: Row, actor: Actor) -> Row:
    """An agent looked at it. update_columns: no event."""
    seen = {"agent_last_seen_at": now()}
    if conversation["assignee_id"] == actor.id:
        seen["assignee_last_seen_at"] = seen["agent_last_seen_at"]
    return store.update("conversations", conversation["id"], **seen)


def visible(store: Store, actor: Actor, account: Row, params: Params) -> list[Row]:
    """ConversationFinder without assignee and page: the inboxes this user sees, `open` unless said otherwise."""
    rows = store.all("SELECT * FROM conversations WHERE account_id = ? ORDER BY last_activity_at DESC, id DESC", account["id"])
    if actor.role == "agent":
        mine = people.inbox_ids(store, actor)
        rows = [row for row in rows if row["inbox_id"] in mine]
    if params.get("inbox_id"):
        rows = [row for row in rows if row["inbox_id"] == as_id(params["inbox_id"])]
    status = params.get("status") or "open"
    return [row for row in rows if status in ("all", row["status"])]


def by_assignee(actor: Actor, rows: list[Row]) -> dict[str, list[Row]]:
    return {
        "me": [row for row in rows if row["assignee_id"] == actor.id],
        "assigned": [row for row in rows if row["assignee_id"]],
        "unassigned": [row for row in rows if not row["assignee_id"]],
    }


def contact_inbox_by_source_id(store: Store, account: Row, params: Params, *, scoped: bool) -> Row:
    """The legacy look-up by source_id alone. Before 4.18 it looked into other people's accounts as well."""
    rows = store.all(
        "SELECT c.*, i.account_id FROM contact_inboxes c JOIN inboxes i ON i.id = c.inbox_id WHERE c.source_id = ? ORDER BY c.id",
        params.get("source_id"),
    )
    if scoped:
        rows = [row for row in rows if row["account_id"] == account["id"] and as_id(params.get("inbox_id")) in (0, row["inbox_id"])]
    if not rows:
        raise NotFound
    return rows[0]
