"""Parts of a scenario out of JSON as it is stored. Total: what cannot be read is left out, whatever stands in the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from handoffs.attributes import WHOLE_PATH
from handoffs.script import Button, Condition, Ending, Field, Operator

LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\x00-\x1f\x7f<>\"]{1,2000}", re.IGNORECASE)
FIELD_TYPES = ("text", "email", "phone", "number", "long", "select")
# Reads as a condition that never holds: nobody sees a message whose conditions cannot be read.
NEVER = Condition("", Operator.IS_SET)


def words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def number_or_none(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def entries(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def path(value: Any) -> str:
    return value if WHOLE_PATH.fullmatch(words(value)) else ""


def buttons(value: Any) -> tuple[Button, ...]:
    return tuple(filter(None, map(button, entries(value))))


def button(item: Mapping[str, Any]) -> Button | None:
    """One with a link is nothing but a link; one that goes nowhere and keeps nothing is none."""
    label, leads_to, attribute = words(item.get("label")).strip(), number_or_none(item.get("leads_to")), path(item.get("attribute"))
    if not label:
        return None
    if item.get("href"):
        href = words(item["href"]).strip()
        return Button(label, href=href) if LINK.fullmatch(href) else None
    if leads_to is None and not attribute:
        return None
    return Button(label, leads_to, attribute=attribute, value=words(item.get("value")) if attribute else "")


def form_fields(value: Any) -> tuple[Field, ...]:
    """Of two fields for one attribute the first."""
    found = {each.attribute: each for each in reversed([*filter(None, map(form_field, entries(value)))])}
    return tuple(reversed(found.values()))


def form_field(item: Mapping[str, Any]) -> Field | None:
    attribute, kind = path(item.get("attribute")), words(item.get("type"))
    if not attribute:
        return None
    given = item.get("options")
    options = [words(each).strip() for each in given] if isinstance(given, list) else []
    label = words(item.get("label")).strip() or attribute
    chosen = tuple(dict.fromkeys(filter(None, options)))
    kind = kind if kind in FIELD_TYPES and (kind != "select" or chosen) else "text"
    return Field(attribute, label, kind, item.get("required") is True, chosen if kind == "select" else ())


def endings(value: Any) -> dict[str, Ending]:
    """From ``{reason: {"text": str, "leads_to": template id or null}}``."""
    found = value if isinstance(value, Mapping) else {}
    return {
        reason: Ending(words(ending.get("text")), number_or_none(ending.get("leads_to")))
        for reason, ending in found.items()
        if isinstance(ending, Mapping)
    }


def conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, list):
        return (NEVER,) if value else ()
    return tuple(map(condition, value))


def condition(item: Any) -> Condition:
    found = item if isinstance(item, Mapping) else {}
    attribute, operator = words(found.get("attribute")), words(found.get("operator"))
    if not attribute or operator not in list(Operator):
        return NEVER
    return Condition(attribute, Operator(operator), words(found.get("value")))


def reasons(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(words, value))) if isinstance(value, list) else ()
