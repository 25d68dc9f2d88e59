"""Conversations and their messages."""

from collections.abc import Callable

from starlette.responses import Response

from sandbox import assignments, contacts, conversations, inboxes, messages, people, push, rest
from sandbox.api.call import Call, action
from sandbox.errors import CouldNotCreate, NotFound, Refusal
from sandbox.params import as_hash, as_text, is_blank
from sandbox.store import Row

HERE = "/conversations/{conversation_id}"


def create(call: Call) -> Row:
    conversation = conversations.create(call.store, _contact_inbox(call), call.params)
    if not is_blank(call.params.get("message")):
        messages.create(call.store, call.config, call.actor, conversation, as_hash(call.params["message"]))
    return rest.conversation(call.store, call.store.find("conversations", id=conversation["id"]))


def _contact_inbox(call: Call) -> Row:
    store, given = call.store, call.params
    inbox = None if is_blank(given.get("inbox_id")) else inboxes.find(store, call.actor, call.account, given["inbox_id"])
    contact = None if is_blank(given.get("contact_id")) else contacts.find(store, call.account, given["contact_id"])
    if inbox is None or contact is None:
        link = conversations.contact_inbox_by_source_id(store, call.account, given, scoped=call.config.at_least("4.18"))
        inboxes.find(store, call.actor, store.find("accounts", id=link.pop("account_id")), link["inbox_id"])
        return link
    try:
        return contacts.join_inbox(store, contact, inbox, given)
    except contacts.RecordNotUnique:
        raise CouldNotCreate("source_id should be unique") from None


def index(call: Call) -> Row:
    rows = conversations.visible(call.store, call.actor, call.account, call.params)
    split = conversations.by_assignee(call.actor, rows)
    shown = split.get(str(call.params.get("assignee_type")), rows)
    first = conversations.PER_PAGE * (contacts.page(call.params) - 1)
    meta = {
        "mine_count": len(split["me"]),
        "assigned_count": len(split["assigned"]),
        "unassigned_count": len(split["unassigned"]),
        "all_count": len(rows),
    }
    page = shown[first : first + conversations.PER_PAGE]
    return {"data": {"meta": meta, "payload": [rest.conversation(call.store, row) for row in page]}}


def show(call: Call) -> Row:
    return rest.conversation(call.store, found(call))


def toggle_status(call: Call) -> Row:
    before = found(call)
    after = conversations.toggle_status(call.store, before, call.actor, call.params)
    # bot_handoff! has no return value worth the name.
    handed_off = call.actor.is_bot and before["status"] == "pending" and call.params.get("status") == "open"
    shape = rest.conversation(call.store, after)
    return {
        "meta": {},
        "payload": {
            "success": None if handed_off else True,
            "conversation_id": after["display_id"],
            "current_status": after["status"],
            "snoozed_until": shape["snoozed_until"],
        },
    }


def toggle_typing_status(call: Call) -> Response:
    conversations.toggle_typing(call.store, found(call), call.actor, call.params)
    return Response(status_code=200)


def custom_attributes(call: Call) -> Row:
    values = as_hash(call.params.get("custom_attributes"))
    changed = conversations.set_custom_attributes(call.store, found(call), call.actor, values)
    return {"custom_attributes": changed["custom_attributes"]}


def show_labels(call: Call) -> Row:
    return {"payload": found(call)["label_list"]}


def replace_labels(call: Call) -> Row:
    given = call.params.get("labels")
    labels = list(dict.fromkeys(str(label) for label in given)) if isinstance(given, list) else []
    return {"payload": conversations.change(call.store, found(call), call.actor, label_list=labels)["label_list"]}


def assign(call: Call) -> Row | None:
    """The agent, bot or team it is assigned to now."""
    conversation = found(call)
    if "assignee_id" in call.params:
        kind, who = push.assignee(call.store, assignments.assign(call.store, conversation, call.actor, call.params))
        return who and (rest.agent_of(call.store, who, call.account["id"]) if kind == "User" else rest.slim_bot(who))
    if "team_id" in call.params:
        team_id = assignments.assign_team(call.store, conversation, call.actor, call.params)["team_id"]
        return team_id and rest.raw_team(call.store.find("teams", id=team_id))
    return None


