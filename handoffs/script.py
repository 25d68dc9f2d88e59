"""A scenario as plain data: what the bot reads. No database, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class When(StrEnum):
    WELCOME = "welcome"
    PHRASES = "phrases"
    NO_MATCH = "no_match"
    BUTTON = "button"


@dataclass(frozen=True)
class Button:
    """``leads_to`` is the id of the template it plays."""

    label: str
    leads_to: int

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, "leads_to": self.leads_to}


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Buttons:
    text: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class ConversationHandover:
    """``handoff_id`` None when the tile names no handoff; texts may be empty."""

    handoff_id: Any
    text: str
    fallback_text: str
    return_text: str


@dataclass(frozen=True)
class End:
    text: str


Block = Text | Buttons | ConversationHandover | End


@dataclass(frozen=True)
class Template:
    id: int
    name: str
    when: When
    phrases: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Script:
    """Templates in the order the admin gave them."""

    templates: tuple[Template, ...]
