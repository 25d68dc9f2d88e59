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


WORDS = {
    Operator.EQUALS: "is",
    Operator.NOT_EQUALS: "is not",
    Operator.GREATER: "is greater than",
    Operator.LESS: "is less than",
    Operator.CONTAINS: "contains",
    Operator.IS_SET: "is set",
    Operator.IS_NOT_SET: "is not set",
}


@dataclass(frozen=True)
class Condition:
    """Something that must be so about the attribute at a path; ``value`` as the admin typed it, empty for ``IS_SET`` and ``IS_NOT_SET``."""

    attribute: str
    operator: Operator
    value: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.attribute or "something that cannot be read", WORDS[self.operator], self.value]))


@dataclass(frozen=True)
class Button:
    """Leads to the template with the id ``leads_to``, or to the link ``href``, or keeps ``value`` at ``attribute`` and then may lead on."""

    label: str
    leads_to: int | None = None
    href: str = ""
    attribute: str = ""
    value: str = ""

    def as_json(self) -> dict[str, Any]:
        more = {"href": self.href, "attribute": self.attribute, "value": self.value}
        return {"label": self.label, "leads_to": self.leads_to, **{name: each for name, each in more.items() if each}}


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Sentence:
    """One of our own, by its name in ``sentences.Sentences``: the scenario has no words for it."""

    name: str


@dataclass(frozen=True)
class Image:
    """``picture`` names it: ``{"id", "key", "width", "height"}``; None when it was deleted. ``text`` stands below it."""

    picture: Mapping[str, Any] | None
    alt: str
    text: str = ""


@dataclass(frozen=True)
class Buttons:
    text: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Field:
    """A question of a form; what is answered is kept at ``attribute``."""

    attribute: str
    label: str
    type: str = "text"
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """What comes after it waits for the answer: the template ``leads_to``, or else the blocks that follow. ``id`` finds it again then."""

    id: int
    text: str
    fields: tuple[Field, ...]
    leads_to: int | None = None


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
    waiting_text: str = ""


@dataclass(frozen=True)
class End:
    text: str


Block = Text | Sentence | Image | Buttons | Form | ConversationHandover | End
# What comes after one of these in a message is not said, or not yet.
STOPS = (Form, ConversationHandover, End)


@dataclass(frozen=True)
class Template:
    """``conditions``: it is passed over unless all of them hold. ``reasons``: of ``RETURNED``, which ends it is for; none: all of them.

    ``faults``: what of it could not be read, in words.
    """

    id: int
    name: str
    when: When
    phrases: tuple[str, ...]
    blocks: tuple[Block, ...]
    conditions: tuple[Condition, ...] = ()
    reasons: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script:
    """Templates in the order the admin gave them."""

    templates: tuple[Template, ...]