def update(call: Call) -> Row:
    conversation = found(call)
    return rest.conversation(call.store, _prioritised(call, conversation) if "priority" in call.params else conversation)


def toggle_priority(call: Call) -> Response:
    _prioritised(call, found(call))
    return Response(status_code=200)


def _prioritised(call: Call, conversation: Row) -> Row:
    checked = call.config.at_least("4.18")
    return conversations.set_priority(call.store, conversation, call.actor, call.params.get("priority"), checked=checked)


def mute(call: Call) -> Response:
    conversations.mute(call.store, found(call), call.actor)
    return Response(status_code=200)


def unmute(call: Call) -> Response:
    conversations.unmute(call.store, found(call), call.actor)
    return Response(status_code=200)


def delete(call: Call) -> Response:
    conversation = found(call)
    people.require_administrator(call.actor)
    conversations.destroy(call.store, conversation)
    return Response(status_code=200)


def unread(call: Call) -> Row:
    return rest.conversation(call.store, conversations.mark_unread(call.store, found(call)))


def update_last_seen(call: Call) -> Row:
    return rest.conversation(call.store, conversations.mark_seen(call.store, found(call), call.actor))


def list_messages(call: Call) -> Row:
    conversation = found(call)
    return rest.messages(call.store, conversation, messages.listed(call.store, conversation, call.params))


def create_message(call: Call) -> Row:
    conversation = found(call)
    message = _rescued(lambda: messages.create(call.store, call.config, call.actor, conversation, call.params))
    return rest.message(call.store, message, call.params.get("echo_id"))


def _rescued(build: Callable[[], Row]) -> Row:
    """The one action that rescues StandardError: whatever went wrong is a 422 under the key `error`."""
    try:
        return build()
    except NotFound:
        raise
    except Refusal as refusal:
        raise CouldNotCreate(str(refusal)) from None


def update_message(call: Call) -> Row:
    error = as_text(call.params.get("external_error"))
    return rest.message(call.store, messages.update_status(call.store, call.config, _message(call), call.params.get("status"), error))


def delete_message(call: Call) -> Row:
    return rest.message(call.store, messages.delete(call.store, _message(call)))


def retry_message(call: Call) -> Row:
    return rest.message(call.store, messages.retry(call.store, call.config, _message(call)))


def _message(call: Call) -> Row:
    return messages.find(call.store, found(call), call.path["message_id"])


def found(call: Call) -> Row:
    return conversations.find(call.store, call.actor, call.account, call.path["conversation_id"])


routes = [
    action("POST", "/conversations", create, bots=True),
    action("GET", "/conversations", index),
    action("GET", HERE, show, bots=True),
    action("PATCH", HERE, update, bots=True),
    action("PUT", HERE, update, bots=True),
    action("DELETE", HERE, delete),
    action("POST", HERE + "/toggle_priority", toggle_priority, bots=True),
    action("POST", HERE + "/mute", mute),
    action("POST", HERE + "/unmute", unmute),
    action("POST", HERE + "/unread", unread),
    action("POST", HERE + "/toggle_status", toggle_status, bots=True),
    action("POST", HERE + "/toggle_typing_status", toggle_typing_status, bots=True),
    action("POST", HERE + "/custom_attributes", custom_attributes, bots=True),
    action("POST", HERE + "/assignments", assign, bots=True),
    action("GET", HERE + "/labels", show_labels, bots=True),
    action("POST", HERE + "/labels", replace_labels, bots=True),
    action("POST", HERE + "/update_last_seen", update_last_seen),
    action("GET", HERE + "/messages", list_messages),
    action("POST", HERE + "/messages", create_message, bots=True),
    action("PATCH", HERE + "/messages/{message_id}", update_message),
    action("DELETE", HERE + "/messages/{message_id}", delete_message),
    action("POST", HERE + "/messages/{message_id}/retry", retry_message),
]
