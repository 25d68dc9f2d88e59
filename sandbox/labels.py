"""The labels of an account: names with a colour. A conversation may carry labels nobody made here."""

import re
from typing import Any

from sandbox.errors import RecordInvalid
from sandbox.params import Params, as_bool, as_id, as_text, is_blank
from sandbox.store import Row, Store

# No spaces, and nothing in it that a search would trip over.
TITLE = re.compile(r"[\w][\w-]*")


def listed(store: Store, account: Row) -> list[Row]:
    return store.all("SELECT * FROM labels WHERE account_id = ? ORDER BY title", account["id"])


def find(store: Store, account: Row, label_id: object) -> Row:
    return store.find("labels", account_id=account["id"], id=as_id(label_id))


def create(store: Store, account: Row, params: Params) -> Row:
    blank: dict[str, Any] = {"title": None, "color": "#1f93ff", "description": None, "show_on_sidebar": False}
    values = blank | _columns(params)
    _validate(store, account, 0, values)
    return store.insert("labels", account_id=account["id"], **values)


def update(store: Store, account: Row, label: Row, params: Params) -> Row:
    values = _columns(params)
    _validate(store, account, label["id"], values)
    return store.update("labels", label["id"], **values) if values else label


def delete(store: Store, label: Row) -> None:
    store.delete("labels", "id = ?", label["id"])


def _columns(params: Params) -> dict[str, Any]:
    values: dict[str, Any] = {key: as_text(params[key]) for key in ("title", "color", "description") if key in params}
    if values.get("title"):
        values["title"] = values["title"].lower()
    if "show_on_sidebar" in params:
        values["show_on_sidebar"] = as_bool(params["show_on_sidebar"])
    return values


def _validate(store: Store, account: Row, label_id: int, values: dict[str, Any]) -> None:
    title = values.get("title")
    if "title" not in values:
        return
    if is_blank(title):
        raise RecordInvalid(("title", "Title must not be blank"))
    if not TITLE.fullmatch(str(title)):
        raise RecordInvalid(("title", "Title is invalid"))
    if store.count("labels", "account_id = ? AND id != ? AND title = ?", account["id"], label_id, title):
        raise RecordInvalid(("title", "Title has already been taken"))


def shape(label: Row) -> Row:
    return {key: label[key] for key in ("id", "title", "description", "color", "show_on_sidebar")}
