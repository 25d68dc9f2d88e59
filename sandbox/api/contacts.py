"""Contacts: create, find, change, and their places in inboxes."""

from starlette.responses import Response

from sandbox import contact_filter, contact_merge, contacts, inboxes, people, rest
from sandbox import conversations as their
from sandbox.api.call import Call, action
from sandbox.errors import NotFound, Unhandled
from sandbox.params import as_id, is_blank, required
from sandbox.store import Row


def create(call: Call) -> Row:
    contact = contacts.create(call.store, call.account, call.params)
    shape: Row = {"inbox": None, "source_id": None}
    if not is_blank(call.params.get("inbox_id")):
        # No policy here: any agent of the account may put a contact into any of its inboxes.
        inbox = call.store.find("inboxes", account_id=call.account["id"], id=as_id(call.params["inbox_id"]))
        link = contacts.join_inbox(call.store, contact, inbox, call.params)
        shape = {"inbox": rest.raw_inbox(inbox), "source_id": link["source_id"]}
    return {"payload": {"contact": rest.contact_with_inboxes(call.store, contact), "contact_inbox": shape}}


def show(call: Call) -> Row:
    return {"payload": _contact(call, _found(call))}


def update(call: Call) -> Row:
    return {"payload": _contact(call, contacts.update(call.store, call.account, _found(call), call.params))}


def delete(call: Call) -> Response:
    """Nobody is ever online here, so it is never refused for that."""
    contact = _found(call)
    people.require_administrator(call.actor)
    their.destroy_contact(call.store, contact)
    return Response(status_code=200)


def destroy_custom_attributes(call: Call) -> Row:
    changed = contacts.destroy_custom_attributes(call.store, _found(call), call.params.get("custom_attributes"))
    return {"payload": _contact(call, changed)}


def show_labels(call: Call) -> Row:
    return {"payload": _found(call)["label_list"]}


def replace_labels(call: Call) -> Row:
    return {"payload": contacts.set_labels(call.store, _found(call), call.params.get("labels"))["label_list"]}


def merge(call: Call) -> Row:
    """The base contact, bare. Contacts that are not of this account raise what nobody rescues."""
    try:
        base, mergee = (contacts.find(call.store, call.account, call.params.get(key)) for key in ("base_contact_id", "mergee_contact_id"))
    except NotFound:
        raise Unhandled("contact does not belong to the account") from None
    return rest.contact_with_inboxes(call.store, contact_merge.merge(call.store, base, mergee))


def search(call: Call) -> Row:
    rows, has_more = contacts.search(call.store, call.account, call.params)
    meta = {"count": len(rows), "current_page": contacts.page(call.params), "has_more": has_more}
    return {"meta": meta, "payload": [_contact(call, row) for row in rows]}


def filtered(call: Call) -> Row:
    rows = contact_filter.filtered(call.store, call.account, call.params)
    page = contacts.page(call.params)
    shown = rows[contacts.PER_PAGE * (page - 1) :][: contacts.PER_PAGE]
    return {"meta": {"count": len(rows), "current_page": page}, "payload": [_contact(call, row) for row in shown]}


def conversations(call: Call) -> Row:
    rows = contacts.conversations(call.store, call.actor, _found(call))
    return {"payload": [rest.conversation(call.store, row) for row in rows]}


def create_contact_inbox(call: Call) -> Row:
    contact = _found(call)
    inbox = inboxes.find(call.store, call.actor, call.account, required(call.params, "inbox_id"))
    return rest.contact_inbox(call.store, contacts.join_inbox(call.store, contact, inbox, call.params))


def filter_contact_inboxes(call: Call) -> Row | Response:
    """The exact look-up by source_id. Unlike every other 404 this one has no body."""
    inbox = inboxes.find(call.store, call.actor, call.account, call.params.get("inbox_id"))
    link = call.store.one("SELECT * FROM contact_inboxes WHERE inbox_id = ? AND source_id = ?", inbox["id"], call.params.get("source_id"))
    if link is None:
        return Response(status_code=404)
    return rest.contact_with_inboxes(call.store, call.store.find("contacts", id=link["contact_id"]))


def _found(call: Call) -> Row:
    return contacts.find(call.store, call.account, call.path["contact_id"])


def _contact(call: Call, row: Row) -> Row:
    if call.params.get("include_contact_inboxes") in (None, "", "true", True):
        return rest.contact_with_inboxes(call.store, row)
    return rest.contact(row)


routes = [
    action("POST", "/contacts", create),
    action("GET", "/contacts/search", search),
    action("POST", "/contacts/filter", filtered),
    action("GET", "/contacts/{contact_id}", show),
    action("PATCH", "/contacts/{contact_id}", update),
    action("PUT", "/contacts/{contact_id}", update),
    action("DELETE", "/contacts/{contact_id}", delete),
    action("POST", "/contacts/{contact_id}/destroy_custom_attributes", destroy_custom_attributes),
    action("GET", "/contacts/{contact_id}/labels", show_labels),
    action("POST", "/contacts/{contact_id}/labels", replace_labels),
    action("POST", "/actions/contact_merge", merge),
    action("GET", "/contacts/{contact_id}/conversations", conversations),
    action("POST", "/contacts/{contact_id}/contact_inboxes", create_contact_inbox),
    action("POST", "/contact_inboxes/filter", filter_contact_inboxes),
]
