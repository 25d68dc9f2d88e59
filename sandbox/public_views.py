"""What the client API answers (CHATWOOT.md §2): less than the application API, but the contact's whole row."""

from sandbox import attachments, csat, push
from sandbox.clock import epoch, iso
from sandbox.store import Row, Store

SAID = "SELECT * FROM messages WHERE conversation_id = ? AND private = 0 AND message_type != 'activity' ORDER BY created_at, id"


def message(store: Store, row: Row) -> Row:
    """No status, no source_id, no echo_id. A message of the machine's has no sender."""
    who = push.sender(store, row)
    return {key: row[key] for key in ("id", "content", "content_type", "content_attributes")} | {
        "message_type": push.MESSAGE_TYPES[row["message_type"]],
        "created_at": epoch(row["created_at"]),
        "conversation_id": store.find("conversations", id=row["conversation_id"])["display_id"],
        **attachments.pushed(store, row),
        **({"sender": who} if who else {}),
    }


def conversation(store: Store, row: Row) -> Row:
    return {
        "id": row["display_id"],
        "uuid": row["uuid"],
        "inbox_id": row["inbox_id"],
        "contact_last_seen_at": epoch(row["contact_last_seen_at"]),
        "status": row["status"],
        "agent_last_seen_at": epoch(row["agent_last_seen_at"]),
        "messages": [message(store, each) for each in store.all(SAID, row["id"])],
        "contact": raw_contact(store.find("contacts", id=row["contact_id"])),
    }


def raw_contact(row: Row) -> Row:
    keys = ("id", "account_id", "name", "email", "phone_number", "identifier", "blocked", "additional_attributes", "custom_attributes")
    return {key: row[key] for key in keys} | {key: iso(row[key]) for key in ("created_at", "updated_at", "last_activity_at")}


def survey(store: Store, row: Row) -> Row:
    """`conversation_id` is the database's here, not the display id."""
    given = csat.of(store, row)
    inbox = store.find("inboxes", id=row["inbox_id"])
    return {
        "id": row["id"],
        "csat_survey_response": given and given | {"created_at": iso(given["created_at"])},
        "inbox_avatar_url": "",
        "inbox_name": inbox["name"],
        "locale": "en",
        "conversation_id": row["conversation_id"],
        "created_at": iso(row["created_at"]),
        "display_type": row["content_attributes"].get("display_type"),
        "content": inbox["csat_config"].get("message"),
    }
