"""Messages that Chatwoot sends by itself (CHATWOOT.md §3.5): out of office, greeting, rating."""

from datetime import UTC, datetime

from sandbox import hours, liquid, push, transcript
from sandbox.clock import now
from sandbox.store import Row, Store

AGENT_WAS_HERE_SECONDS = 300


def answer_incoming(store: Store, conversation: Row) -> None:
    """In this order. An out-of-office message is a template too, so no greeting comes after it."""
    inbox = store.find("inboxes", id=conversation["inbox_id"])
    if _is_out_of_office(store, inbox, conversation):
        _say(store, conversation, inbox["settings"]["out_of_office_message"])
    if _is_to_be_greeted(store, inbox, conversation):
        _say(store, conversation, inbox["settings"]["greeting_message"])


def _is_out_of_office(store: Store, inbox: Row, conversation: Row) -> bool:
    """Once a day, and not while an agent is at it."""
    if not inbox["settings"]["out_of_office_message"] or not hours.is_closed(inbox):
        return False
    midnight = datetime.fromtimestamp(now(), UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    said = "conversation_id = ? AND message_type = ? AND created_at >= ?"
    return not (
        store.count("messages", said, conversation["id"], "outgoing", now() - AGENT_WAS_HERE_SECONDS)
        or store.count("messages", said, conversation["id"], "template", midnight)
    )


def _is_to_be_greeted(store: Store, inbox: Row, conversation: Row) -> bool:
    """Until anything outgoing or templated was said."""
    if not inbox["settings"]["greeting_enabled"] or not inbox["settings"]["greeting_message"]:
        return False
    return not store.count("messages", "conversation_id = ? AND message_type IN ('outgoing', 'template')", conversation["id"])


def survey(store: Store, conversation: Row) -> None:
    """On resolve, once a conversation, if its labels and the reply window allow it."""
    inbox = store.find("inboxes", id=conversation["inbox_id"])
    if not inbox["settings"]["csat_survey_enabled"] or not push.can_reply(store, conversation):
        return
    asked = store.count("messages", "conversation_id = ? AND content_type = 'input_csat'", conversation["id"])
    if asked or not _labels_allow(inbox["csat_config"].get("survey_rules") or {}, conversation["label_list"]):
        return
    config = inbox["csat_config"]
    attributes = {"display_type": config.get("display_type") or "emoji"}
    content = config.get("message") or "Please rate the conversation"
    _say(store, conversation, content, content_type="input_csat", content_attributes=attributes)


def _labels_allow(rules: Row, labels: list[str]) -> bool:
    named = rules.get("values") or []
    if not named:
        return True
    return bool(set(named) & set(labels)) is (rules.get("operator") != "does_not_contain")


def _say(store: Store, conversation: Row, content: str, **more: object) -> None:
    transcript.add(store, conversation, message_type="template", content=liquid.rendered(store, conversation, None, content), **more)
