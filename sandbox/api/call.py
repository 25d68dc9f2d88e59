"""One request: who asks, in which account, with which parameters. Answered in one transaction."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import params, people
from sandbox.config import Config
from sandbox.errors import Refusal, Unauthorized
from sandbox.people import Actor
from sandbox.store import Row, Store

ACCOUNT = "/api/v1/accounts/{account_id}"


@dataclass(frozen=True)
class Call:
    store: Store
    config: Config
    actor: Actor
    path: Mapping[str, Any]
    params: params.Params
    account: Row = field(default_factory=dict)


Action = Callable[[Call], Any]
Caller = Callable[[Request], tuple[Actor, Row]]


def json_response(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), status, media_type="application/json")


def action(method: str, path: str, perform: Action, *, bots: bool = False) -> Route:
    """A route of an account. Bots reach only the few that say so."""
    return route(method, ACCOUNT + path, partial(_in_account, bots=bots), perform)


def route(method: str, path: str, caller: Caller, perform: Action) -> Route:
    """`caller` says who asks and in which account, or refuses."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, request, body, caller, perform)

    return Route(path, endpoint, methods=[method])


def _answer(request: Request, body: bytes, caller: Caller, perform: Action) -> Response:
    """What was answered 200 is on the disk; what was refused left nothing behind."""
    store: Store = request.app.state.store
    try:
        given = params.read(request.query_params.multi_items(), request.headers.get("content-type", ""), body)
        with store.transaction():
            actor, account = caller(request)
            answer = perform(Call(store, request.app.state.config, actor, request.path_params, given, account))
    except Refusal as refusal:
        return json_response(refusal.body, refusal.status)
    return answer if isinstance(answer, Response) else json_response(answer)


def token_owner(request: Request, *, bots: bool = False) -> tuple[Actor, Row]:
    """Either spelling of the header: a proxy may drop names with underscores, and Rails reads both."""
    token = request.headers.get("api_access_token") or request.headers.get("api-access-token")
    actor = people.authenticate(request.app.state.store, token)
    if actor.is_bot and not bots:
        raise Unauthorized("Access to this endpoint is not authorized for bots")
    return actor, {}


def _in_account(request: Request, *, bots: bool) -> tuple[Actor, Row]:
    actor, _ = token_owner(request, bots=bots)
    store: Store = request.app.state.store
    account = store.find("accounts", id=params.as_id(request.path_params["account_id"]))
    return people.enter_account(store, actor, account), account
