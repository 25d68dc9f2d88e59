"""Messages: building, listing, their status, and what their arrival sets off."""

import json
from typing import Any

from sandbox import attachments, conversations, csat, liquid, templates, transcript
from sandbox.clock import now
from sandbox.config import Config
from sandbox.errors import RecordInvalid
from sandbox.message_rules import CONTENT_TYPES, check_enum, check_items, check_lengths
from sandbox.params import Params, as_bool, as_hash, as_id, as_text, is_blank
from sandbox.people import Actor
from sandbox.push import MESSAGE_TYPES
from sandbox.store import Row, Store

STATUSES = ("sent", "delivered", "read", "failed")

HUMAN_REPLIES = "conversation_id = ? AND message_type = 'outgoing' AND private = 0 AND sender_type = 'User'"


def create(store: Store, config: Config, actor: Actor, conversation: Row, params: Params) -> Row:
    """MessageBuilder, then the message's own callbacks."""
    files = [] if is_blank(params.get("attachments")) else attachments.given(store, params["attachments"])
    values = _values(store, actor, conversation, params)
    _refuse_flood(store, config, conversation)
    message = transcript.insert(store, conversation, **values)
    attachments.attach(store, message, files)
    _after_create(store, actor, message)
    return message


def _values(store: Store, actor: Actor, conversation: Row, params: Params) -> dict[str, Any]:
    message_type = check_enum("message_type", params.get("message_type") or "outgoing", tuple(MESSAGE_TYPES))
    content_type = check_enum("content_type", params.get("content_type") or "text", CONTENT_TYPES)
    content, source_id = as_text(params.get("content")), as_text(params.get("source_id"))
    content_attributes = _content_attributes(store, conversation, params)
    check_lengths(content, source_id)
    check_items(content_type, content_attributes)
    sender_type, sender_id = _sender(store, actor, conversation, message_type, params)
    if message_type in ("outgoing", "template"):
        content = liquid.rendered(store, conversation, actor.row if sender_type == "User" else None, content)
    return {
        "message_type": message_type,
        "content": content,
        "content_type": content_type,
        "content_attributes": content_attributes,
        "private": as_bool(params.get("private")),
        "source_id": source_id,
        "sender_type": sender_type,
        "sender_id": sender_id,
    }


def _sender(store: Store, actor: Actor, conversation: Row, message_type: str, params: Params) -> tuple[str, int]:
    """Outgoing: whose token it is, or the bot it names. Everything else is the contact's."""
    if message_type != "outgoing":
        return "Contact", conversation["contact_id"]
    if params.get("sender_type") == "AgentBot":
        bot = store.one("SELECT * FROM agent_bots WHERE id = ?", as_id(params.get("sender_id")))
        if bot and bot["account_id"] in (None, conversation["account_id"]):
            return "AgentBot", bot["id"]
    return actor.kind, actor.id


def _content_attributes(store: Store, conversation: Row, params: Params) -> Params:
    given = params.get("content_attributes")
    attributes = dict(_parsed(given) if isinstance(given, str) else as_hash(given))
    if params.get("external_created_at"):
        attributes["external_created_at"] = params["external_created_at"]
    return attributes | _in_reply_to(store, conversation, attributes)


def _parsed(text: str) -> Params:
    try:
        return as_hash(json.loads(text))
    except ValueError:
        return {}


def _in_reply_to(store: Store, conversation: Row, attributes: Params) -> Params:
    """A message id and a source_id name each other within the conversation."""
    if not attributes.get("in_reply_to") and not attributes.get("in_reply_to_external_id"):
        return {}
    answered = store.one(
        "SELECT * FROM messages WHERE conversation_id = ? AND (id = ? OR source_id = ?)",
        conversation["id"],
        as_id(attributes.get("in_reply_to")),
        as_text(attributes.get("in_reply_to_external_id")),
    )
    return {"in_reply_to": answered and answered["id"], "in_reply_to_external_id": answered and answered["source_id"]}


def _refuse_flood(store: Store, config: Config, conversation: Row) -> None:
    lately = "conversation_id = ? AND created_at >= ?"
    if config.per_minute and store.count("messages", lately, conversation["id"], now() - 60) >= config.per_minute:
        raise RecordInvalid(("base", "Too many messages"))


def _after_create(store: Store, actor: Actor, message: Row) -> None:
    """In the order of the model: reopen, activity, the event, the reply clock, templates."""
    conversation = store.find("conversations", id=message["conversation_id"])
    if message["message_type"] == "incoming":
        _reopen(store, conversation)
    conversation = store.update("conversations", conversation["id"], last_activity_at=message["created_at"], updated_at=now())
    store.emit("message_created", message["id"])
    _run_reply_clock(store, actor, conversation, message)
    if message["sender_type"] == "Contact":
        store.update("contacts", message["sender_id"], last_activity_at=message["created_at"])
    if message["message_type"] == "incoming":
        templates.answer_incoming(store, conversation)


def _reopen(store: Store, conversation: Row) -> None:
    """A bot gets back what was resolved. What is muted stays as it is."""
    if conversation["status"] not in ("resolved", "snoozed") or store.find("contacts", id=conversation["contact_id"])["blocked"]:
        return
    is_for_bot = conversation["status"] == "resolved" and store.find("inboxes", id=conversation["inbox_id"])["agent_bot_id"]
    conversations.change(store, conversation, None, status="pending" if is_for_bot else "open")


