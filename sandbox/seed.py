"""The account a fresh demo starts with. Tokens and secrets are made once, at random, and kept in the store."""

from dataclasses import dataclass

from sandbox import inboxes, people
from sandbox.store import Row, Store

ACCOUNT = "Demo Support"
INBOX = "Website chat"
ADMIN = "bridge@demo.test"


@dataclass(frozen=True)
class Credentials:
    """What an admin of Handoff types into the form."""

    account_id: int
    inbox_id: int
    admin_token: str
    inbox_secret: str


def ensure_demo(store: Store, webhook_url: str) -> Credentials:
    """Safe to repeat: the second time only the webhook address is brought up to date, and an empty one leaves it alone."""
    with store.transaction():
        account = store.one("SELECT * FROM accounts WHERE name = ?", ACCOUNT) or _create(store)
        inbox = store.find("inboxes", account_id=account["id"], name=INBOX)
        if webhook_url:
            inboxes.update(store, inbox, {"channel": {"webhook_url": webhook_url}})
        admin = store.find("users", email=ADMIN)
    return Credentials(account["id"], inbox["id"], admin["access_token"], inbox["secret"])


def agent_tokens(store: Store, account_id: int) -> dict[str, str]:
    """By first name: Jane and Sam."""
    agents = [user for user in people.users_of(store, account_id) if user["email"] != ADMIN]
    return {user["name"].split()[0]: user["access_token"] for user in agents}


def _create(store: Store) -> Row:
    account = people.create_account(store, ACCOUNT)
    people.create_user(store, account["id"], name="Handoff Bridge", email=ADMIN, role="administrator")
    jane = people.create_user(store, account["id"], name="Jane Doe", email="jane@demo.test", display_name="Jane")
    sam = people.create_user(store, account["id"], name="Sam Rivers", email="sam@demo.test")
    inbox = inboxes.create(store, account, {"name": INBOX, "channel": {"type": "api"}, "lock_to_single_conversation": True})
    inboxes.add_members(store, account, inbox, [jane["id"], sam["id"]])
    return account
