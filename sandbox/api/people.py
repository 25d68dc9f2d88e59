"""Who works here: agents one may assign, members of an inbox, bots (CHATWOOT.md §1.1, §1.2, §9)."""

from starlette.responses import Response

from sandbox import bots, inboxes, people, rest
from sandbox.api.call import Call, action
from sandbox.errors import NoRoute
from sandbox.params import as_hash, required
from sandbox.store import Row

INBOX = "/inboxes/{inbox_id}"


def assignable_agents(call: Call) -> Row:
    """Members of all these inboxes, and every administrator."""
    given = call.params.get("inbox_ids")
    rooms = [inboxes.find(call.store, call.actor, call.account, each) for each in (given if isinstance(given, list) else [])]
    return _assignable(call, rooms)


def assignable_agents_of_inbox(call: Call) -> Row:
    """Deprecated upstream, and still there."""
    return _assignable(call, [_found(call)])


def _assignable(call: Call, rooms: list[Row]) -> Row:
    return {"payload": rest.agents(call.store, call.account["id"], people.assignable(call.store, call.account["id"], rooms))}


def replace_inbox_members(call: Call) -> Row:
    inbox = _administrated(call, required(call.params, "inbox_id"))
    members = inboxes.replace_members(call.store, call.account, inbox, call.params.get("user_ids"))
    return {"payload": rest.agents(call.store, call.account["id"], members)}


def remove_inbox_members(call: Call) -> Response:
    inbox = _administrated(call, required(call.params, "inbox_id"))
    inboxes.remove_members(call.store, inbox, call.params.get("user_ids"))
    return Response(status_code=200)


def rotate_hmac_token(call: Call) -> Row:
    """Since 4.18 (§10)."""
    if not call.config.at_least("4.18"):
        raise NoRoute
    inbox = inboxes.rotate_hmac_token(call.store, _administrated(call, call.path["inbox_id"]))
    return rest.inbox(inbox, call.actor, call.config)


def list_bots(call: Call) -> list[Row]:
    return [_bot(call, row) for row in bots.listed(call.store, call.account)]


def create_bot(call: Call) -> Row:
    people.require_administrator(call.actor)
    return _bot(call, bots.create(call.store, call.account, as_hash(call.params.get("agent_bot")) or call.params))


def show_inbox_bot(call: Call) -> Row:
    bot = bots.of_inbox(call.store, _found(call))
    return {"agent_bot": bot and _bot(call, bot)}


def set_agent_bot(call: Call) -> Response:
    inbox = _administrated(call, call.path["inbox_id"])
    inboxes.set_agent_bot(call.store, call.account, inbox, call.params.get("agent_bot"))
    return Response(status_code=200)


def _bot(call: Call, row: Row) -> Row:
    return bots.shape(row, secret=call.actor.role == "administrator")


def _found(call: Call) -> Row:
    return inboxes.find(call.store, call.actor, call.account, call.path["inbox_id"])


def _administrated(call: Call, inbox_id: object) -> Row:
    inbox = inboxes.find(call.store, call.actor, call.account, inbox_id)
    people.require_administrator(call.actor)
    return inbox


routes = [
    action("GET", "/assignable_agents", assignable_agents),
    action("GET", INBOX + "/assignable_agents", assignable_agents_of_inbox),
    action("PATCH", "/inbox_members", replace_inbox_members),
    action("DELETE", "/inbox_members", remove_inbox_members),
    action("POST", INBOX + "/rotate_hmac_token", rotate_hmac_token),
    action("GET", "/agent_bots", list_bots),
    action("POST", "/agent_bots", create_bot),
    action("GET", INBOX + "/agent_bot", show_inbox_bot),
    action("POST", INBOX + "/set_agent_bot", set_agent_bot),
]
