"""The stand-in Chatwoot as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api import accounts, contacts, conversations, files, people, public, public_contacts, surveys, teams
from sandbox.api.call import json_response
from sandbox.config import Config
from sandbox.desk import backend
from sandbox.desk.bell import Bell
from sandbox.desk.guard import DeskGuard
from sandbox.errors import NoRoute
from sandbox.faults.routes import install
from sandbox.store import Store
from sandbox.webhooks import Webhooks

PARTS = (accounts, people, teams, contacts, conversations, public, public_contacts, surveys, files, backend)


def create_app(
    store: Store,
    *,
    frontend_url: str = "",
    allow_private_network: bool = True,
    version: str = "4.18.0",
    webhook_timeout: float = 5.0,
    per_minute: int = 200,
    faults: bool = False,
) -> Starlette:
    """`frontend_url` is FRONTEND_URL, `allow_private_network` is SAFE_FETCH_ALLOW_PRIVATE_NETWORK, `webhook_timeout` is WEBHOOK_TIMEOUT.

    `per_minute` is how many messages a conversation takes in a minute, 0 for any number. With `faults` there is /_faults to spoil things.
    """
    app = Starlette(
        routes=[route for part in PARTS for route in part.routes],
        exception_handlers={404: _no_route, 405: _no_route},
        lifespan=_lifespan,
    )
    store.frontend_url = frontend_url
    app.state.store = store
    app.state.config = Config(version, allow_private_network, webhook_timeout, per_minute)
    app.state.webhooks = Webhooks(store, app.state.config)
    app.state.bell = Bell(store)
    app.add_middleware(DeskGuard)
    if faults:
        install(app)  # after the guard: the last middleware added is the outermost
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.webhooks.start()
    app.state.bell.start()
    yield
    app.state.bell.close()
    app.state.webhooks.close()


async def _no_route(request: Request, error: Exception) -> Response:
    """Rails knows no 405: a method without a route is a path without a route."""
    return json_response(NoRoute().body, 404)
