"""Who a conversation is assigned to: an agent, a bot, a team. An unknown or null id unassigns, with 200 (CHATWOOT.md §1.4)."""

from sandbox import conversations
from sandbox.params import Params, as_id
from sandbox.people import Actor
from sandbox.store import Row, Store


def assign(store: Store, conversation: Row, actor: Actor, params: Params) -> Row:
    if params.get("assignee_type") == "AgentBot":
        return conversations.change(
            store, conversation, actor, assignee_id=None, assignee_agent_bot_id=_bot_id(store, conversation, params)
        )
    assignee_id = conversations.agent_id(store, conversation["account_id"], params.get("assignee_id"))
    return conversations.change(store, conversation, actor, assignee_id=assignee_id, assignee_agent_bot_id=None)


def _bot_id(store: Store, conversation: Row, params: Params) -> int | None:
    bot = store.one("SELECT * FROM agent_bots WHERE id = ?", as_id(params.get("assignee_id")))
    return bot["id"] if bot and bot["account_id"] in (None, conversation["account_id"]) else None


def assign_team(store: Store, conversation: Row, actor: Actor, params: Params) -> Row:
    """Whoever has it loses it unless they are in the team. Nobody gets it: only agents who are online would, and none is."""
    team_id = conversations.team_id(store, conversation["account_id"], params.get("team_id"))
    values = {"team_id": team_id}
    if team_id and not store.count("team_members", "team_id = ? AND user_id = ?", team_id, conversation["assignee_id"]):
        values["assignee_id"] = None
    return conversations.change(store, conversation, actor, **values)
