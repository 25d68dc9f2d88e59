"""A scenario → what stands in its file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from handoffs import stored
from handoffs.models import Block, Handoff, MessageTemplate, Picture, Scenario
from handoffs.portable.place import LARGEST, Fault
from handoffs.portable.shape import FORMAT, HANDOFF, INTERFACE, PICTURES_OF_INTERFACE, REASONS, TILE, VERSION
from handoffs.script import Field


def as_bytes(scenario: Scenario) -> bytes:
    """Raises ``Fault`` if it would be too large to be read again."""
    raw = json.dumps(written(scenario), ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"
    if len(raw) > LARGEST:
        raise Fault("", f"The file would be {len(raw) / 2**20:.1f} MB, and {LARGEST // 2**20} MB is the most. Make its pictures smaller.")
    return raw


def written(scenario: Scenario) -> dict[str, Any]:
    return Writer(scenario).whole()


class Writer:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.templates = list(scenario.templates.prefetch_related("blocks"))
        self.names = {template.pk: template.name for template in self.templates}
        self.handoffs = numbered("handoff", self._handoffs_in_order())
        self.pictures = numbered("picture", self._pictures_in_order())

    def whole(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "name": self.scenario.name,
            "interface": self._interface(),
            "messages": [self._message(template) for template in self.templates],
            "handoffs": [{"id": name, **settings_of(handoff)} for handoff, name in self.handoffs.values()],
            "pictures": [picture_of(picture, name) for picture, name in self.pictures.values()],
        }

    # --- What is referred to, in the order of use: so that the same scenario always makes the same file ---

    def _blocks(self) -> Iterable[Block]:
        return (block for template in self.templates for block in template.blocks.all())

    def _handoffs_in_order(self) -> list[Handoff]:
        used = list(dict.fromkeys(block.handoff_id for block in self._blocks() if block.handoff_id))
        place = {pk: number for number, pk in enumerate(used)}
        own = self.scenario.handoffs.filter(rehearsal=False)
        return sorted(own, key=lambda each: (place.get(each.pk, len(place)), json.dumps(settings_of(each))))

    def _pictures_in_order(self) -> list[Picture]:
        interface = self.scenario.interface
        shown = [getattr(interface, f"{name}_id") for name in PICTURES_OF_INTERFACE]
        used = dict.fromkeys(pk for pk in [*shown, *(block.picture_id for block in self._blocks())] if pk)
        found = self.scenario.pictures.in_bulk(used)
        return [found[pk] for pk in used if pk in found]

    # --- Its parts ---

    def _interface(self) -> dict[str, Any]:
        interface = self.scenario.interface
        pictures = {name: name_in(self.pictures, getattr(interface, f"{name}_id")) for name in PICTURES_OF_INTERFACE}
        return {**{name: getattr(interface, name) for name in INTERFACE}, **pictures}

    def _message(self, template: MessageTemplate) -> dict[str, Any]:
        return {
            "name": template.name,
            "when": template.when,
            "phrases": template.phrases.splitlines(),
            "reasons": [reason for reason in stored.reasons(template.reasons) if reason in REASONS],
            "conditions": [
                {"attribute": each.attribute, "operator": each.operator.value, "value": each.value}
                for each in stored.conditions(template.conditions)
            ],
            "tiles": [self._tile(block) for block in template.blocks.all()],
        }

    def _tile(self, block: Block) -> dict[str, Any]:
        return {"kind": block.kind, **{name: self._of_tile(block, name) for name in TILE[block.kind]}}

    def _of_tile(self, block: Block, name: str) -> Any:
        match name:
            case "picture":
                return name_in(self.pictures, block.picture_id)
            case "handoff":
                return name_in(self.handoffs, block.handoff_id)
            case "leads_to":
                return self.names.get(block.leads_to_id or 0)
            case "buttons":
                return [self._button(button) for button in stored.entries(block.buttons)]
            case "fields":
                return [field_of(each) for each in stored.form_fields(block.fields)]
            case "endings":
                endings = stored.endings(block.endings)
                return {
                    reason: {"text": endings[reason].text, "leads_to": self.names.get(endings[reason].leads_to or 0)}
                    for reason in REASONS
                    if reason in endings
                }
            case _:
                return getattr(block, name)

    def _button(self, button: Any) -> dict[str, Any]:
        """One that leads to a message that is not there any more leads to null, and is shown as incomplete where it comes to."""
        label = {"label": stored.words(button.get("label"))}
        if button.get("href"):
            return {**label, "href": stored.words(button["href"])}
        goal = {"leads_to": self.names.get(stored.number_or_none(button.get("leads_to")) or 0)}
        if button.get("attribute"):
            return {**label, "attribute": stored.words(button["attribute"]), "value": stored.words(button.get("value")), **goal}
        return {**label, **goal}


def numbered(noun: str, those: list[Any]) -> dict[Any, tuple[Any, str]]:
    return {each.pk: (each, f"{noun} {number}") for number, each in enumerate(those, 1)}


def name_in(those: dict[Any, tuple[Any, str]], pk: Any) -> str | None:
    return those[pk][1] if pk in those else None


def settings_of(handoff: Handoff) -> dict[str, Any]:
    return {name: getattr(handoff, name) for name in HANDOFF}


def picture_of(picture: Picture, name: str) -> dict[str, Any]:
    return {"id": name, "name": picture.name, "content": base64.b64encode(bytes(picture.content)).decode()}


def field_of(field: Field) -> dict[str, Any]:
    return {
        "attribute": field.attribute,
        "label": field.label,
        "type": field.type,
        "required": field.required,
        "options": list(field.options),
    }
