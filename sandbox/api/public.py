"""The two calls of the public API an integrator cannot do without: the contact is typing, the contact has read.

There is no token. Whoever knows the inbox_identifier and the source_id is the contact.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import conversations, messages
from sandbox.api.call import Action, Call, route
from sandbox.errors import NoRoute, NotFound
from sandbox.params import as_id
from sandbox.people import Actor
from sandbox.store import Row, Store

HERE = "/public/api/v1/inboxes/{identifier}/contacts/{source_id}/conversations/{conversation_id}"


def _contact(request: Request) -> tuple[Actor, Row]:
    store: Store = request.app.state.store
    try:
        link = _contact_inbox(store, request.path_params)
    except NotFound:
        raise NoRoute from None
    return Actor("Contact", store.find("contacts", id=link["contact_id"])), {}


def _contact_inbox(store: Store, path: dict[str, str]) -> Row:
    return store.find("contact_inboxes", inbox_id=store.find("inboxes", identifier=path["identifier"])["id"], source_id=path["source_id"])


def _conversation(call: Call) -> Row:
    link = _contact_inbox(call.store, dict(call.path))
    try:
        return call.store.find("conversations", contact_inbox_id=link["id"], display_id=as_id(call.path["conversation_id"]))
    except NotFound:
        raise NoRoute from None


def toggle_typing(call: Call) -> Response:
    given = {"typing_status": call.params.get("typing_status")}
    conversations.toggle_typing(call.store, _conversation(call), call.actor, given)
    return Response(status_code=200)


def update_last_seen(call: Call) -> Response:
    messages.mark_read_by_contact(call.store, call.config, _conversation(call))
    return Response(status_code=200)


def _action(path: str, perform: Action) -> Route:
    return route("POST", HERE + path, _contact, perform)


routes = [_action("/toggle_typing", toggle_typing), _action("/update_last_seen", update_last_seen)]
