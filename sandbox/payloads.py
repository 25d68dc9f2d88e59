"""`webhook_data`: the bodies Chatwoot posts. At the top level message types are words and times are ISO text."""

import json
import re

from sandbox import attachments, push
from sandbox.clock import iso
from sandbox.config import Config
from sandbox.store import Event, Row, Store

SENDABLE = ("incoming", "outgoing", "template")


def user(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "email": row["email"], "type": "user"}


def bot(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "type": "agent_bot"}


def contact(store: Store, row: Row) -> Row:
    """A contact is the one sender without a `type`."""
    keys = ("additional_attributes", "custom_attributes", "email", "id", "identifier", "name", "phone_number", "blocked")
    return {"account": account(store, row["account_id"]), "avatar": "", "thumbnail": "", **{key: row[key] for key in keys}}


def account(store: Store, account_id: int) -> Row:
    row = store.find("accounts", id=account_id)
    return {"id": row["id"], "name": row["name"]}


def build(store: Store, config: Config, event: Event) -> Row | None:
    """The payload of an event, built when the job runs; None for what no webhook is sent for."""
    if event.is_about_a_message:
        row = store.find("messages", id=event.subject)
        return message(store, config, row) | {"event": event.name} if row["message_type"] in SENDABLE else None
    shape = conversation(store, config, store.find("conversations", id=event.subject))
    if event.name.startswith("conversation_typing_"):
        return {"event": event.name, "conversation": shape, **event.data}
    return shape | {"event": event.name, **event.data}


def message(store: Store, config: Config, row: Row) -> Row:
    keys = ("content_attributes", "content_type", "id", "message_type", "private", "source_id")
    inbox = store.find("inboxes", id=row["inbox_id"])
    return {key: row[key] for key in keys} | {
        "account": account(store, row["account_id"]),
        "additional_attributes": {},
        "content": _content(store, config, row),
        "conversation": conversation(store, config, store.find("conversations", id=row["conversation_id"])),
        "created_at": iso(row["created_at"]),
        "inbox": {"id": inbox["id"], "name": inbox["name"]},
        "sender": _sender(store, row),
        **attachments.pushed(store, row),
    }


def _content(store: Store, config: Config, row: Row) -> str | None:
    """Markdown as typed, but for the newlines newer servers tidy; and a rating comes with the address of its survey."""
    content = _with_survey_link(store, row) if row["content_type"] == "input_csat" else row["content"]
    if content and config.at_least("4.13"):
        content = re.sub(r"\\\n", "\n", content)
    if content and config.at_least("4.14.2"):
        content = content.rstrip("\n")
    return content


def _with_survey_link(store: Store, row: Row) -> str:
    """The inbox's own words before the link, or Chatwoot's instead of what was said."""
    uuid = store.find("conversations", id=row["conversation_id"])["uuid"]
    words = store.find("inboxes", id=row["inbox_id"])["csat_config"].get("message") or "Please rate this conversation,"
    return f"{words} {store.frontend_url}/survey/responses/{uuid}"


def _sender(store: Store, row: Row) -> Row | None:
    kind = row["sender_type"]
    if kind is None:
        return None
    return person(store, kind, store.find(push.SENDER_TABLES[kind], id=row["sender_id"]))


def person(store: Store, kind: str, row: Row) -> Row:
    if kind == "Contact":
        return contact(store, row)
    return user(row) if kind == "User" else bot(row)


def conversation(store: Store, config: Config, row: Row) -> Row:
    shape = push.conversation(store, row)
    if config.at_least("4.14.2"):
        shape["account"] = account(store, row["account_id"])
    return shape


def encode(payload: Row) -> bytes:
    """Bytes as Rails' to_json writes them: <, > and & escaped. Who signs a re-encoded body instead of the raw one fails."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()
