"""What the desk page asks: the same actions as the API, with the rights of the agent chosen in its header."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import messages, params, people, rest
from sandbox.api import conversations
from sandbox.api.call import Action, Call, json_response, route
from sandbox.errors import SignInFirst
from sandbox.people import Actor
from sandbox.store import Row, Store

STATIC = Path(__file__).parent / "static"


def _agent(request: Request) -> tuple[Actor, Row]:
    """The agent chosen in the page, in their first account."""
    store: Store = request.app.state.store
    user_id = params.as_id(request.headers.get("x-desk-agent"))
    link = store.one("SELECT * FROM account_users WHERE user_id = ? ORDER BY account_id", user_id)
    if link is None:
        raise SignInFirst
    account = store.find("accounts", id=link["account_id"])
    return people.enter_account(store, Actor("User", store.find("users", id=user_id)), account), account


def _action(method: str, path: str, perform: Action) -> Route:
    return route(method, "/desk/api" + path, _agent, perform)


def agents(request: Request) -> Response:
    """Everybody one can be here; those whose role is agent first."""
    store: Store = request.app.state.store
    links = store.all("SELECT * FROM account_users ORDER BY role = 'administrator', id")
    shown = [rest.agent(store.find("users", id=link["user_id"]), link["account_id"], link["role"]) for link in links]
    return json_response(shown)


def thread(call: Call) -> Row:
    """A conversation and everything in it, up to what one call of Chatwoot's own returns."""
    conversation = conversations.found(call)
    rows = messages.listed(call.store, conversation, {"after": 1, "before": 2**62})
    return {"conversation": rest.conversation(call.store, conversation), "messages": [rest.message(call.store, row) for row in rows]}


async def events(request: Request) -> Response:
    return StreamingResponse(request.app.state.bell.listen(), media_type="text/event-stream")


async def page(request: Request) -> Response:
    return FileResponse(STATIC / "desk.html")


async def home(request: Request) -> Response:
    return RedirectResponse("/desk/")


HERE = "/conversations/{conversation_id}"

routes: list[BaseRoute] = [
    Route("/", home),
    Route("/desk", home),
    Route("/desk/", page),
    Route("/desk/api/agents", agents),
    Route("/desk/api/events", events),
    _action("GET", "/conversations", conversations.index),
    _action("GET", HERE, thread),
    _action("POST", HERE + "/messages", conversations.create_message),
    _action("POST", HERE + "/toggle_status", conversations.toggle_status),
    _action("POST", HERE + "/toggle_typing_status", conversations.toggle_typing_status),
    _action("POST", HERE + "/update_last_seen", conversations.update_last_seen),
    Mount("/desk/static", StaticFiles(directory=STATIC)),
]
