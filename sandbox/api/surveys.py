"""Ratings: the page behind a survey's link, and what became of them (CHATWOOT.md §1.6, §5)."""

from starlette.requests import Request
from starlette.routing import Route

from sandbox import contacts, csat, messages, people, public_views, rest
from sandbox.api.call import Call, action, route
from sandbox.clock import epoch
from sandbox.errors import NoRoute, Unhandled
from sandbox.people import Actor
from sandbox.store import Row

SURVEY = "/public/api/v1/csat_survey/{uuid}"

ASKED = """SELECT m.* FROM messages m JOIN conversations c ON c.id = m.conversation_id
           WHERE c.uuid = ? AND m.content_type = 'input_csat' ORDER BY m.id"""


def index(call: Call) -> list[Row]:
    people.require_administrator(call.actor)
    rows = csat.page(call.store, call.account, contacts.page(call.params), call.params.get("inbox_id"))
    return [_response(call, row) for row in rows]


def _response(call: Call, row: Row) -> Row:
    shape = {key: row[key] for key in ("id", "rating", "feedback_message", "account_id", "message_id")} | {
        "contact": rest.contact(call.store.find("contacts", id=row["contact_id"])),
        "conversation_id": call.store.find("conversations", id=row["conversation_id"])["display_id"],
        "created_at": epoch(row["created_at"]),
    }
    if row["assigned_agent_id"]:
        agent = call.store.find("users", id=row["assigned_agent_id"])
        shape["assigned_agent"] = rest.agent_of(call.store, agent, row["account_id"])
    return shape


def show(call: Call) -> Row:
    return public_views.survey(call.store, _survey(call))


def update(call: Call) -> Row:
    message = _survey(call)
    csat.refuse_if_locked(message)
    given = call.params.get("message")
    if not isinstance(given, dict):
        raise Unhandled("When assigning attributes, you must pass a hash as an argument")
    return public_views.survey(call.store, messages.submit(call.store, message, given.get("submitted_values")))


def _survey(call: Call) -> Row:
    message = call.store.one(ASKED, call.path["uuid"])
    if message is None:
        raise NoRoute
    return message


def _anybody(request: Request) -> tuple[Actor, Row]:
    """The uuid is all there is to know."""
    return Actor("Contact", {}), {}


routes: list[Route] = [
    action("GET", "/csat_survey_responses", index),
    route("GET", SURVEY, _anybody, show),
    route("PUT", SURVEY, _anybody, update),
    route("PATCH", SURVEY, _anybody, update),
]
