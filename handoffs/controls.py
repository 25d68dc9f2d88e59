"""What a visitor fills into a control that an agent or the scenario sent. Pure: (control, what came) → text and values, or a complaint.

A control has one of the shapes of docs/protocol.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handoffs.script import Field

LONGEST_VALUE = 4000
PHONE = re.compile(r"\+?[0-9(][0-9 ()./-]{3,28}[0-9]")
NUMBER = re.compile(r"[+-]?\d{1,20}([.,]\d{1,10})?", re.ASCII)
E_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{1,63}")


class BadAnswer(Exception):
    """``str()`` is a sentence for the visitor."""


@dataclass(frozen=True)
class Given:
    """What the browser sends; which one is set depends on the control."""

    value: str | None = None
    values: Mapping[str, str] | None = None
    email: str | None = None
    rating: int | None = None
    comment: str = ""


@dataclass(frozen=True)
class Answer:
    """``text`` is how people read it; the rest is what is kept and sent to the desk. ``values``: (name, title, value)."""

    text: str
    values: tuple[tuple[str, str, str], ...] = ()
    email: str = ""
    rating: int | None = None
    comment: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"values": [list(value) for value in self.values], "email": self.email, "rating": self.rating, "comment": self.comment}


def read(control: Mapping[str, Any] | None, given: Given) -> Answer:
    """Raises ``BadAnswer``."""
    reader = READERS.get(str((control or {}).get("kind")))
    if control is None or reader is None:
        raise BadAnswer("This cannot be answered.")
    return reader(control, given)


def stored(text: str, kept: Mapping[str, Any]) -> Answer:
    """The answer a message has in its ``answer``."""
    values = tuple((name, title, value) for name, title, value in kept["values"])
    return Answer(text, values, kept["email"], kept["rating"], kept["comment"])


# --- The scenario's own -------------------------------------------------------------------------------------------------------------------

# Names of a tile's types → names of the protocol's.
TYPES = {"phone": "tel", "long": "textarea"}


def form(form_id: int, fields: Iterable[Field]) -> dict[str, Any]:
    """``form``: the tile it came from; the browser does not get to know it."""
    return {"kind": "form", "fields": [form_field(field) for field in fields], "form": form_id}


def form_field(field: Field) -> dict[str, Any]:
    options = [{"title": option, "value": option} for option in field.options]
    kind = TYPES.get(field.type, field.type)
    asked = {"name": field.attribute, "label": field.label, "type": kind, "required": field.required}
    return {**asked, "placeholder": "", "options": options, "hint": ""}


def typed(control: Mapping[str, Any] | None, name: str, value: str) -> str | int | float:
    """What was filled in, as the scenario can count with it."""
    asked = next((asked for asked in (control or {}).get("fields", []) if asked["name"] == name), {"type": "text"})
    if asked["type"] != "number":
        return value
    number = value.replace(",", ".")
    return float(number) if "." in number or len(number) > 15 else int(number)


# --- Reading ------------------------------------------------------------------------------------------------------------------------------


def read_choice(control: Mapping[str, Any], given: Given) -> Answer:
    title = title_of(control["options"], given.value)
    if given.value is None or title is None:
        raise BadAnswer("Choose one of the options.")
    return Answer(title, (("", title, given.value),))


def read_rating(control: Mapping[str, Any], given: Given) -> Answer:
    if given.rating is None or not 1 <= given.rating <= 5:
        raise BadAnswer("A rating is a number from 1 to 5.")
    comment = bounded(given.comment).strip()
    stars = "★" * given.rating + "☆" * (5 - given.rating)
    return Answer(f"{stars} {comment}".strip(), rating=given.rating, comment=comment)


def read_email(control: Mapping[str, Any], given: Given) -> Answer:
    email = (given.email or "").strip()
    if not E_MAIL.fullmatch(email):
        raise BadAnswer("This is not an e-mail address.")
    return Answer(email, email=email)


def read_form(control: Mapping[str, Any], given: Given) -> Answer:
    came = given.values or {}
    if unknown := came.keys() - {asked["name"] for asked in control["fields"]}:
        raise BadAnswer(f"There is no field “{sorted(unknown)[0][:50]}”.")
    values = [read_field(asked, bounded(came.get(asked["name"], "")).strip()) for asked in control["fields"]]
    filled = tuple((asked["name"], title, value) for asked, (title, value) in zip(control["fields"], values, strict=True) if value)
    if not filled:
        raise BadAnswer("Fill in at least one field.")
    return Answer("\n".join(f"{label_of(control, name)}: {title}" for name, title, _ in filled), filled)


def read_field(asked: Mapping[str, Any], value: str) -> tuple[str, str]:
    """(title, value) of one field."""
    label = asked.get("label") or asked["name"]
    if asked.get("required") and not value:
        raise BadAnswer(f"“{label}” is needed.")
    if value and asked["type"] == "email" and not E_MAIL.fullmatch(value):
        raise BadAnswer(f"“{label}” must be an e-mail address.")
    if value and asked["type"] == "tel" and not PHONE.fullmatch(value):
        raise BadAnswer(f"“{label}” must be a phone number.")
    if value and asked["type"] == "number" and not NUMBER.fullmatch(value):
        raise BadAnswer(f"“{label}” must be a number.")
    title = title_of(asked.get("options") or [], value) if value and asked["type"] == "select" else value
    if title is None:
        raise BadAnswer(f"Choose one of the options of “{label}”.")
    return title, value


def label_of(control: Mapping[str, Any], name: str) -> str:
    return next(str(asked.get("label") or name) for asked in control["fields"] if asked["name"] == name)


def title_of(options: list[dict[str, str]], value: str | None) -> str | None:
    return next((option["title"] for option in options if option["value"] == value), None)


def bounded(text: str) -> str:
    if len(text) > LONGEST_VALUE:
        raise BadAnswer(f"An answer may have at most {LONGEST_VALUE} characters.")
    return text


READERS = {"choice": read_choice, "rating": read_rating, "email": read_email, "form": read_form}
