"""Who a visitor is, as the client API takes it: found by what they say, proved by a hash (CHATWOOT.md §2)."""

import hashlib
import hmac
import uuid

from sandbox import contact_merge, contacts
from sandbox.errors import Unhandled
from sandbox.params import Params, as_text, is_blank
from sandbox.store import Row, Store

PERMITTED = ("identifier", "name", "email", "phone_number", "custom_attributes")
# A visitor is looked for by the first of these that somebody has.
KNOWN_BY = ("identifier", "email", "phone_number")


def check(inbox: Row, params: Params) -> bool:
    """Whether identity was proved. A wrong hash, or none where one is mandatory, raises what nobody rescues."""
    given = params.get("identifier_hash")
    if is_blank(given) and not inbox["hmac_mandatory"]:
        return False
    identifier = as_text(params.get("identifier")) or ""
    expected = hmac.new(inbox["hmac_token"].encode(), identifier.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), (as_text(given) or "").encode()):
        raise Unhandled("HMAC failed: Invalid Identifier Hash Provided")
    return True


def arrive(store: Store, inbox: Row, params: Params) -> Row:
    """The contact_inbox of a source_id as it is, or a new one for whoever this is."""
    source_id = as_text(params.get("source_id")) or str(uuid.uuid4())
    existing = store.one("SELECT * FROM contact_inboxes WHERE inbox_id = ? AND source_id = ?", inbox["id"], source_id)
    if existing:
        return existing
    account = store.find("accounts", id=inbox["account_id"])
    given = _permitted(params)
    contact = _known(store, account, 0, given, KNOWN_BY) or contacts.create(store, account, given)
    return contacts.join_inbox(store, contact, inbox, {"source_id": source_id})


def tell(store: Store, contact: Row, params: Params) -> Row:
    """ContactIdentifyAction: a contact who shares an e-mail address or phone number swallows this one. The identifier is ignored."""
    account = store.find("accounts", id=contact["account_id"])
    given = {key: value for key, value in _permitted(params).items() if key != "identifier"}
    for column in ("email", "phone_number"):
        other = _known(store, account, contact["id"], given, (column,))
        if other:
            contact = contact_merge.merge(store, other, contact)
    return contacts.update(store, account, contact, given)


def _permitted(params: Params) -> Params:
    return {key: params[key] for key in PERMITTED if not is_blank(params.get(key))}


def _known(store: Store, account: Row, but: int, given: Params, columns: tuple[str, ...]) -> Row | None:
    for column in columns:
        value = as_text(given.get(column))
        wanted = value.lower() if value and column == "email" else value
        found = wanted and store.one(
            f"SELECT * FROM contacts WHERE account_id = ? AND id != ? AND {column} = ?", account["id"], but, wanted
        )
        if isinstance(found, dict):
            return found
    return None
