"""The client API (CHATWOOT.md §2): what a contact's own chat may do. There is no token.

Whoever knows the inbox_identifier and the source_id is the contact. What is not found gets Rails' own 404.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import conversations, csat, messages, public_views
from sandbox.api.call import Action, Call, route
from sandbox.errors import NoRoute, NotFound, Unhandled
from sandbox.params import as_id
from sandbox.people import Actor
from sandbox.store import Row, Store

CONVERSATIONS = "/public/api/v1/inboxes/{identifier}/contacts/{source_id}/conversations"
HERE = CONVERSATIONS + "/{conversation_id}"


def _contact(request: Request) -> tuple[Actor, Row]:
    store: Store = request.app.state.store
    try:
        link = _contact_inbox(store, request.path_params)
    except NotFound:
        raise NoRoute from None
    return Actor("Contact", store.find("contacts", id=link["contact_id"])), {}


def _contact_inbox(store: Store, path: dict[str, str]) -> Row:
    return store.find("contact_inboxes", inbox_id=store.find("inboxes", identifier=path["identifier"])["id"], source_id=path["source_id"])


def _reach(call: Call) -> Row:
    """Where their conversations are: one whose identity was verified sees all of the contact's, in other inboxes too."""
    link = _contact_inbox(call.store, dict(call.path))
    return {"contact_id": link["contact_id"]} if link["hmac_verified"] else {"contact_inbox_id": link["id"]}


def _conversation(call: Call) -> Row:
    try:
        return call.store.find("conversations", display_id=as_id(call.path["conversation_id"]), **_reach(call))
    except NotFound:
        raise NoRoute from None


def list_conversations(call: Call) -> list[Row]:
    [(column, value)] = _reach(call).items()
    rows = call.store.all(f"SELECT * FROM conversations WHERE {column} = ? ORDER BY id", value)
    return [public_views.conversation(call.store, row) for row in rows]


def show_conversation(call: Call) -> Row:
    return public_views.conversation(call.store, _conversation(call))


def toggle_typing(call: Call) -> Response:
    given = {"typing_status": call.params.get("typing_status")}
    conversations.toggle_typing(call.store, _conversation(call), call.actor, given)
    return Response(status_code=200)


def update_last_seen(call: Call) -> Response:
    messages.mark_read_by_contact(call.store, call.config, _conversation(call))
    return Response(status_code=200)


def list_messages(call: Call) -> list[Row]:
    """Twenty, the latest or those before one. There is no `after` here."""
    given = {"filter_internal_messages": True, "before": call.params.get("before")}
    return [public_views.message(call.store, row) for row in messages.listed(call.store, _conversation(call), given)]


def create_message(call: Call) -> Row:
    """Always incoming, and words and files only: a source_id or content_type is dropped without a word."""
    given = {key: call.params.get(key) for key in ("content", "attachments")}
    _refuse_signed_ids(given["attachments"])
    message = messages.create(call.store, call.config, call.actor, _conversation(call), given | {"message_type": "incoming"})
    return public_views.message(call.store, message)


def _refuse_signed_ids(attachments: Any) -> None:
    """Unlike the application API's, this controller asks each for its content_type, which a text has none of."""
    if isinstance(attachments, list) and any(isinstance(each, str) for each in attachments):
        raise Unhandled("undefined method 'content_type' for an instance of String")


def update_message(call: Call) -> Row:
    """The answer to an interactive message; nothing else can be changed (§5)."""
    try:
        message = messages.find(call.store, _conversation(call), call.path["message_id"])
    except NotFound:
        raise NoRoute from None
    csat.refuse_if_locked(message)
    return public_views.message(call.store, messages.submit(call.store, message, call.params.get("submitted_values")))


def _action(method: str, path: str, perform: Action) -> Route:
    return route(method, path, _contact, perform)


routes = [
    _action("GET", CONVERSATIONS, list_conversations),
    _action("GET", HERE, show_conversation),
    _action("POST", HERE + "/toggle_typing", toggle_typing),
    _action("POST", HERE + "/update_last_seen", update_last_seen),
    _action("GET", HERE + "/messages", list_messages),
    _action("POST", HERE + "/messages", create_message),
    _action("PATCH", HERE + "/messages/{message_id}", update_message),
    _action("PUT", HERE + "/messages/{message_id}", update_message),
]
