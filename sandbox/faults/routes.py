"""How a rig says what shall go wrong, asks what did, and reads what the sandbox holds."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.call import json_response
from sandbox.faults import plan
from sandbox.faults.middleware import FaultRig
from sandbox.faults.state import Faults
from sandbox.faults.webhooks import FaultyWebhooks
from sandbox.params import as_id
from sandbox.store import Store

MESSAGES = """
    SELECT m.id, c.display_id AS conversation_id, m.message_type, m.private, m.content, m.source_id, m.content_attributes,
           m.status, m.created_at
    FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id > ? ORDER BY m.id"""
CONVERSATIONS = """
    SELECT c.display_id AS id, l.source_id, c.custom_attributes, c.status
    FROM conversations c JOIN contact_inboxes l ON l.id = c.contact_inbox_id ORDER BY c.id"""


def install(app: Starlette) -> None:
    faults = Faults()
    app.state.faults = faults
    app.state.webhooks = FaultyWebhooks(app.state.store, app.state.config, faults)
    app.router.routes.extend(routes)
    app.add_middleware(FaultRig, faults=faults)


async def put_faults(request: Request) -> Response:
    faults: Faults = request.app.state.faults
    try:
        faults.set(plan.read(await request.body()))
    except plan.Malformed as error:
        return json_response({"error": str(error)}, 422)
    return json_response({})


async def get_faults(request: Request) -> Response:
    """`pending` is what may still change something: webhooks to be sent and late requests to be carried out, but no hanging answers."""
    faults: Faults = request.app.state.faults
    pending = faults.late + request.app.state.webhooks.pending
    counts = {"applied": faults.applied.counts(), "webhooks": faults.webhooks.counts(), "files": faults.files.counts()}
    return json_response(counts | {"pending": pending})


def messages(request: Request) -> Response:
    """As they are stored: types are words, and times have fractions."""
    store: Store = request.app.state.store
    return json_response({"messages": store.all(MESSAGES, as_id(request.query_params.get("since", "0")))})


def conversations(request: Request) -> Response:
    store: Store = request.app.state.store
    return json_response({"conversations": store.all(CONVERSATIONS)})


routes = [
    Route("/_faults", put_faults, methods=["PUT"]),
    Route("/_faults", get_faults, methods=["GET"]),
    Route("/_store", messages),
    Route("/_store/conversations", conversations),
]
