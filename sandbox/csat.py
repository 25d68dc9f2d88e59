"""Answers to interactive messages, and ratings as Chatwoot stores them (CHATWOOT.md §1.6, §5)."""

from datetime import UTC, datetime
from typing import Any

from sandbox.clock import now
from sandbox.errors import CouldNotCreate
from sandbox.params import as_id
from sandbox.store import Row, Store

PER_PAGE = 25
LOCKED_AFTER_DAYS = 14


def permitted(submitted: Any) -> Any:
    if isinstance(submitted, list):
        return [_permitted_one(each) for each in submitted if isinstance(each, dict)]
    return _permitted_one(submitted)


def _permitted_one(submitted: Row) -> Row:
    kept: Row = {key: submitted[key] for key in ("name", "title", "value") if key in submitted}
    response = submitted.get("csat_survey_response")
    if isinstance(response, dict):
        kept["csat_survey_response"] = {key: response[key] for key in ("rating", "feedback_message") if key in response}
    return kept


def refuse_if_locked(message: Row) -> None:
    """A rating can be changed for fourteen days, counted in days of the calendar."""
    asked, today = (datetime.fromtimestamp(moment, UTC).date() for moment in (message["created_at"], now()))
    if message["content_type"] == "input_csat" and (today - asked).days > LOCKED_AFTER_DAYS:
        raise CouldNotCreate("You cannot update the CSAT survey after 14 days")


def listen(store: Store, message: Row) -> None:
    """Chatwoot's listener of message_updated: stores a rating of 1 to 5, and drops any other without a word."""
    submitted = message["content_attributes"].get("submitted_values")
    response = submitted.get("csat_survey_response") if isinstance(submitted, dict) else None
    rating = as_id((response or {}).get("rating"))
    if message["content_type"] != "input_csat" or response is None or not 1 <= rating <= 5:
        return
    values = {"rating": rating, "feedback_message": response.get("feedback_message")}
    known = of(store, message)
    if known:
        store.update("csat_survey_responses", known["id"], **values)
    else:
        _insert(store, message, values)


def _insert(store: Store, message: Row, values: Row) -> None:
    conversation = store.find("conversations", id=message["conversation_id"])
    store.insert(
        "csat_survey_responses",
        account_id=message["account_id"],
        conversation_id=conversation["id"],
        message_id=message["id"],
        contact_id=conversation["contact_id"],
        assigned_agent_id=conversation["assignee_id"],
        created_at=now(),
        **values,
    )


def of(store: Store, message: Row) -> Row | None:
    return store.one("SELECT * FROM csat_survey_responses WHERE message_id = ?", message["id"])


def page(store: Store, account: Row, number: int, inbox_id: object) -> list[Row]:
    """Newest first."""
    rows = store.all(
        "SELECT r.*, c.inbox_id FROM csat_survey_responses r JOIN conversations c ON c.id = r.conversation_id"
        " WHERE r.account_id = ? ORDER BY r.created_at DESC, r.id DESC",
        account["id"],
    )
    wanted = [row for row in rows if not inbox_id or row["inbox_id"] == as_id(inbox_id)]
    return wanted[PER_PAGE * (number - 1) :][:PER_PAGE]
