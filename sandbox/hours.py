"""Working hours of an inbox: never enforced, they only decide about the out-of-office message (CHATWOOT.md §1.2, §3.5)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clock import now
from sandbox.params import as_bool, as_hash, as_id
from sandbox.store import Row

TIMES = ("open_hour", "open_minutes", "close_hour", "close_minutes")


def of(inbox: Row) -> list[Row]:
    """Seven days, 0 is Sunday."""
    days: list[Row] = inbox["working_hours"]
    return days or _usual_week()


def _usual_week() -> list[Row]:
    return [_usual(day) for day in range(7)]


def _usual(day: int) -> Row:
    if day in (0, 6):
        return {"day_of_week": day, "closed_all_day": True, **dict.fromkeys(TIMES), "open_all_day": False}
    return {"day_of_week": day, "closed_all_day": False, **dict(zip(TIMES, (9, 0, 17, 0), strict=True)), "open_all_day": False}


def changed(days: list[Row], given: Any) -> list[Row]:
    """The days that are named are replaced."""
    new = {day["day_of_week"]: day for day in map(_day, given if isinstance(given, list) else [])}
    return [new.get(day["day_of_week"], day) for day in days or _usual_week()]


def _day(value: object) -> Row:
    given = as_hash(value)
    times = {key: None if given.get(key) is None else as_id(given[key]) for key in TIMES}
    flags = {key: as_bool(given.get(key)) for key in ("closed_all_day", "open_all_day")}
    return {"day_of_week": as_id(given.get("day_of_week", -1)), **times, **flags}


def is_closed(inbox: Row) -> bool:
    if not inbox["settings"]["working_hours_enabled"]:
        return False
    here = datetime.fromtimestamp(now(), ZoneInfo(inbox["settings"]["timezone"] or "UTC"))
    day = of(inbox)[here.isoweekday() % 7]
    if day["open_all_day"]:
        return False
    minute = here.hour * 60 + here.minute
    opens, closes = ((day[f"{edge}_hour"] or 0) * 60 + (day[f"{edge}_minutes"] or 0) for edge in ("open", "close"))
    return day["closed_all_day"] or not opens <= minute < closes
