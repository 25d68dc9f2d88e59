"""The account a fresh demo starts with. Tokens and secrets are made once, at random, and kept in the store."""

from dataclasses import dataclass

from sandbox import inboxes, labels, people, portrait, teams
from sandbox.store import Row, Store

ACCOUNT = "Demo Support"
INBOX = "Website chat"
ADMIN = "bridge@demo.test"
TEAM = "support"
LABELS = {"vip": "#7c3aed", "billing": "#1f93ff"}


@dataclass(frozen=True)
class Credentials:
    """What an admin of Handoff types into the form."""

    account_id: int
    inbox_id: int
    admin_token: str
    inbox_secret: str
    agent_token: str


def ensure_demo(store: Store, webhook_url: str) -> Credentials:
    """Safe to repeat: the second time only the webhook address is brought up to date, and an empty one leaves it alone."""
    with store.transaction():
        account = store.one("SELECT * FROM accounts WHERE name = ?", ACCOUNT) or _create(store)
        _complete(store, account)
        inbox = store.find("inboxes", account_id=account["id"], name=INBOX)
        if webhook_url:
            inboxes.update(store, inbox, {"channel": {"webhook_url": webhook_url}})
        admin = store.find("users", email=ADMIN)
        jane = store.find("users", email="jane@demo.test")
    return Credentials(account["id"], inbox["id"], admin["access_token"], inbox["secret"], jane["access_token"])


def agent_tokens(store: Store, account_id: int) -> dict[str, str]:
    """By first name, of those whose role is agent: Jane, Sam and Priya."""
    links = store.all("SELECT user_id FROM account_users WHERE account_id = ? AND role = 'agent'", account_id)
    agent_ids = {link["user_id"] for link in links}
    return {user["name"].split()[0]: user["access_token"] for user in people.users_of(store, account_id) if user["id"] in agent_ids}


def _create(store: Store) -> Row:
    account = people.create_account(store, ACCOUNT)
    people.create_user(store, account["id"], name="Handoff Bridge", email=ADMIN, role="administrator")
    jane = people.create_user(store, account["id"], name="Jane Doe", email="jane@demo.test", display_name="Jane")
    sam = people.create_user(store, account["id"], name="Sam Rivers", email="sam@demo.test")
    inbox = inboxes.create(store, account, {"name": INBOX, "channel": {"type": "api"}, "lock_to_single_conversation": False})
    inboxes.add_members(store, account, inbox, [jane["id"], sam["id"]])
    return account


def _complete(store: Store, account: Row) -> None:
    """What later demos have: also added to the file of an older one, once."""
    if not store.one("SELECT id FROM users WHERE email = ?", "priya@demo.test"):
        _hire(store, account)
    if not teams.listed(store, account):
        team = teams.create(store, account, {"name": TEAM, "description": "Answers first"})
        staff = [user["id"] for user in people.users_of(store, account["id"]) if user["email"] in ("jane@demo.test", "priya@demo.test")]
        teams.add_members(store, account, team, staff)
    if not labels.listed(store, account):
        for title, color in LABELS.items():
            labels.create(store, account, {"title": title, "color": color, "show_on_sidebar": True})
    for user in people.users_of(store, account["id"]):
        if user["email"] != ADMIN and user["avatar_id"] is None:
            portrait.give(store, user)


def _hire(store: Store, account: Row) -> None:
    """An agent whom visitors know by another name than her colleagues do, and a human administrator."""
    priya = people.create_user(store, account["id"], name="Priya Natarajan", email="priya@demo.test", display_name="Priya from Support")
    people.create_user(store, account["id"], name="Alex Kim", email="alex@demo.test", role="administrator")
    inbox = store.find("inboxes", account_id=account["id"], name=INBOX)
    inboxes.add_members(store, account, inbox, [priya["id"]])
