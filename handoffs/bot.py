"""What the scenario says next. Pure: (script, what was said, what is known) → blocks. No I/O, no clock, no chance.

Total as well: whatever the script, every turn is short, and either says something or tells the admin what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoffs import matching
from handoffs.attributes import Plain, filled, value_of, written
from handoffs.script import (
    STOPS,
    Block,
    Button,
    Buttons,
    Condition,
    ConversationHandover,
    Form,
    Image,
    Operator,
    Script,
    Sentence,
    Template,
    When,
)

NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
TRUTH = {"true": True, "yes": True, "false": False, "no": False}
MOST_IN_A_ROW = 10
MOST_NAMED = 3

LOST = Sentence("no_answer")
NOTED = Sentence("noted")


@dataclass(frozen=True)
class Turn:
    """What answers, and by which template (None when the script has nothing for it); why, and what is wrong, in words for the admin."""

    template: Template | None
    blocks: tuple[Block, ...]
    why: str = ""
    problems: tuple[str, ...] = ()


def welcome(script: Script, context: Mapping[str, Any]) -> Turn:
    """Without a message for it nothing is said: then the visitor speaks first."""
    found, passed = first(script, When.WELCOME, context)
    if found is None:
        return Turn(None, (), passed, ("No message is used when the chat starts.",))
    return turn(found, context, f"The chat starts.{passed}")


def answer(script: Script, text: str, context: Mapping[str, Any], pressed: Button | None = None) -> Turn:
    """The turn after the visitor said ``text``, or pressed a button. One that leads nowhere is answered like its words."""
    if pressed is None:
        return answer_words(script, text, context)
    goal, problem = leads(script, pressed.leads_to, context, f"The button “{pressed.label}”")
    if goal is not None:
        return turn(goal, context, f"The button “{pressed.label}” leads here.", LOST)
    by_words = answer_words(script, text, context)
    if pressed.attribute and pressed.leads_to is None and (by_words.template is None or by_words.template.when is When.NO_MATCH):
        return Turn(None, (NOTED,), f"The button “{pressed.label}” was pressed; it leads nowhere.")
    return also(by_words, problem)


def answer_words(script: Script, text: str, context: Mapping[str, Any]) -> Turn:
    found = matching.matches(of(script, When.PHRASES), text)
    if nearest := next((match for match in found if fits(match.template, context)), None):
        nearer = [match.template for match in found[: found.index(nearest)]]
        return turn(nearest.template, context, f"{nearest}{passed_over(nearer, context)}", LOST)
    nearer = [match.template for match in found]
    fallback, passed = first(script, When.NO_MATCH, context)
    why = f"Nothing else matched.{passed_over(nearer, context)}{passed}"
    if fallback is None:
        return Turn(None, (LOST,), why, ("No message is used when nothing else matches.",))
    return turn(fallback, context, why, LOST)


def filled_in(script: Script, form_id: int | None, context: Mapping[str, Any]) -> Turn:
    """The turn after a form was filled in: the message it leads to, else the tiles that follow it."""
    template, form, rest = around(script, form_id)
    if template is None or form is None:
        return Turn(None, (NOTED,), "A form was filled in.", ("The tile with this form is gone.",))
    goal, problem = leads(script, form.leads_to, context, f"The form of “{template.name}”")
    if goal is not None:
        return turn(goal, context, "The form was filled in and leads here.", LOST)
    return also(played(template, rest, context, "The form was filled in; what follows it goes on.", NOTED), problem)


def around(script: Script, form_id: int | None) -> tuple[Template | None, Form | None, tuple[Block, ...]]:
    """A form with its template, and the blocks after it."""
    for template in script.templates:
        for place, block in enumerate(template.blocks):
            if isinstance(block, Form) and block.id == form_id:
                return template, block, template.blocks[place + 1 :]
    return None, None, ()


def ended(script: Script, reason: str, context: Mapping[str, Any], leads_to: int | None = None) -> Turn | None:
    """The turn after a handover ended: what the tile's ending leads to, whatever its conditions, else what is used then. Or nothing."""
    goal = by_id(script, leads_to)
    if goal is not None:
        return turn(goal, context, f"The tile’s ending for “{shown(reason)}” leads here.")
    gone = () if leads_to is None else (f"The tile’s ending for “{shown(reason)}” leads to a message that is gone.",)
    meant = [template for template in of(script, When.RETURNED) if not template.reasons or reason in template.reasons]
    found, passed = first_of(meant, context)
    if found is not None:
        return also(turn(found, context, f"The humans are done: {shown(reason)}.{passed}"), gone)
    return Turn(None, (), f"The humans are done: {shown(reason)}.{passed}", gone) if gone else None


