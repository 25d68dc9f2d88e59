"""API inboxes: their settings, members and secrets."""

import secrets
from typing import Any

from sandbox import hours, people
from sandbox.clock import now
from sandbox.errors import CouldNotCreate, RecordInvalid
from sandbox.params import Params, as_bool, as_hash, as_id, as_text, is_blank
from sandbox.people import Actor
from sandbox.store import Row, Store

DEFAULTS: dict[str, Any] = {
    "greeting_enabled": False,
    "greeting_message": None,
    "enable_email_collect": True,
    "csat_survey_enabled": False,
    "enable_auto_assignment": True,
    "working_hours_enabled": False,
    "out_of_office_message": None,
    "timezone": "UTC",
    "allow_messages_after_resolved": True,
    "lock_to_single_conversation": False,
    "sender_name_type": "friendly",
    "business_name": None,
}
LONGEST_URL = 2048
API = "Channel::Api"
CHANNELS = {"api": API, "web_widget": "Channel::WebWidget"}
LONGEST_TEXT = 10_000


def find(store: Store, actor: Actor, account: Row, inbox_id: object) -> Row:
    inbox = store.find("inboxes", account_id=account["id"], id=as_id(inbox_id))
    people.require_inbox(store, actor, inbox["id"])
    return inbox


def visible(store: Store, actor: Actor, account: Row) -> list[Row]:
    rows = store.all("SELECT * FROM inboxes WHERE account_id = ? ORDER BY id", account["id"])
    if actor.role == "agent":
        mine = people.inbox_ids(store, actor)
        return [row for row in rows if row["id"] in mine]
    return rows


def create(store: Store, account: Row, params: Params) -> Row:
    channel = as_hash(params.get("channel"))
    if channel.get("type") not in CHANNELS:
        raise CouldNotCreate("The sandbox has inboxes of the channel types api and web_widget only")
    values = _columns(params, channel, []) | {"settings": DEFAULTS | _settings(params)}
    _validate({"name": None} | values)
    moment = now()
    return store.insert(
        "inboxes",
        account_id=account["id"],
        channel_type=CHANNELS[channel["type"]],
        secret=secrets.token_urlsafe(24),
        hmac_token=secrets.token_urlsafe(18),
        identifier=secrets.token_urlsafe(18),
        created_at=moment,
        updated_at=moment,
        **({"additional_attributes": {}} | values),
    )


def update(store: Store, inbox: Row, params: Params) -> Row:
    values = _columns(params, as_hash(params.get("channel")), inbox["working_hours"]) | {"settings": inbox["settings"] | _settings(params)}
    _validate(values)
    return store.update("inboxes", inbox["id"], updated_at=now(), **values)


def _columns(params: Params, channel: Params, days: list[Row]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "name" in params:
        values["name"] = _nullable(params["name"])
    if "webhook_url" in channel:
        values["webhook_url"] = as_text(channel["webhook_url"])
    if "hmac_mandatory" in channel:
        values["hmac_mandatory"] = as_bool(channel["hmac_mandatory"])
    if "additional_attributes" in channel:
        values["additional_attributes"] = as_hash(channel["additional_attributes"])
    if "working_hours" in params:
        values["working_hours"] = hours.changed(days, params["working_hours"])
    if "csat_config" in params:
        values["csat_config"] = as_hash(params["csat_config"])
    return values


def _settings(params: Params) -> dict[str, Any]:
    return {key: _setting(default, params[key]) for key, default in DEFAULTS.items() if key in params}


def _setting(default: object, value: object) -> Any:
    return as_bool(value) if isinstance(default, bool) else _nullable(value)


def _nullable(value: object) -> str | None:
    """Chatwoot turns the word "null" into null in an inbox's parameters."""
    return None if value == "null" else as_text(value)


def _validate(values: dict[str, Any]) -> None:
    errors = []
    if "name" in values and not values["name"]:
        errors.append(("name", "Name can't be blank"))
    if len(values.get("name") or "") > 255:
        errors.append(("name", "Name is too long (maximum is 255 characters)"))
    if len(values.get("webhook_url") or "") > LONGEST_URL:
        errors.append(("webhook_url", f"Webhook url is too long (maximum is {LONGEST_URL} characters)"))
    for key in ("greeting_message", "out_of_office_message"):
        if len(values["settings"][key] or "") > LONGEST_TEXT:
            errors.append((key, f"{key.replace('_', ' ').capitalize()} is too long (maximum is {LONGEST_TEXT} characters)"))
    if errors:
        raise RecordInvalid(*errors)


def reset_secret(store: Store, inbox: Row) -> Row:
    return store.update("inboxes", inbox["id"], secret=secrets.token_urlsafe(24))


def rotate_hmac_token(store: Store, inbox: Row) -> Row:
    return store.update("inboxes", inbox["id"], hmac_token=secrets.token_urlsafe(18))


def set_agent_bot(store: Store, account: Row, inbox: Row, bot_id: object) -> None:
    """Null detaches. An unknown bot is not found."""
    bot = None if is_blank(bot_id) else store.find("agent_bots", account_id=account["id"], id=as_id(bot_id))
    store.update("inboxes", inbox["id"], agent_bot_id=bot and bot["id"])


def add_members(store: Store, account: Row, inbox: Row, user_ids: object) -> list[Row]:
    """Agents of this account that are not in yet; unknown ids are refused together."""
    wanted = _ids(user_ids)
    if not wanted <= {user["id"] for user in people.users_of(store, account["id"])}:
        raise CouldNotCreate("Could not add agents to inbox")
    for user_id in sorted(wanted - {member["id"] for member in people.members(store, inbox["id"])}):
        store.insert("inbox_members", inbox_id=inbox["id"], user_id=user_id)
    return people.members(store, inbox["id"])


def remove_members(store: Store, inbox: Row, user_ids: object) -> None:
    for user_id in _ids(user_ids):
        store.delete("inbox_members", "inbox_id = ? AND user_id = ?", inbox["id"], user_id)


def replace_members(store: Store, account: Row, inbox: Row, user_ids: object) -> list[Row]:
    found = add_members(store, account, inbox, user_ids)
    remove_members(store, inbox, [member["id"] for member in found if member["id"] not in _ids(user_ids)])
    return people.members(store, inbox["id"])


def _ids(user_ids: object) -> set[int]:
    return {as_id(user_id) for user_id in user_ids} if isinstance(user_ids, list) else set()
