"""Contacts and their contact_inboxes, with the validations and look-ups of Chatwoot."""

import re
import secrets
import uuid
from typing import Any

from sandbox import people
from sandbox.clock import now
from sandbox.errors import CouldNotCreate, RecordInvalid, Unhandled
from sandbox.params import Params, as_bool, as_hash, as_id, as_text, is_blank
from sandbox.people import Actor
from sandbox.store import Row, Store

PHONE = re.compile(r"\+[1-9]\d{1,14}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.?[^@\s]*")
PER_PAGE = 15
SORTABLE = ("name", "email", "phone_number", "last_activity_at", "created_at")


def find(store: Store, account: Row, contact_id: object) -> Row:
    return store.find("contacts", account_id=account["id"], id=as_id(contact_id))


def create(store: Store, account: Row, params: Params) -> Row:
    values = _assigned(params) | {
        "additional_attributes": as_hash(params.get("additional_attributes")),
        "custom_attributes": as_hash(params.get("custom_attributes")),
    }
    _validate(store, account, 0, values)
    moment = now()
    blank: dict[str, Any] = {"name": ""}
    return store.insert("contacts", **(blank | values), account_id=account["id"], created_at=moment, updated_at=moment)


def update(store: Store, account: Row, contact: Row, params: Params) -> Row:
    """Attributes are merged, everything else replaced."""
    values = _assigned(params)
    for column in ("additional_attributes", "custom_attributes"):
        values[column] = contact[column] | as_hash(params.get(column))
    _validate(store, account, contact["id"], values)
    return store.update("contacts", contact["id"], updated_at=now(), **values)


def destroy_custom_attributes(store: Store, contact: Row, keys: object) -> Row:
    gone = keys if isinstance(keys, list) else []
    kept = {key: value for key, value in contact["custom_attributes"].items() if key not in gone}
    return store.update("contacts", contact["id"], updated_at=now(), custom_attributes=kept)


def set_labels(store: Store, contact: Row, labels: object) -> Row:
    """Replaces them all."""
    wanted = list(dict.fromkeys(str(label) for label in labels)) if isinstance(labels, list) else []
    return store.update("contacts", contact["id"], label_list=wanted)


def _assigned(params: Params) -> dict[str, Any]:
    values: dict[str, Any] = {key: as_text(params[key]) for key in ("name", "email", "phone_number", "identifier") if key in params}
    for key in ("email", "phone_number", "identifier"):
        if key in values:
            values[key] = values[key] or None
    if values.get("email"):
        values["email"] = values["email"].lower()
    if "name" in values:
        values["name"] = values["name"] or ""
    if "blocked" in params:
        values["blocked"] = as_bool(params["blocked"])
    return values


def _validate(store: Store, account: Row, contact_id: int, values: dict[str, Any]) -> None:
    errors = [*_format_errors(values), *_taken_errors(store, account, contact_id, values), *_length_errors(values)]
    if errors:
        raise RecordInvalid(*errors)


def _format_errors(values: dict[str, Any]) -> list[tuple[str, str]]:
    errors = []
    if values.get("email") and not EMAIL.fullmatch(values["email"]):
        errors.append(("email", "Email Invalid email"))
    if values.get("phone_number") and not PHONE.fullmatch(values["phone_number"]):
        errors.append(("phone_number", "Phone number should be in e164 format"))
    return errors


def _taken_errors(store: Store, account: Row, contact_id: int, values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (column, f"{_label(column)} has already been taken")
        for column in ("email", "phone_number", "identifier")
        if values.get(column)
        and store.count("contacts", f"account_id = ? AND id != ? AND {column} = ?", account["id"], contact_id, values[column])
    ]


def _length_errors(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (column, f"{_label(column)} is too long (maximum is 255 characters)")
        for column in ("name", "email", "phone_number", "identifier")
        if len(values.get(column) or "") > 255
    ]


def _label(column: str) -> str:
    return column.replace("_", " ").capitalize()


def join_inbox(store: Store, contact: Row, inbox: Row, params: Params) -> Row:
    """ContactInboxBuilder. Without a source_id every call makes another contact_inbox, under a random one."""
    source_id = as_text(params.get("source_id")) or str(uuid.uuid4())
    if len(source_id) > 20_000:
        raise RecordInvalid(("source_id", "Source is too long (maximum is 20000 characters)"))
    existing = store.one("SELECT * FROM contact_inboxes WHERE inbox_id = ? AND source_id = ?", inbox["id"], source_id)
    if existing is None:
        return _insert_contact_inbox(store, contact, inbox, source_id, as_bool(params.get("hmac_verified")))
    if existing["contact_id"] != contact["id"]:
        raise RecordNotUnique
    return existing


class RecordNotUnique(Unhandled):
    """source_id belongs to another contact. Only creating a conversation rescues it; elsewhere it is a 500."""

    def __init__(self) -> None:
        super().__init__("ActiveRecord::RecordNotUnique")


def _insert_contact_inbox(store: Store, contact: Row, inbox: Row, source_id: str, hmac_verified: bool) -> Row:
    moment = now()
    return store.insert(
        "contact_inboxes",
        contact_id=contact["id"],
        inbox_id=inbox["id"],
        source_id=source_id,
        hmac_verified=hmac_verified,
        pubsub_token=secrets.token_urlsafe(18),
        created_at=moment,
        updated_at=moment,
    )


def contact_inboxes(store: Store, contact: Row) -> list[Row]:
    return store.all("SELECT * FROM contact_inboxes WHERE contact_id = ? ORDER BY id", contact["id"])


def search(store: Store, account: Row, params: Params) -> tuple[list[Row], bool]:
    """One page and whether more follow. A substring anywhere matches: never an exact look-up."""
    if is_blank(params.get("q")):
        raise CouldNotCreate("Specify search string with parameter q")
    like = f"%{str(params['q']).strip()}%"
    rows = store.all(
        "SELECT * FROM contacts WHERE account_id = ? AND (name LIKE ? OR email LIKE ? OR phone_number LIKE ? OR identifier LIKE ?)"
        f" ORDER BY {_order(params)} LIMIT ? OFFSET ?",
        *(account["id"], like, like, like, like),
        *(PER_PAGE + 1, PER_PAGE * (page(params) - 1)),
    )
    return rows[:PER_PAGE], len(rows) > PER_PAGE


def _order(params: Params) -> str:
    sort = str(params.get("sort") or "")
    column = sort.removeprefix("-")
    if column not in SORTABLE:
        return "id"
    return f"{column} {'DESC' if sort.startswith('-') else 'ASC'}, id"


def page(params: Params) -> int:
    return max(1, as_id(params.get("page") or 1))


def all_conversations(store: Store, contact: Row) -> list[Row]:
    return store.all("SELECT * FROM conversations WHERE contact_id = ? ORDER BY last_activity_at DESC, id DESC", contact["id"])


def conversations(store: Store, actor: Actor, contact: Row) -> list[Row]:
    rows = all_conversations(store, contact)
    if actor.role == "agent":
        mine = people.inbox_ids(store, actor)
        rows = [row for row in rows if row["inbox_id"] in mine]
    return rows[:20]
