"""Teams with their members, and the labels of the account."""

from starlette.responses import Response

from sandbox import labels, people, rest, teams
from sandbox.api.call import Call, action
from sandbox.params import Params, as_hash
from sandbox.store import Row

TEAM = "/teams/{team_id}"
LABEL = "/labels/{label_id}"


def list_teams(call: Call) -> list[Row]:
    return [_team(call, row) for row in teams.listed(call.store, call.account)]


def show_team(call: Call) -> Row:
    return _team(call, _found_team(call))


def create_team(call: Call) -> Row:
    people.require_administrator(call.actor)
    return _team(call, teams.create(call.store, call.account, _inner(call, "team")))


def update_team(call: Call) -> Row:
    team = _administrated_team(call)
    return _team(call, teams.update(call.store, call.account, team, _inner(call, "team")))


def delete_team(call: Call) -> Response:
    teams.delete(call.store, _administrated_team(call))
    return Response(status_code=200)


def team_members(call: Call) -> list[Row]:
    return _agents(call, teams.members(call.store, _found_team(call)["id"]))


def add_team_members(call: Call) -> list[Row]:
    team = _administrated_team(call)
    return _agents(call, teams.add_members(call.store, call.account, team, call.params.get("user_ids")))


def replace_team_members(call: Call) -> list[Row]:
    team = _administrated_team(call)
    return _agents(call, teams.replace_members(call.store, call.account, team, call.params.get("user_ids")))


def remove_team_members(call: Call) -> Response:
    teams.remove_members(call.store, _administrated_team(call), call.params.get("user_ids"))
    return Response(status_code=200)


def _found_team(call: Call) -> Row:
    return teams.find(call.store, call.account, call.path["team_id"])


def _administrated_team(call: Call) -> Row:
    team = _found_team(call)
    people.require_administrator(call.actor)
    return team


def _team(call: Call, row: Row) -> Row:
    return teams.shape(call.store, row, call.actor.id)


def _agents(call: Call, users: list[Row]) -> list[Row]:
    return rest.agents(call.store, call.account["id"], users)


def list_labels(call: Call) -> Row:
    return {"payload": [labels.shape(row) for row in labels.listed(call.store, call.account)]}


def show_label(call: Call) -> Row:
    return labels.shape(_found_label(call))


def create_label(call: Call) -> Row:
    people.require_administrator(call.actor)
    return labels.shape(labels.create(call.store, call.account, _inner(call, "label")))


def update_label(call: Call) -> Row:
    label = _administrated_label(call)
    return labels.shape(labels.update(call.store, call.account, label, _inner(call, "label")))


def delete_label(call: Call) -> Response:
    labels.delete(call.store, _administrated_label(call))
    return Response(status_code=200)


def _found_label(call: Call) -> Row:
    return labels.find(call.store, call.account, call.path["label_id"])


def _administrated_label(call: Call) -> Row:
    label = _found_label(call)
    people.require_administrator(call.actor)
    return label


def _inner(call: Call, name: str) -> Params:
    """Rails wraps JSON parameters: {"name": …} and {"team": {"name": …}} are the same."""
    return as_hash(call.params.get(name)) or call.params


routes = [
    action("GET", "/teams", list_teams),
    action("POST", "/teams", create_team),
    action("GET", TEAM, show_team),
    action("PATCH", TEAM, update_team),
    action("PUT", TEAM, update_team),
    action("DELETE", TEAM, delete_team),
    action("GET", TEAM + "/team_members", team_members),
    action("POST", TEAM + "/team_members", add_team_members),
    action("PATCH", TEAM + "/team_members", replace_team_members),
    action("DELETE", TEAM + "/team_members", remove_team_members),
    action("GET", "/labels", list_labels),
    action("POST", "/labels", create_label),
    action("GET", LABEL, show_label),
    action("PATCH", LABEL, update_label),
    action("PUT", LABEL, update_label),
    action("DELETE", LABEL, delete_label),
]
