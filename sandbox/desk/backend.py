"""What the desk page asks: Chatwoot's own endpoints, with the rights of the agent chosen in its header, in their first account."""

from contextlib import suppress
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from sandbox import params, rest, seed
from sandbox.api.call import ACCOUNT, json_response
from sandbox.errors import SignInFirst
from sandbox.store import Row, Store

HOME = "/desk/api"
STATIC = Path(__file__).parent / "static"

FIRST_ACCOUNT = """SELECT u.access_token, a.account_id FROM users u JOIN account_users a ON a.user_id = u.id
                   WHERE u.id = ? ORDER BY a.account_id"""


def agents(request: Request) -> Response:
    """Everybody one can be here, those whose role is agent first. The integration's own user is nobody to be."""
    store: Store = request.app.state.store
    links = store.all("SELECT * FROM account_users ORDER BY role = 'administrator', id")
    people = [(store.find("users", id=link["user_id"]), link) for link in links]
    return json_response([rest.agent(user, link["account_id"], link["role"]) for user, link in people if user["email"] != seed.ADMIN])


async def as_the_agent(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request on to the application API as if it had come there, with the agent's token."""
    agent = await run_in_threadpool(_agent, scope)
    if agent is None:
        refusal = SignInFirst()
        await json_response(refusal.body, refusal.status)(scope, receive, send)
        return
    with suppress(ClientDisconnect):  # the page was closed before it was answered
        await scope["app"].router(_handed_on(scope, agent), receive, send)
    if scope["method"] == "DELETE":
        scope["app"].state.bell.ring()  # Chatwoot has no event for a conversation that is gone


def _agent(scope: Scope) -> Row | None:
    store: Store = scope["app"].state.store
    return store.one(FIRST_ACCOUNT, params.as_id(Headers(scope=scope).get("x-desk-agent")))


def _handed_on(scope: Scope, agent: Row) -> Scope:
    account = ACCOUNT.format(account_id=agent["account_id"])
    path = account + scope["path"].removeprefix(HOME)
    handed_on = {**scope, "path": path, "root_path": "", "path_params": {}}
    headers = MutableHeaders(scope=handed_on)
    del headers["api-access-token"]
    headers["api_access_token"] = agent["access_token"]
    return handed_on


async def events(request: Request) -> Response:
    return StreamingResponse(request.app.state.bell.listen(), media_type="text/event-stream")


async def page(request: Request) -> Response:
    return FileResponse(STATIC / "desk.html")


async def home(request: Request) -> Response:
    return RedirectResponse("/desk/")


routes: list[BaseRoute] = [
    Route("/", home),
    Route("/desk", home),
    Route("/desk/", page),
    Route(f"{HOME}/agents", agents),
    Route(f"{HOME}/events", events),
    Mount(HOME, as_the_agent),
    Mount("/desk/static", StaticFiles(directory=STATIC)),
]
