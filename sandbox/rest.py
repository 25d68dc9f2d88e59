"""The jbuilder views: what the application API answers. Times are epoch integers here, but for `updated_at`, a float."""

from typing import Any

from sandbox import attachments, hours, inboxes, people, push
from sandbox.clock import epoch, iso
from sandbox.config import Config
from sandbox.people import Actor
from sandbox.store import Row, Store


def availability(user: Row) -> str:
    """Offline unless a dashboard is open, and here none ever is."""
    return "offline" if user["auto_offline"] else str(user["availability"])


def agent(user: Row, account_id: int, role: str) -> Row:
    """An agent, but for the picture."""
    return {
        "id": user["id"],
        "account_id": account_id,
        "availability_status": availability(user),
        "auto_offline": user["auto_offline"],
        "confirmed": True,
        "email": user["email"],
        "provider": "email",
        "available_name": user["display_name"] or user["name"],
        "name": user["name"],
        "role": role,
        "thumbnail": "",
    }


def agent_of(store: Store, user: Row, account_id: int) -> Row:
    role = store.find("account_users", user_id=user["id"], account_id=account_id)["role"]
    return agent(user, account_id, role) | {"thumbnail": push.avatar_url(store, user)}


def profile(store: Store, user: Row) -> Row:
    links = store.all(
        "SELECT a.*, u.role FROM accounts a JOIN account_users u ON u.account_id = a.id WHERE u.user_id = ? ORDER BY a.id", user["id"]
    )
    keys = ("access_token", "display_name", "email", "id", "name", "pubsub_token")
    return {key: user[key] for key in keys} | {
        "account_id": links[0]["id"] if links else None,
        "available_name": user["display_name"] or user["name"],
        "avatar_url": push.avatar_url(store, user),
        "confirmed": True,
        "message_signature": None,
        "inviter_id": None,
        "provider": "email",
        "role": links[0]["role"] if links else None,
        "ui_settings": {},
        "uid": user["email"],
        "type": None,
        "accounts": [_profile_account(user, link) for link in links],
    }


def _profile_account(user: Row, link: Row) -> Row:
    return {
        "id": link["id"],
        "name": link["name"],
        "status": "active",
        "onboarding_step": None,
        "active_at": iso(user["created_at"]),
        "role": link["role"],
        "permissions": [link["role"]],
        "availability": user["availability"],
        "availability_status": availability(user),
        "auto_offline": user["auto_offline"],
    }


def account(row: Row, config: Config) -> Row:
    return {
        "settings": {},
        "created_at": iso(row["created_at"]),
        "custom_attributes": {},
        "domain": None,
        "features": {},
        "id": row["id"],
        "locale": "en",
        "name": row["name"],
        "support_email": None,
        "status": "active",
        "cache_keys": {},
        "latest_chatwoot_version": config.version,
    }


def inbox(row: Row, actor: Actor, config: Config) -> Row:
    if row["channel_type"] != inboxes.API:
        return {**slim_inbox(row), **row["settings"], "callback_webhook_url": None, "webhook_url": None}
    shape: Row = {
        **slim_inbox(row),
        **row["settings"],
        "csat_config": row["csat_config"],
        "auto_assignment_config": {},
        "working_hours": hours.of(row),
        "callback_webhook_url": None,
        "hmac_mandatory": row["hmac_mandatory"],
        "webhook_url": row["webhook_url"],
        "inbox_identifier": row["identifier"],
        "additional_attributes": row["additional_attributes"],
    }
    if actor.role == "administrator":
        shape["hmac_token"] = row["hmac_token"]
        if config.at_least("4.13"):
            shape["secret"] = row["secret"]
    return shape


def slim_inbox(row: Row) -> Row:
    channel = {"channel_id": row["id"], "channel_type": row["channel_type"], "provider": None}
    return {"id": row["id"], "avatar_url": "", "name": row["name"], **channel}


def raw_inbox(row: Row) -> Row:
    """The inbox as `json.inbox @contact_inbox.inbox` prints it: the columns of its row, none of its channel's."""
    columns = {"id": row["id"], "channel_id": row["id"], "account_id": row["account_id"], "name": row["name"]}
    times = {"created_at": iso(row["created_at"]), "updated_at": iso(row["updated_at"])}
    return {**columns, **times, "channel_type": row["channel_type"], **row["settings"]}


def raw_team(row: Row) -> Row:
    return row | {"created_at": iso(row["created_at"]), "updated_at": iso(row["updated_at"])}


def contact(row: Row) -> Row:
    keys = ("additional_attributes", "email", "id", "name", "phone_number", "blocked", "identifier", "custom_attributes")
    shape = {key: row[key] for key in keys} | {"availability_status": "offline", "thumbnail": "", "created_at": epoch(row["created_at"])}
    if row["last_activity_at"]:
        shape["last_activity_at"] = epoch(row["last_activity_at"])
    return shape


