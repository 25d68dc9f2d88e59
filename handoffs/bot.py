"""What the scenario says next. Pure: (script, what was said, what is known) → blocks. No I/O, no clock, no chance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoffs.attributes import Plain, value_of, written
from handoffs.script import Block, Condition, Operator, Script, Template, When

NOT_WORDS = re.compile(r"[\W_]+")
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
TRUTH = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True)
class Turn:
    """What answers, and by which template (None when the script has nothing to say)."""

    template: Template | None
    blocks: tuple[Block, ...]


def welcome(script: Script, context: Mapping[str, Any]) -> Turn:
    return turn(first(fitting(script, context), When.WELCOME))


def answer(script: Script, text: str, context: Mapping[str, Any], leads_to: int | None = None) -> Turn:
    """The turn after the visitor said ``text``, or pressed a button that leads to the template ``leads_to``."""
    fit = fitting(script, context)
    return turn(by_id(fit, leads_to) or best_phrase(fit, text) or first(fit, When.NO_MATCH))


def turn(template: Template | None) -> Turn:
    return Turn(template, template.blocks if template else ())


def first(script: Script, when: When) -> Template | None:
    return next((template for template in script.templates if template.when is when), None)


def by_id(script: Script, template_id: int | None) -> Template | None:
    return next((template for template in script.templates if template.id == template_id), None)


def best_phrase(script: Script, text: str) -> Template | None:
    """The template with the longest phrase that stands in ``text`` as whole words; the earlier template wins a tie."""
    said = f" {normalised(text)} "
    lengths = [(phrase_length(template, said), template) for template in script.templates if template.when is When.PHRASES]
    length, template = max(lengths, key=lambda pair: pair[0], default=(0, None))
    return template if length else None


def phrase_length(template: Template, said: str) -> int:
    return max((len(phrase) for phrase in map(normalised, template.phrases) if phrase and f" {phrase} " in said), default=0)


def normalised(text: str) -> str:
    """Lower case without accents and punctuation, words one blank apart."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return NOT_WORDS.sub(" ", bare).strip()


# --- Conditions ---------------------------------------------------------------------------------------------------------------------------


def fitting(script: Script, context: Mapping[str, Any]) -> Script:
    """The script without the templates that are not meant for this visitor now."""
    return Script(tuple(template for template in script.templates if all(holds(each, context) for each in template.conditions)))


def holds(condition: Condition, context: Mapping[str, Any]) -> bool:
    """Of what is not there, only ``IS_NOT_SET`` and ``NOT_EQUALS`` hold."""
    value, wanted = value_of(context, condition.attribute), condition.value.strip()
    match condition.operator:
        case Operator.IS_SET:
            return is_set(value)
        case Operator.IS_NOT_SET:
            return not is_set(value)
        case Operator.EQUALS:
            return equal(value, wanted)
        case Operator.NOT_EQUALS:
            return not equal(value, wanted)
        case Operator.CONTAINS:
            return bool(wanted) and wanted.casefold() in written(value).casefold()
        case Operator.GREATER | Operator.LESS:
            return beyond(value, wanted, upwards=condition.operator is Operator.GREATER)


def is_set(value: Plain | None) -> bool:
    return written(value) != ""


def equal(value: Plain | None, wanted: str) -> bool:
    """Numbers as numbers, truth as “yes” or “true”, words whatever their case."""
    if isinstance(value, bool):
        return TRUTH.get(wanted.casefold()) is value
    left, right = number(value), number(wanted)
    if left is not None and right is not None:
        return left == right
    return is_set(value) and written(value).casefold() == wanted.casefold()


def beyond(value: Plain | None, limit: str, *, upwards: bool) -> bool:
    left, right = number(value), number(limit)
    if left is None or right is None:
        return False
    return left > right if upwards else left < right


def number(value: Plain | None) -> Decimal | None:
    match value:
        case int() if not isinstance(value, bool):
            return Decimal(value)
        case float():
            return Decimal(repr(value))
        case str() if NUMBER.fullmatch(value.strip()):
            return Decimal(value.strip())
        case _:
            return None
