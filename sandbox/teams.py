"""Teams: who belongs to them, and which conversations are theirs (CHATWOOT.md §1.4, §3.4)."""

from typing import Any

from sandbox import people
from sandbox.clock import iso, now
from sandbox.errors import RecordInvalid, Unauthorized
from sandbox.params import Params, as_bool, as_id, as_text, is_blank
from sandbox.store import Row, Store


def listed(store: Store, account: Row) -> list[Row]:
    return store.all("SELECT * FROM teams WHERE account_id = ? ORDER BY id", account["id"])


def find(store: Store, account: Row, team_id: object) -> Row:
    return store.find("teams", account_id=account["id"], id=as_id(team_id))


def create(store: Store, account: Row, params: Params) -> Row:
    values: dict[str, Any] = {"name": None, "description": None, "allow_auto_assign": True} | _columns(params)
    _validate(store, account, 0, values)
    moment = now()
    return store.insert("teams", account_id=account["id"], created_at=moment, updated_at=moment, **values)


def update(store: Store, account: Row, team: Row, params: Params) -> Row:
    values = _columns(params)
    _validate(store, account, team["id"], values)
    return store.update("teams", team["id"], updated_at=now(), **values)


def delete(store: Store, team: Row) -> None:
    """Its conversations lose their team without a word."""
    for row in store.all("SELECT id FROM conversations WHERE team_id = ?", team["id"]):
        store.update("conversations", row["id"], team_id=None)
    store.delete("team_members", "team_id = ?", team["id"])
    store.delete("teams", "id = ?", team["id"])


def _columns(params: Params) -> dict[str, Any]:
    """Chatwoot keeps a team's name in lower case."""
    values: dict[str, Any] = {key: as_text(params[key]) for key in ("name", "description") if key in params}
    if values.get("name"):
        values["name"] = values["name"].lower()
    if "allow_auto_assign" in params:
        values["allow_auto_assign"] = as_bool(params["allow_auto_assign"])
    return values


def _validate(store: Store, account: Row, team_id: int, values: dict[str, Any]) -> None:
    if "name" not in values:
        return
    if is_blank(values["name"]):
        raise RecordInvalid(("name", "Name must not be blank"))
    if store.count("teams", "account_id = ? AND id != ? AND name = ?", account["id"], team_id, values["name"]):
        raise RecordInvalid(("name", "Name has already been taken"))


def members(store: Store, team_id: int) -> list[Row]:
    return store.all(f"{people.USERS} JOIN team_members m ON m.user_id = users.id WHERE m.team_id = ? ORDER BY users.id", team_id)


def add_members(store: Store, account: Row, team: Row, user_ids: object) -> list[Row]:
    """Who was not in yet. One stranger among them and all are refused."""
    wanted = _known(store, account, user_ids)
    for user_id in sorted(wanted - {member["id"] for member in members(store, team["id"])}):
        store.insert("team_members", team_id=team["id"], user_id=user_id)
    return [user for user in members(store, team["id"]) if user["id"] in wanted]


def replace_members(store: Store, account: Row, team: Row, user_ids: object) -> list[Row]:
    wanted = _known(store, account, user_ids)
    remove_members(store, team, [member["id"] for member in members(store, team["id"]) if member["id"] not in wanted])
    add_members(store, account, team, sorted(wanted))
    return members(store, team["id"])


def remove_members(store: Store, team: Row, user_ids: object) -> None:
    for user_id in user_ids if isinstance(user_ids, list) else []:
        store.delete("team_members", "team_id = ? AND user_id = ?", team["id"], as_id(user_id))


def _known(store: Store, account: Row, user_ids: object) -> set[int]:
    wanted = {as_id(user_id) for user_id in user_ids} if isinstance(user_ids, list) else set()
    if not wanted <= {user["id"] for user in people.users_of(store, account["id"])}:
        raise Unauthorized("Invalid User IDs")
    return wanted


def shape(store: Store, team: Row, user_id: int) -> Row:
    """_team.json.jbuilder."""
    columns = {key: team[key] for key in ("id", "name", "description", "allow_auto_assign", "account_id")}
    return columns | {"icon": "", "icon_color": "", "is_member": user_id in [member["id"] for member in members(store, team["id"])]}


def raw(team: Row) -> Row:
    """The row itself, as the assignment of a team prints it."""
    return team | {"icon": "", "icon_color": "", "created_at": iso(team["created_at"]), "updated_at": iso(team["updated_at"])}