def failed(script: Script, context: Mapping[str, Any], before: Sequence[Template] = ()) -> Turn | None:
    """The turn after nobody could be reached. ``before``: what was played in this turn already; none of it is played again."""
    names = [template.name for template in before]
    if len(before) >= MOST_IN_A_ROW:
        return Turn(None, (), "", (f"Stopped after {MOST_IN_A_ROW} messages in a row: {both(names)} lead to each other.",))
    meant = list(of(script, When.FAILED))
    found, passed = first_of([template for template in meant if template not in before], context)
    if found is not None:
        return turn(found, context, f"Nobody could be reached.{passed}")
    if again := next((template for template in meant if template in before and fits(template, context)), None):
        return Turn(None, (), "", (f"Stopped: “{again.name}” hands over when nobody can be reached, and that leads to itself.",))
    return None


def both(names: Sequence[str]) -> str:
    *others, last = [f"“{name}”" for name in dict.fromkeys(names)][-MOST_NAMED:]
    return f"{', '.join(others)} and {last}" if others else last


def shown(reason: str) -> str:
    return reason.replace("_", " ")


# --- A turn -------------------------------------------------------------------------------------------------------------------------------


def turn(template: Template, context: Mapping[str, Any], why: str, instead: Sentence | None = None) -> Turn:
    """``instead`` is said when the template has nothing to say."""
    return played(template, template.blocks, context, why, instead)


def played(template: Template, blocks: tuple[Block, ...], context: Mapping[str, Any], why: str, instead: Sentence | None = None) -> Turn:
    """The blocks up to where the visitor or the humans have the word."""
    heard = up_to_a_stop(blocks)
    problems = (*template.faults, *(problem for block in heard if (problem := fault(template, block))))
    if any(speaks(block, context) for block in heard):
        return Turn(template, heard, why, problems)
    if instead is not NOTED:
        problems = (*problems, f"“{template.name}” has {'nothing to say' if heard else 'no tiles'}.")
    return Turn(template, (*heard, instead) if instead else heard, why, problems)


def up_to_a_stop(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """A form that asks nothing stops nothing."""
    stop = next((place for place, block in enumerate(blocks) if isinstance(block, STOPS) and getattr(block, "fields", True)), len(blocks))
    return blocks[: stop + 1]


def speaks(block: Block, context: Mapping[str, Any]) -> bool:
    match block:
        case ConversationHandover() | Sentence():
            return True
        case Form(fields=more) | Buttons(buttons=more) if more:
            return True
        case Image(picture=picture, alt=alt) if picture or alt:
            return True
        case _:
            return bool(filled(block.text, context).strip())


def fault(template: Template, block: Block) -> str:
    match block:
        case Image(picture=None):
            return f"The image tile of “{template.name}” has no picture."
        case Buttons(buttons=()):
            return f"The buttons tile of “{template.name}” has no buttons."
        case Form(fields=()):
            return f"The form of “{template.name}” has no fields."
        case _:
            return ""


def also(turn: Turn, problem: tuple[str, ...]) -> Turn:
    return Turn(turn.template, turn.blocks, turn.why, (*problem, *turn.problems))


# --- Choosing -----------------------------------------------------------------------------------------------------------------------------


def of(script: Script, when: When) -> Iterable[Template]:
    return (template for template in script.templates if template.when is when)


def by_id(script: Script, template_id: int | None) -> Template | None:
    return next((template for template in script.templates if template.id == template_id), None)


def leads(script: Script, template_id: int | None, context: Mapping[str, Any], who: str) -> tuple[Template | None, tuple[str, ...]]:
    """The template something leads to, or what is wrong with it."""
    goal = by_id(script, template_id)
    if template_id is None or (goal is not None and fits(goal, context)):
        return goal, ()
    if goal is None:
        return None, (f"{who} leads to a message that is gone.",)
    return None, (f"{who} leads to “{goal.name}”, which was passed over: “{unmet(goal, context)}” does not hold.",)


def first(script: Script, when: When, context: Mapping[str, Any]) -> tuple[Template | None, str]:
    return first_of(of(script, when), context)


def first_of(templates: Iterable[Template], context: Mapping[str, Any]) -> tuple[Template | None, str]:
    """The first whose conditions hold, and which were passed over before it."""
    nearer: list[Template] = []
    for template in templates:
        if fits(template, context):
            return template, passed_over(nearer, context)
        nearer.append(template)
    return None, passed_over(nearer, context)


def passed_over(templates: Iterable[Template], context: Mapping[str, Any]) -> str:
    """In words, with a blank before them."""
    unfit = list({template.id: template for template in templates if not fits(template, context)}.values())
    return "".join(f" “{template.name}” was passed over: “{unmet(template, context)}” does not hold." for template in unfit[:MOST_NAMED])


# --- Conditions ---------------------------------------------------------------------------------------------------------------------------


def fits(template: Template, context: Mapping[str, Any]) -> bool:
    """Whether it is meant for this visitor now."""
    return all(holds(each, context) for each in template.conditions)


def unmet(template: Template, context: Mapping[str, Any]) -> Condition:
    return next(each for each in template.conditions if not holds(each, context))


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