def _run_reply_clock(store: Store, actor: Actor, conversation: Row, message: Row) -> None:
    """waiting_since and first_reply_created_at. Why nearly every agent reply comes with a conversation_updated."""
    if message["message_type"] == "incoming":
        if conversation["waiting_since"] is None:
            conversations.change(store, conversation, actor, waiting_since=message["created_at"])
    elif message["message_type"] == "outgoing" and not message["private"]:
        conversations.change(store, conversation, actor, waiting_since=None, **_first_reply(store, conversation, message))


def _first_reply(store: Store, conversation: Row, message: Row) -> dict[str, Any]:
    if message["sender_type"] != "User" or conversation["first_reply_created_at"]:
        return {}
    return {"first_reply_created_at": message["created_at"]} if store.count("messages", HUMAN_REPLIES, conversation["id"]) == 1 else {}


def listed(store: Store, conversation: Row, params: Params) -> list[Row]:
    """MessageFinder: the latest 20, or what is before, after, or between two ids."""
    where, args = "conversation_id = ?", [conversation["id"]]
    if not is_blank(params.get("filter_internal_messages")):
        where += " AND NOT (private = 1 OR message_type = 'activity')"
    after, before = params.get("after"), params.get("before")
    if not is_blank(after) and not is_blank(before):
        return _ascending(store, f"{where} AND id >= ? AND id < ?", 1000, *args, as_id(after), as_id(before))
    if not is_blank(after):
        return _ascending(store, f"{where} AND id > ?", 100, *args, as_id(after))
    if not is_blank(before):
        return _latest(store, f"{where} AND id < ?", *args, as_id(before))
    return _latest(store, where, *args)


def _ascending(store: Store, where: str, limit: int, *args: object) -> list[Row]:
    return store.all(f"SELECT * FROM messages WHERE {where} ORDER BY created_at, id LIMIT {limit}", *args)


def _latest(store: Store, where: str, *args: object) -> list[Row]:
    return store.all(f"SELECT * FROM messages WHERE {where} ORDER BY created_at DESC, id DESC LIMIT 20", *args)[::-1]


def find(store: Store, conversation: Row, message_id: object) -> Row:
    return store.find("messages", id=as_id(message_id), conversation_id=conversation["id"])


def update_status(store: Store, config: Config, message: Row, status: object, external_error: str | None = None) -> Row:
    """StatusUpdateService: what it does not allow changes nothing, and the answer is 200 all the same."""
    if status not in STATUSES or not _may_become(config, message["status"], str(status)):
        return message
    return _set_status(store, message, str(status), external_error)


def _may_become(config: Config, current: str, wanted: str) -> bool:
    if "failed" in (current, wanted):
        return True
    if config.at_least("4.16"):
        return STATUSES.index(wanted) >= STATUSES.index(current)
    return not (current == "read" and wanted == "delivered")


def _set_status(store: Store, message: Row, status: str, external_error: str | None) -> Row:
    attributes = {key: value for key, value in message["content_attributes"].items() if key != "external_error"}
    if status == "failed" and external_error is not None:
        attributes["external_error"] = external_error
    return _update(store, message, status=status, content_attributes=attributes)


def _update(store: Store, message: Row, **values: Any) -> Row:
    if all(message[key] == value for key, value in values.items()):
        return message
    message = store.update("messages", message["id"], updated_at=now(), **values)
    store.emit("message_updated", message["id"])
    return message


def mark_failed(store: Store, message_id: int, error: str) -> None:
    """Its webhook failed. Any message's: an echo of the integrator's own and a private note as well."""
    with store.transaction():
        _set_status(store, store.find("messages", id=message_id), "failed", error)


def delete(store: Store, message: Row) -> Row:
    """There is no hard delete: the row stays, its words go."""
    gone = {"content": "This message was deleted", "content_type": "text", "content_attributes": {"deleted": True}}
    attachments.destroy(store, message)
    return _update(store, message, **gone)


def retry(store: Store, config: Config, message: Row) -> Row:
    """Looks as good as sent, and is not sent again: an API inbox hears no more than a message_updated."""
    return _update(store, update_status(store, config, message, "sent"), content_attributes={})


def submit(store: Store, message: Row, submitted: object) -> Row:
    """What the contact filled in: select and form give a list, a rating an object. Only known keys are kept."""
    if not isinstance(submitted, list | dict):
        return message
    attributes = message["content_attributes"] | {"submitted_values": csat.permitted(submitted)}
    message = _update(store, message, content_attributes=attributes)
    csat.listen(store, message)
    return message


def mark_read_by_contact(store: Store, config: Config, conversation: Row) -> None:
    store.update("conversations", conversation["id"], contact_last_seen_at=now())
    said = store.all("SELECT * FROM messages WHERE conversation_id = ? AND message_type != 'incoming' ORDER BY id", conversation["id"])
    for message in said:
        if message["status"] in ("sent", "delivered"):
            update_status(store, config, message, "read")
