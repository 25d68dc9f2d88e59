"""A scenario as plain data: what the bot reads. No database, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class When(StrEnum):
    WELCOME = "welcome"
    PHRASES = "phrases"
    NO_MATCH = "no_match"
    BUTTON = "button"
    RETURNED = "returned"
    FAILED = "failed"


class Operator(StrEnum):
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    GREATER = "greater"
    LESS = "less"
    CONTAINS = "contains"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


@dataclass(frozen=True)
class Condition:
    """Something that must be so about the attribute at a path; ``value`` as the admin typed it, empty for ``IS_SET`` and ``IS_NOT_SET``."""

    attribute: str
    operator: Operator
    value: str = ""


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
class Ending:
    """What is said when a handover ends in one certain way, and the id of the template the scenario goes on with; both may be empty."""

    text: str = ""
    leads_to: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "leads_to": self.leads_to}


@dataclass(frozen=True)
class ConversationHandover:
    """``handoff_id`` None when the tile names no handoff; texts may be empty. ``endings`` by reason, ``return_text`` for all others."""

    handoff_id: Any
    text: str
    fallback_text: str
    joined_text: str = ""
    return_text: str = ""
    endings: Mapping[str, Ending] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    text: str


Block = Text | Buttons | ConversationHandover | End


@dataclass(frozen=True)
class Template:
    """``conditions``: it is passed over unless all of them hold."""

    id: int
    name: str
    when: When
    phrases: tuple[str, ...]
    blocks: tuple[Block, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Script:
    """Templates in the order the admin gave them."""

    templates: tuple[Template, ...]
