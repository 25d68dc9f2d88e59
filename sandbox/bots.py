"""Agent bots and the inboxes they answer in first (CHATWOOT.md §9). Their own outgoing_url is kept and never called."""

import secrets

from sandbox import people
from sandbox.errors import RecordInvalid
from sandbox.params import Params, as_text, is_blank
from sandbox.store import Row, Store

COLUMNS = ("name", "description", "outgoing_url")
USABLE = "account_id IS NULL OR account_id = ?"


def listed(store: Store, account: Row) -> list[Row]:
    return store.all(f"SELECT * FROM agent_bots WHERE {USABLE} ORDER BY id", account["id"])


def of_inbox(store: Store, inbox: Row) -> Row | None:
    return store.one("SELECT * FROM agent_bots WHERE id = ?", inbox["agent_bot_id"])


def create(store: Store, account: Row, params: Params) -> Row:
    values = {column: as_text(params.get(column)) for column in COLUMNS}
    if is_blank(values["name"]):
        raise RecordInvalid(("name", "Name can't be blank"))
    bot = people.create_bot(store, account["id"], str(values["name"]))
    return store.update("agent_bots", bot["id"], **values, secret=secrets.token_urlsafe(24))


def shape(bot: Row, *, secret: bool) -> Row:
    """_agent_bot.json.jbuilder; who is an administrator also sees its token and secret."""
    shown = {
        "id": bot["id"],
        "name": bot["name"],
        "description": bot["description"],
        "thumbnail": "",
        "outgoing_url": bot["outgoing_url"],
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": bot["account_id"],
        "system_bot": bot["account_id"] is None,
    }
    return shown | {"access_token": bot["access_token"], "secret": bot["secret"]} if secret else shown
