"""The file → what stands in it, checked through and through. Nothing is written here; whatever is wrong is a ``Fault`` with its path."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from handoffs.attributes import WHOLE_PATH, mapping
from handoffs.bot import number
from handoffs.fields import an_attribute, fit_together, safe_link
from handoffs.models import Block, Handoff, InterfaceSettings, MessageTemplate
from handoffs.portable import shape
from handoffs.portable.place import Fault, Place, hint, opened, shown
from handoffs.providers import registry
from handoffs.script import Operator
from handoffs.stored import FIELD_TYPES, LINK

Read = dict[str, Any]
SECTIONS = ("format", "version", "name", "interface", "messages", "handoffs", "pictures")


def read(raw: bytes) -> Read:
    return checked(opened(raw))


def checked(file: Place) -> Read:
    """In the shape of the file, with nothing missing but what has a default."""
    of_ours(file)
    parts = file.fields(SECTIONS, ["name"])
    return Reader(parts).whole()


def of_ours(file: Place) -> None:
    """Said before anything else: a newer file may have fields that we do not know."""
    if file.value.get("format") != shape.FORMAT:
        raise Fault("", "This file is not a scenario exported from Handoff.")
    version = file.at("version").whole()
    if version > shape.VERSION:
        newer = f"This file was made by a newer Handoff (version {version}; this one reads {shape.VERSION})."
        raise Fault("version", f"{newer} Update this Handoff first.")
    if version < 1:
        raise Fault("version", "There is no such version.")


class Reader:
    def __init__(self, parts: dict[str, Place]) -> None:
        self.parts = parts
        self.messages = [each.fields(MESSAGE, ["name"]) for each in self._list("messages", shape.MOST_MESSAGES)]
        self.names = no_doubles([each["name"] for each in self.messages])
        handoffs = self._list("handoffs", shape.MOST_HANDOFFS)
        self.handoffs = [each.fields(("id", *shape.HANDOFF), ["id", "name", "account_id", "inbox_id"]) for each in handoffs]
        self.handoff_ids = no_doubles([each["id"] for each in self.handoffs])
        pictures = self._list("pictures", shape.MOST_PICTURES)
        self.pictures = [each.fields(("id", "name", "content"), ["id", "content"]) for each in pictures]
        self.picture_ids = no_doubles([each["id"] for each in self.pictures])

    def _list(self, name: str, most: int) -> list[Place]:
        return self.parts[name].items(most) if name in self.parts else []

    def whole(self) -> Read:
        return {
            "name": self.parts["name"].name(),
            "interface": self._interface(self.parts["interface"]) if "interface" in self.parts else {},
            "messages": [self._message(each) for each in self.messages],
            "handoffs": [handoff(each) for each in self.handoffs],
            "pictures": [picture(each) for each in self.pictures],
        }

    def _interface(self, place: Place) -> Read:
        given = place.fields((*shape.INTERFACE, *shape.PICTURES_OF_INTERFACE))
        pictures = {name: self._picture(given[name]) for name in shape.PICTURES_OF_INTERFACE if name in given}
        return {**of_model(InterfaceSettings, given, shape.INTERFACE), **pictures}

    def _message(self, given: dict[str, Place]) -> Read:
        phrases = [each.line(2000) for each in given["phrases"].items(shape.MOST_ENTRIES * 5)] if "phrases" in given else []
        return {
            **of_model(MessageTemplate, given, ("name", "when")),
            "phrases": phrases,
            "reasons": [each.choice(shape.REASONS) for each in entries(given, "reasons")],
            "conditions": [condition(each) for each in entries(given, "conditions")],
            "tiles": [self._tile(each) for each in (given["tiles"].items(shape.MOST_TILES) if "tiles" in given else [])],
        }

    def _tile(self, place: Place) -> Read:
        kind = place.fields(ANY_TILE, ["kind"])["kind"].choice(tuple(shape.TILE))
        given = place.fields(("kind", *shape.TILE[kind]))
        return {"kind": kind, **{name: self._of_tile(name, given[name]) for name in shape.TILE[kind] if name in given}}

    def _of_tile(self, name: str, place: Place) -> Any:
        match name:
            case "picture":
                return self._picture(place)
            case "handoff":
                return reference(place, self.handoff_ids, "handoff")
            case "leads_to":
                return self._message_or_none(place)
            case "buttons":
                return [self._button(each) for each in place.items(shape.MOST_ENTRIES)]
            case "fields":
                return form_fields(place)
            case "endings":
                return {reason: self._ending(ending) for reason, ending in place.fields(shape.REASONS).items()}
            case _:
                return of_model(Block, {name: place}, (name,))[name]

    def _button(self, place: Place) -> Read:
        given = place.fields(("label", "leads_to", "href", "attribute", "value"), ["label"])
        button: Read = {"label": given["label"].line(80)}
        if "href" in given:
            place.fields(("label", "href"))
            return {**button, "href": link(given["href"], button["label"])}
        if "attribute" in given:
            button |= {"attribute": filled_attribute(given["attribute"]), "value": given["value"].line(1000) if "value" in given else ""}
        elif "value" in given:
            raise given["value"].fault("needs an attribute to be kept at.")
        return {**button, "leads_to": self._message_or_none(given["leads_to"]) if "leads_to" in given else None}

    def _ending(self, place: Place) -> Read:
        given = place.fields(("text", "leads_to"))
        text = given["text"].text(8000) if "text" in given else ""
        return {"text": text, "leads_to": self._message_or_none(given["leads_to"]) if "leads_to" in given else None}

    def _message_or_none(self, place: Place) -> str | None:
        return reference(place, self.names, "message")

    def _picture(self, place: Place) -> str | None:
        return reference(place, self.picture_ids, "picture")


MESSAGE = ("name", "when", "phrases", "reasons", "conditions", "tiles")
ANY_TILE = ("kind", *dict.fromkeys(name for names in shape.TILE.values() for name in names))


def no_doubles(names: Iterable[Place]) -> list[str]:
    found: list[str] = []
    seen: set[str] = set()
    for place in names:
        name = place.name()
        if name in seen:
            raise place.fault(f"“{shown(name)}” is there twice.")
        seen.add(name)
        found.append(name)
    return found


def reference(place: Place, names: Collection[str], noun: str) -> str | None:
    if place.value is None:
        return None
    name = place.text(200)
    if name not in names:
        raise place.fault(f"there is no {noun} “{shown(name)}”{hint(name, names)}")
    return name


def entries(given: dict[str, Place], name: str) -> list[Place]:
    return given[name].items(shape.MOST_ENTRIES) if name in given else []


def condition(place: Place) -> Read:
    given = place.fields(("attribute", "operator", "value"), ["attribute", "operator"])
    operator = given["operator"].choice([operator.value for operator in Operator])
    value = given["value"].line(1000) if "value" in given else ""
    if operator in (Operator.GREATER, Operator.LESS) and number(value) is None:
        raise place.fault(f"“{shown(value)}” is not a number, so nothing can be greater or less.")
    return {"attribute": attribute(given["attribute"]), "operator": operator, "value": value}


def form_fields(place: Place) -> list[Read]:
    fields = place.items(shape.MOST_ENTRIES)
    read_ones = [form_field(each) for each in fields]
    no_doubles([each.at("attribute") for each in fields])
    said(place, fit_together, [each["attribute"] for each in read_ones])
    return read_ones


def form_field(place: Place) -> Read:
    given = place.fields(("attribute", "label", "type", "required", "options"), ["attribute"])
    options = [each.name() for each in entries(given, "options")]
    kind = given["type"].choice(FIELD_TYPES) if "type" in given else "text"
    if kind == "select" and not options:
        raise place.at("options").fault("has nothing to select.")
    return {
        "attribute": filled_attribute(given["attribute"]),
        "label": given["label"].line(300) if "label" in given else "",
        "type": kind,
        "required": "required" in given and given["required"].truth(),
        "options": options,
    }


def attribute(place: Place) -> str:
    path = place.line()
    if not WHOLE_PATH.fullmatch(path):
        raise place.fault(f"“{shown(path)}” is not an attribute. Write it like: user.plan.")
    return path


def filled_attribute(place: Place) -> str:
    """One that what a visitor chooses or types may fill."""
    path = attribute(place)
    said(place, an_attribute, path)
    return path


def link(place: Place, label: str) -> str:
    href = place.line(2100)
    if not LINK.fullmatch(href):
        raise place.fault("is not a link. Write it like: https://www.example.com/page.")
    said(place, lambda address: safe_link(address, label), href)
    return href


def handoff(given: dict[str, Place]) -> Read:
    settings = of_model(Handoff, given, shape.HANDOFF)
    for name in shape.PATHS:
        if settings.get(name):
            attribute(given[name])
    for name in shape.MAPPINGS:
        for line in filter(None, map(str.strip, settings.get(name, "").splitlines())):
            said(given[name], mapping, line)
    if "domain" in given:
        said(given["domain"], registry.provider_class(settings.get("system", "chatwoot")).normalise_domain, settings["domain"])
    return {"id": given["id"].name(), **settings}


def said(place: Place, check: Any, value: Any) -> None:
    """What ``check`` complains of, as a fault of this place."""
    try:
        check(value)
    except ValueError as error:
        raise place.fault(str(error)) from None
    except ValidationError as error:
        raise place.fault(" ".join(error.messages)) from None


def picture(given: dict[str, Place]) -> Read:
    """Its bytes; whether they are a picture is found out when they are drawn."""
    place = given["content"]
    try:
        content = base64.b64decode(place.text(8 * 2**20), validate=True)
    except (binascii.Error, ValueError):
        raise place.fault("is not base64.") from None
    name = given["name"].line(200) if "name" in given else ""
    return {"id": given["id"].name(), "name": name or "picture", "content": content, "path": place.path}


# --- By the rules that the models have anyway ---------------------------------------------------------------------------------------------


def of_model(model: type[models.Model], given: dict[str, Place], names: Iterable[str]) -> Read:
    return {name: value_for(model._meta.get_field(name), given[name]) for name in names if name in given}


def value_for(field: Any, place: Place) -> Any:
    value = typed(field, place)
    try:
        field.clean(value, None)
    except ValidationError as error:
        raise place.fault(" ".join(error.messages)) from None
    return value


def typed(field: Any, place: Place) -> str | bool | int | None:
    match field:
        case models.BooleanField():
            return place.truth()
        case models.IntegerField():
            return None if place.value is None and field.null else place.whole()
        case models.TextField():
            return place.text(field.max_length or 20_000)
        case _:
            return place.line(field.max_length)
