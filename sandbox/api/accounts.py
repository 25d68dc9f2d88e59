"""The version probe, profile, account, agents, inboxes and their members."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import clock, inboxes, people, rest
from sandbox.api.call import Call, action, json_response, route, token_owner
from sandbox.errors import NoRoute
from sandbox.params import required
from sandbox.store import Row


async def version(request: Request) -> Response:
    state = {"queue_services": "ok", "data_services": "ok"}
    return json_response({"version": request.app.state.config.version, "timestamp": clock.database_text(), **state})


async def health(request: Request) -> Response:
    return json_response({"status": "woot"})


def profile(call: Call) -> Row:
    return rest.profile(call.store, call.actor.row)


def show_account(call: Call) -> Row:
    return rest.account(call.account, call.config)


def agents(call: Call) -> list[Row]:
    return rest.account_agents(call.store, call.account["id"])


def list_inboxes(call: Call) -> Row:
    return {"payload": [_inbox(call, row) for row in inboxes.visible(call.store, call.actor, call.account)]}


def show_inbox(call: Call) -> Row:
    return _inbox(call, _found(call))


def create_inbox(call: Call) -> Row:
    people.require_administrator(call.actor)
    return _inbox(call, inboxes.create(call.store, call.account, call.params))


def update_inbox(call: Call) -> Row:
    inbox = _found(call)
    people.require_administrator(call.actor)
    return _inbox(call, inboxes.update(call.store, inbox, call.params))


def reset_secret(call: Call) -> Row:
    """Before 4.13 there was no secret (§10)."""
    if not call.config.at_least("4.13"):
        raise NoRoute
    inbox = _found(call)
    people.require_administrator(call.actor)
    return _inbox(call, inboxes.reset_secret(call.store, inbox))


def inbox_members(call: Call) -> Row:
    return _members(call, people.members(call.store, _found(call)["id"]))


def add_inbox_members(call: Call) -> Row:
    inbox = inboxes.find(call.store, call.actor, call.account, required(call.params, "inbox_id"))
    people.require_administrator(call.actor)
    return _members(call, inboxes.add_members(call.store, call.account, inbox, call.params.get("user_ids")))


def _found(call: Call) -> Row:
    return inboxes.find(call.store, call.actor, call.account, call.path["inbox_id"])


def _inbox(call: Call, row: Row) -> Row:
    return rest.inbox(row, call.actor, call.config)


def _members(call: Call, users: list[Row]) -> dict[str, Any]:
    return {"payload": rest.agents(call.store, call.account["id"], users)}


routes = [
    Route("/api", version),
    Route("/health", health),
    route("GET", "/api/v1/profile", token_owner, profile),
    action("GET", "", show_account),
    action("GET", "/agents", agents),
    action("GET", "/inboxes", list_inboxes),
    action("POST", "/inboxes", create_inbox),
    action("GET", "/inboxes/{inbox_id}", show_inbox),
    action("PATCH", "/inboxes/{inbox_id}", update_inbox),
    action("PUT", "/inboxes/{inbox_id}", update_inbox),
    action("POST", "/inboxes/{inbox_id}/reset_secret", reset_secret),
    action("POST", "/inbox_members", add_inbox_members),
    action("GET", "/inbox_members/{inbox_id}", inbox_members),
]
