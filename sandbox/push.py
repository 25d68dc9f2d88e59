"""`push_event_data`: how Chatwoot nests people, messages and conversations. Message types are numbers here, and times epochs."""

from typing import Any

from sandbox import attachments, blobs
from sandbox.clock import epoch, iso, now
from sandbox.store import Row, Store

MESSAGE_TYPES = {"incoming": 0, "outgoing": 1, "activity": 2, "template": 3}

SENDER_TABLES = {"User": "users", "AgentBot": "agent_bots", "Contact": "contacts"}

LAST_CHAT_MESSAGE = """SELECT * FROM messages WHERE conversation_id = ? AND private = 0 AND message_type != 'activity'
                       ORDER BY created_at DESC, id DESC LIMIT 1"""


def avatar_url(store: Store, user: Row) -> str:
    """Empty without a picture."""
    return blobs.thumbnail(store, blobs.find(store, user["avatar_id"])) if user["avatar_id"] else ""


def user(store: Store, row: Row) -> Row:
    avatar = avatar_url(store, row)
    return {
        "id": row["id"],
        "name": row["name"],
        "available_name": row["display_name"] or row["name"],
        "avatar_url": avatar,
        "type": "user",
        # Null because background jobs have no Current.account; REST fills it in.
        "availability_status": None,
        "thumbnail": avatar,
    }


def bot(store: Store, row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "avatar_url": "", "type": "agent_bot"}


def contact(store: Store, row: Row) -> Row:
    keys = ("additional_attributes", "custom_attributes", "email", "id", "identifier", "name", "phone_number")
    return {key: row[key] for key in keys} | {"thumbnail": "", "blocked": row["blocked"], "type": "contact"}


PUSHERS = {"User": user, "AgentBot": bot, "Contact": contact}


def sender(store: Store, message: Row) -> Row | None:
    kind = message["sender_type"]
    if kind is None:
        return None
    return PUSHERS[kind](store, store.find(SENDER_TABLES[kind], id=message["sender_id"]))


def message(store: Store, row: Row) -> Row:
    conversation = store.find("conversations", id=row["conversation_id"])
    who = sender(store, row)
    return _message_columns(row) | {
        "conversation_id": conversation["display_id"],
        "message_type": MESSAGE_TYPES[row["message_type"]],
        "created_at": epoch(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "external_source_ids": {},
        "additional_attributes": {},
        "processed_message_content": row["content"],
        "sentiment": {},
        "conversation": _message_conversation(store, conversation),
        **attachments.pushed(store, row),
        **({"sender": who} if who else {}),
    }


def _message_columns(row: Row) -> Row:
    keys = (
        *("id", "content", "account_id", "inbox_id", "private", "status", "source_id"),
        *("content_type", "content_attributes", "sender_type", "sender_id"),
    )
    return {key: row[key] for key in keys}


def _message_conversation(store: Store, conversation: Row) -> Row:
    contact_inbox = store.find("contact_inboxes", id=conversation["contact_inbox_id"])
    return {
        "assignee_id": conversation["assignee_id"],
        "unread_count": unread_count(store, conversation),
        "last_activity_at": epoch(conversation["last_activity_at"]),
        "contact_inbox": {"source_id": contact_inbox["source_id"]},
    }


def conversation(store: Store, row: Row) -> Row:
    contact_inbox = store.find("contact_inboxes", id=row["contact_inbox_id"])
    return {
        "additional_attributes": row["additional_attributes"],
        "can_reply": can_reply(store, row),
        "channel": "Channel::Api",
        "contact_inbox": _contact_inbox(contact_inbox),
        "id": row["display_id"],
        "inbox_id": row["inbox_id"],
        # Queried when the job runs, so it may be a later message than the one the event is about. So it is upstream.
        "messages": [message(store, last) for last in store.all(LAST_CHAT_MESSAGE, row["id"])],
        "labels": row["label_list"],
        "meta": _meta(store, row, contact_inbox),
        "status": row["status"],
        "custom_attributes": row["custom_attributes"],
        "snoozed_until": iso(row["snoozed_until"]),
        "unread_count": unread_count(store, row),
        "first_reply_created_at": iso(row["first_reply_created_at"]),
        "priority": row["priority"],
        **_timestamps(row),
    }


def _contact_inbox(row: Row) -> Row:
    """The whole row, pubsub_token and all: Chatwoot leaks it too."""
    return row | {"created_at": iso(row["created_at"]), "updated_at": iso(row["updated_at"])}


def _meta(store: Store, row: Row, contact_inbox: Row) -> Row:
    kind, who = assignee(store, row)
    return {
        "sender": contact(store, store.find("contacts", id=row["contact_id"])),
        "assignee": who and PUSHERS[kind](store, who),
        "assignee_type": kind or None,
        "team": _team(store, row["team_id"]),
        "hmac_verified": contact_inbox["hmac_verified"],
    }


def assignee(store: Store, conversation: Row) -> tuple[str, Row | None]:
    """What kind of one, and its row."""
    if conversation["assignee_agent_bot_id"]:
        return "AgentBot", store.find("agent_bots", id=conversation["assignee_agent_bot_id"])
    if conversation["assignee_id"]:
        return "User", store.find("users", id=conversation["assignee_id"])
    return "", None


def _team(store: Store, team_id: int | None) -> Row | None:
    if team_id is None:
        return None
    return {"id": team_id, "name": store.find("teams", id=team_id)["name"], "icon": "", "icon_color": ""}


def can_reply(store: Store, conversation: Row) -> bool:
    """Whether the last incoming message is within the inbox's reply window, in hours. Without one, always."""
    hours = store.find("inboxes", id=conversation["inbox_id"])["additional_attributes"].get("agent_reply_time_window")
    if not hours:
        return True
    since = now() - float(hours) * 3600
    return bool(store.count("messages", "conversation_id = ? AND message_type = 'incoming' AND created_at > ?", conversation["id"], since))


def _timestamps(row: Row) -> dict[str, Any]:
    keys = ("waiting_since", "agent_last_seen_at", "contact_last_seen_at", "last_activity_at", "created_at")
    return {key: epoch(row[key]) for key in keys} | {"timestamp": epoch(row["last_activity_at"]), "updated_at": row["updated_at"]}


def unread_count(store: Store, conversation: Row) -> int:
    """Incoming messages since an agent last looked; Chatwoot stops counting at ten."""
    since = conversation["agent_last_seen_at"] or 0
    unread = store.count("messages", "conversation_id = ? AND message_type = 'incoming' AND created_at > ?", conversation["id"], since)
    return min(unread, 10)
