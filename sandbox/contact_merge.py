"""Two contacts become one: the mergee's conversations and places in inboxes move to the base, and the mergee is gone.

The contact's id changes for who held the mergee. source_ids and conversation numbers stay, and no webhook tells (CHATWOOT.md §3.1, §9).
"""

from sandbox.clock import now
from sandbox.store import Row, Store

SCALARS = ("name", "email", "phone_number", "identifier")
HASHES = ("additional_attributes", "custom_attributes")


def merge(store: Store, base: Row, mergee: Row) -> Row:
    """The base as it is afterwards. What it has wins over what the mergee has."""
    if base["id"] == mergee["id"]:
        return base
    for table in ("conversations", "contact_inboxes", "csat_survey_responses"):
        _move(store, table, base, mergee)
    for row in store.all("SELECT id FROM messages WHERE sender_type = 'Contact' AND sender_id = ?", mergee["id"]):
        store.update("messages", row["id"], sender_id=base["id"])
    store.delete("contacts", "id = ?", mergee["id"])
    scalars = {key: base[key] or mergee[key] for key in SCALARS}
    hashes = {key: _deeply(mergee[key], base[key]) for key in HASHES}
    return store.update("contacts", base["id"], updated_at=now(), **scalars, **hashes)


def _move(store: Store, table: str, base: Row, mergee: Row) -> None:
    for row in store.all(f"SELECT id FROM {table} WHERE contact_id = ?", mergee["id"]):
        store.update(table, row["id"], contact_id=base["id"])


def _deeply(under: Row, over: Row) -> Row:
    """deep_merge: a hash in both is merged too."""
    both = {key: _deeply(under[key], over[key]) for key in under.keys() & over.keys() if _are_hashes(under[key], over[key])}
    return under | over | both


def _are_hashes(one: object, other: object) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)
