"""Accounts, users, bots and what each may do."""

import secrets
from dataclasses import dataclass, replace

from sandbox.clock import now
from sandbox.errors import Denied, SignInFirst, Unauthorized
from sandbox.store import Row, Store

USERS = "SELECT users.* FROM users"


@dataclass(frozen=True)
class Actor:
    """Who asks: `Current.user` in Chatwoot, a User or an AgentBot; in the public API a Contact."""

    kind: str
    row: Row
    role: str | None = None

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def name(self) -> str:
        return str(self.row["name"])

    @property
    def is_bot(self) -> bool:
        return self.kind == "AgentBot"


def authenticate(store: Store, token: str | None) -> Actor:
    if not token:
        raise SignInFirst
    for kind, table in (("User", "users"), ("AgentBot", "agent_bots")):
        row = store.one(f"SELECT * FROM {table} WHERE access_token = ?", token)
        if row:
            return Actor(kind, row)
    raise Unauthorized("Invalid Access Token")


def enter_account(store: Store, actor: Actor, account: Row) -> Actor:
    """The actor with its role in this account, if it has any business there."""
    if actor.is_bot:
        return _enter_as_bot(actor, account)
    link = store.one("SELECT * FROM account_users WHERE account_id = ? AND user_id = ?", account["id"], actor.id)
    if link is None:
        raise Unauthorized("You are not authorized to access this account")
    return replace(actor, role=link["role"])


def _enter_as_bot(actor: Actor, account: Row) -> Actor:
    if actor.row["account_id"] not in (None, account["id"]):
        raise Unauthorized("Bot is not authorized to access this account")
    return actor


def require_administrator(actor: Actor) -> None:
    if actor.role != "administrator":
        raise Denied


def require_inbox(store: Store, actor: Actor, inbox_id: int) -> None:
    """An agent sees the inboxes they are a member of; an administrator and the account's bots see all."""
    if actor.role == "agent" and inbox_id not in inbox_ids(store, actor):
        raise Denied


def inbox_ids(store: Store, actor: Actor) -> list[int]:
    return [row["inbox_id"] for row in store.all("SELECT inbox_id FROM inbox_members WHERE user_id = ?", actor.id)]


def members(store: Store, inbox_id: int) -> list[Row]:
    return store.all(f"{USERS} JOIN inbox_members m ON m.user_id = users.id WHERE m.inbox_id = ? ORDER BY users.id", inbox_id)


def users_of(store: Store, account_id: int) -> list[Row]:
    return store.all(f"{USERS} JOIN account_users a ON a.user_id = users.id WHERE a.account_id = ? ORDER BY users.id", account_id)


def assignable(store: Store, account_id: int, inboxes: list[Row]) -> list[Row]:
    """Who is a member of every one of these inboxes, and every administrator (§1.1)."""
    member_ids = [{user["id"] for user in members(store, inbox["id"])} for inbox in inboxes]
    common = set.intersection(*member_ids) if member_ids else set()
    links = store.all("SELECT * FROM account_users WHERE account_id = ? AND role = 'administrator'", account_id)
    wanted = common | {link["user_id"] for link in links}
    return [user for user in users_of(store, account_id) if user["id"] in wanted]


def create_account(store: Store, name: str) -> Row:
    return store.insert("accounts", name=name, created_at=now())


def create_user(store: Store, account_id: int, *, name: str, email: str, role: str = "agent", display_name: str | None = None) -> Row:
    with store.transaction():
        user = store.insert(
            "users",
            name=name,
            display_name=display_name,
            email=email,
            access_token=secrets.token_urlsafe(24),
            pubsub_token=secrets.token_urlsafe(24),
            created_at=now(),
        )
        store.insert("account_users", account_id=account_id, user_id=user["id"], role=role)
    return user


def create_bot(store: Store, account_id: int, name: str) -> Row:
    return store.insert("agent_bots", account_id=account_id, name=name, access_token=secrets.token_urlsafe(24))
