"""What an agent's message asks the visitor to fill in or to look at, as a control. Content types: CHATWOOT.md §5.

A control that is not as documented is none: the message is then its text, as an agent on another channel would see it arrive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from handoffs.providers.chatwoot.shapes import WEB, Payload, address, items, line, mapping, paragraph, string

Control = dict[str, Any]

LINKS = (*WEB, "mailto", "tel")
MOST_OPTIONS = 100
MOST_CARDS = 20
MOST_ACTIONS = 10
MOST_FIELDS = 50
MAX_TITLE = 255
MAX_VALUE = 1000
MAX_DESCRIPTION = 2000

# Chatwoot's names for the fields of a form; what it draws no field for becomes a line of text here.
FIELD_TYPES = {
    "text": "text",
    "text_area": "textarea",
    "textarea": "textarea",
    "email": "email",
    "number": "number",
    "select": "select",
    "checkbox": "checkbox",
}
# What Chatwoot itself says with a survey; the link it puts after it is not in the text that the API gives.
PLEASE_RATE = "Please rate this conversation"
SURVEY = re.compile(r"https?://\S{1,260}?/survey/responses/[\w-]{1,100}")


def control_of(message: Payload) -> Control | None:
    """The control of a message of either shape."""
    builder = BUILDERS.get(string(message.get("content_type")))
    return builder(mapping(message.get("content_attributes"))) if builder else None


def words_of(message: Payload, control: Control | None) -> str:
    """The text of a message, without the link to a survey page if we show the survey ourselves (§3.2: the link is appended)."""
    text = string(message.get("content"))
    if control is None or control["kind"] != "rating":
        return text
    return SURVEY.sub("", text).rstrip(" \t\n,:;–—-") or PLEASE_RATE


def _choice(attributes: Payload) -> Control | None:
    options = _options(attributes.get("items"))
    return {"kind": "choice", "options": options} if options else None


def _options(value: object) -> list[Control]:
    """Buttons and drop-downs: Chatwoot calls their words ``title`` here and ``label`` there."""
    found: dict[str, Control] = {}
    for item in _objects(value, MOST_OPTIONS):
        title = line(item.get("title") or item.get("label"), MAX_TITLE)
        chosen = string(item.get("value")) or title
        # A value that we cut would be another value.
        if title and len(chosen) <= MAX_VALUE and chosen == paragraph(chosen, MAX_VALUE):
            found.setdefault(chosen, {"title": title, "value": chosen})
    return list(found.values())


def _cards(attributes: Payload) -> Control | None:
    cards = [card for item in _objects(attributes.get("items"), MOST_CARDS) if (card := _card(item))]
    return {"kind": "cards", "cards": cards} if cards else None


def _card(item: Payload) -> Control | None:
    card = {
        "title": line(item.get("title"), MAX_TITLE),
        "description": paragraph(item.get("description"), MAX_DESCRIPTION),
        "image": address(item.get("media_url")) or None,
        "actions": [action for each in _objects(item.get("actions"), MOST_ACTIONS) if (action := _action(each))],
    }
    return card if any(card.values()) else None


def _action(item: Payload) -> Control | None:
    text = line(item.get("text"), MAX_TITLE)
    if not text:
        return None
    if item.get("type") == "postback":
        return {"kind": "reply", "text": text}
    href = address(item.get("uri"), LINKS)
    return {"kind": "link", "text": text, "href": href} if item.get("type") == "link" and href else None


def _form(attributes: Payload) -> Control | None:
    fields: dict[str, Control] = {}
    for item in _objects(attributes.get("items"), MOST_FIELDS):
        if field := _field(item):
            fields.setdefault(field["name"], field)
    return {"kind": "form", "fields": list(fields.values())} if fields else None


def _field(item: Payload) -> Control | None:
    name = string(item.get("name"))
    if not name or name != line(name, MAX_TITLE):
        return None
    options = _options(item.get("options"))
    kind = FIELD_TYPES.get(string(item.get("type")), "text")
    return {
        "name": name,
        "label": line(item.get("label"), MAX_TITLE) or name,
        "type": "text" if kind == "select" and not options else kind,
        "placeholder": line(item.get("placeholder"), MAX_TITLE),
        "required": item.get("required") in (True, "true", "required"),
        "options": options if kind == "select" else [],
        "hint": line(item.get("title") or item.get("pattern_error"), MAX_TITLE),
    }


def _articles(attributes: Payload) -> Control | None:
    articles = [
        {
            "title": line(item.get("title"), MAX_TITLE) or href,
            "description": paragraph(item.get("description"), MAX_DESCRIPTION),
            "href": href,
        }
        for item in _objects(attributes.get("items"), MOST_CARDS)
        if (href := address(item.get("link"), LINKS))
    ]
    return {"kind": "articles", "articles": articles} if articles else None


def _email(attributes: Payload) -> Control:
    return {"kind": "email"}


def _rating(attributes: Payload) -> Control:
    return {"kind": "rating", "scale": "stars" if attributes.get("display_type") == "star" else "faces"}


def _objects(value: object, most: int) -> Iterator[Payload]:
    return (mapping(item) for item in items(value)[:most])


BUILDERS: dict[str, Callable[[Payload], Control | None]] = {
    "input_select": _choice,
    "cards": _cards,
    "form": _form,
    "article": _articles,
    "input_email": _email,
    "input_csat": _rating,
}
