"""The client API about the contact itself, and what it opens and closes (CHATWOOT.md §2)."""

from functools import partial

from starlette.requests import Request

from sandbox import conversations, hours, identity, public_views
from sandbox.api.call import Call, Caller, route
from sandbox.errors import NoRoute, NotFound
from sandbox.params import as_hash, as_id
from sandbox.people import Actor
from sandbox.store import Row, Store

INBOX = "/public/api/v1/inboxes/{identifier}"
CONTACT = INBOX + "/contacts/{source_id}"
CONVERSATION = CONTACT + "/conversations/{conversation_id}"


def show_inbox(call: Call) -> Row:
    inbox = _inbox(call)
    keys = ("timezone", "working_hours_enabled", "csat_survey_enabled", "greeting_enabled")
    return {
        "identifier": inbox["identifier"],
        "identity_validation_enabled": inbox["hmac_mandatory"],
        "name": inbox["name"],
        "working_hours": hours.of(inbox),
        **{key: inbox["settings"][key] for key in keys},
    }


def create_contact(call: Call) -> Row:
    inbox = _inbox(call)
    identity.check(inbox, call.params)
    return _shape(call, identity.arrive(call.store, inbox, call.params))


def show_contact(call: Call) -> Row:
    return _shape(call, _proved(call))


def update_contact(call: Call) -> Row:
    """Rendered as the raw row, not as the other answers are."""
    contact = call.store.find("contacts", id=_proved(call)["contact_id"])
    return public_views.raw_contact(identity.tell(call.store, contact, call.params))


def create_conversation(call: Call) -> Row:
    given = {"custom_attributes": as_hash(call.params.get("custom_attributes"))}
    return public_views.conversation(call.store, conversations.create(call.store, _link(call), given))


def toggle_status(call: Call) -> Row:
    """It only resolves: there is no way back from here."""
    try:
        row = call.store.find("conversations", contact_inbox_id=_link(call)["id"], display_id=as_id(call.path["conversation_id"]))
    except NotFound:
        raise NoRoute from None
    return public_views.conversation(call.store, conversations.change(call.store, row, call.actor, status="resolved"))


def _inbox(call: Call) -> Row:
    return call.store.find("inboxes", identifier=call.path["identifier"])


def _link(call: Call) -> Row:
    return call.store.find("contact_inboxes", inbox_id=_inbox(call)["id"], source_id=call.path["source_id"])


def _proved(call: Call) -> Row:
    """The contact_inbox, verified from now on if a right hash came with the request."""
    link = _link(call)
    if identity.check(_inbox(call), call.params):
        return call.store.update("contact_inboxes", link["id"], hmac_verified=True)
    return link


def _shape(call: Call, link: Row) -> Row:
    contact = call.store.find("contacts", id=link["contact_id"])
    shown = {key: contact[key] for key in ("id", "name", "email", "phone_number")}
    return {"source_id": link["source_id"], "pubsub_token": link["pubsub_token"], **shown}


def _caller(request: Request, *, known: bool) -> tuple[Actor, Row]:
    store: Store = request.app.state.store
    path = request.path_params
    try:
        inbox = store.find("inboxes", identifier=path["identifier"])
        if not known:
            return Actor("Contact", {}), {}
        link = store.find("contact_inboxes", inbox_id=inbox["id"], source_id=path["source_id"])
    except NotFound:
        raise NoRoute from None
    return Actor("Contact", store.find("contacts", id=link["contact_id"])), {}


anybody: Caller = partial(_caller, known=False)
contact: Caller = partial(_caller, known=True)


routes = [
    route("GET", INBOX, anybody, show_inbox),
    route("POST", INBOX + "/contacts", anybody, create_contact),
    route("GET", CONTACT, contact, show_contact),
    route("PATCH", CONTACT, contact, update_contact),
    route("PUT", CONTACT, contact, update_contact),
    route("POST", CONTACT + "/conversations", contact, create_conversation),
    route("POST", CONVERSATION + "/toggle_status", contact, toggle_status),
]