def contact_with_inboxes(store: Store, row: Row) -> Row:
    links = store.all("SELECT * FROM contact_inboxes WHERE contact_id = ? ORDER BY id", row["id"])
    return contact(row) | {"contact_inboxes": [contact_inbox(store, link) for link in links]}


def contact_inbox(store: Store, row: Row) -> Row:
    return {"source_id": row["source_id"], "inbox": slim_inbox(store.find("inboxes", id=row["inbox_id"]))}


def conversation(store: Store, row: Row) -> Row:
    last = store.all("SELECT * FROM messages WHERE conversation_id = ? ORDER BY created_at DESC, id DESC LIMIT 1", row["id"])
    return {
        "meta": _conversation_meta(store, row),
        "id": row["display_id"],
        "messages": [pushed(store, message) for message in last],
        **{key: row[key] for key in ("account_id", "uuid", "additional_attributes", "custom_attributes", "inbox_id", "status", "priority")},
        **_conversation_times(row),
        "can_reply": push.can_reply(store, row),
        "labels": row["label_list"],
        "muted": store.find("contacts", id=row["contact_id"])["blocked"],
        "unread_count": push.unread_count(store, row),
        "last_non_activity_message": _last_non_activity_message(store, row),
        "sla_policy_id": None,
    }


def _conversation_meta(store: Store, row: Row) -> Row:
    contact_inbox = store.find("contact_inboxes", id=row["contact_inbox_id"])
    meta: dict[str, Any] = {
        "sender": contact(store.find("contacts", id=row["contact_id"])),
        "channel": "Channel::Api",
        "hmac_verified": contact_inbox["hmac_verified"],
    }
    kind, who = push.assignee(store, row)
    if who:
        meta["assignee"] = agent_of(store, who, row["account_id"]) if kind == "User" else slim_bot(who)
        meta["assignee_type"] = kind
    if row["team_id"]:
        meta["team"] = team(store.find("teams", id=row["team_id"]))
    return meta


def slim_bot(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "description": row["description"], "outgoing_url": row["outgoing_url"]}


def team(row: Row) -> Row:
    return {key: row[key] for key in ("id", "name", "description", "allow_auto_assign", "account_id")}


def _conversation_times(row: Row) -> Row:
    seen = ("agent_last_seen_at", "assignee_last_seen_at", "contact_last_seen_at")
    names = (*seen, "created_at", "first_reply_created_at", "last_activity_at")
    return {name: epoch(row[name]) for name in names} | {
        "updated_at": row["updated_at"],
        "timestamp": epoch(row["last_activity_at"]),
        "waiting_since": epoch(row["waiting_since"]),
        "snoozed_until": iso(row["snoozed_until"]),
    }


def _last_non_activity_message(store: Store, row: Row) -> Row | None:
    last = store.one(
        "SELECT * FROM messages WHERE conversation_id = ? AND message_type != 'activity' ORDER BY created_at DESC, id DESC LIMIT 1",
        row["id"],
    )
    return last and pushed(store, last)


def pushed(store: Store, message: Row) -> Row:
    """The push shape inside a request, where an agent's availability is known."""
    return push.message(store, message) | _with_sender(store, message)


def _with_sender(store: Store, message: Row) -> Row:
    who = push.sender(store, message)
    if who is None:
        return {}
    if message["sender_type"] == "User":
        who["availability_status"] = availability(store.find("users", id=message["sender_id"]))
    return {"sender": who}


def message(store: Store, row: Row, echo_id: object = None) -> Row:
    keys = ("id", "content", "inbox_id", "content_type", "status", "content_attributes", "private", "source_id")
    return {key: row[key] for key in keys} | {
        "conversation_id": store.find("conversations", id=row["conversation_id"])["display_id"],
        "message_type": push.MESSAGE_TYPES[row["message_type"]],
        "created_at": epoch(row["created_at"]),
        **({"echo_id": echo_id} if echo_id else {}),
        **attachments.pushed(store, row),
        **_with_sender(store, row),
    }


def messages(store: Store, conversation: Row, rows: list[Row]) -> Row:
    meta: dict[str, Any] = {
        "labels": conversation["label_list"],
        "additional_attributes": conversation["additional_attributes"],
        "contact": push.contact(store, store.find("contacts", id=conversation["contact_id"])),
        "agent_last_seen_at": iso(conversation["agent_last_seen_at"]),
        "assignee_last_seen_at": iso(conversation["assignee_last_seen_at"]),
    }
    kind, who = push.assignee(store, conversation)
    if who:
        meta["assignee"] = push.PUSHERS[kind](store, who)
    return {"meta": meta, "payload": [message(store, row) for row in rows]}


def agents(store: Store, account_id: int, users: list[Row]) -> list[Row]:
    return [agent_of(store, user, account_id) for user in users]


def account_agents(store: Store, account_id: int) -> list[Row]:
    return agents(store, account_id, people.users_of(store, account_id))
