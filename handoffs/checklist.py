"""What is missing before a scenario can go live, in words. Pure over what ``load`` read, in the same few queries for any scenario."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from handoffs import stored
from handoffs.colours import unreadable
from handoffs.matching import normalised
from handoffs.models import Block, Handoff, InterfaceSettings, MessageTemplate, Scenario

When, Kind = MessageTemplate.When, Block.Kind


class Severity(StrEnum):
    """``MUST``: visitors will run into it. ``SHOULD``: they will manage."""

    MUST = "must"
    SHOULD = "should"


class Room(StrEnum):
    """Where it is mended."""

    MESSAGE = "messagetemplate"
    MESSAGES = "messages"
    HANDOFF = "handoff"
    HANDOFFS = "handoffs"
    INTERFACE = "interfacesettings"


@dataclass(frozen=True)
class Place:
    room: Room
    pk: int | UUID | None = None


@dataclass(frozen=True)
class Finding:
    severity: Severity
    text: str
    place: Place


@dataclass(frozen=True)
class Loaded:
    """Messages in the order in which the scenario tries them, each with its tiles."""

    interface: InterfaceSettings
    templates: list[MessageTemplate]
    handoffs: dict[UUID, Handoff]

    def names(self) -> dict[int, str]:
        return {template.pk: template.name for template in self.templates}


def load(scenario: Scenario) -> Loaded:
    handoffs = {handoff.pk: handoff for handoff in scenario.handoffs.filter(rehearsal=False)}
    return Loaded(scenario.interface, list(scenario.templates.prefetch_related("blocks")), handoffs)


def findings(scenario: Loaded) -> list[Finding]:
    """What must be mended first."""
    found = [finding for check in CHECKS for finding in check(scenario)]
    return sorted(found, key=lambda finding: finding.severity is Severity.SHOULD)


def must(text: str, room: Room, pk: int | UUID | None = None) -> Finding:
    return Finding(Severity.MUST, text, Place(room, pk))


def should(text: str, room: Room, pk: int | UUID | None = None) -> Finding:
    return Finding(Severity.SHOULD, text, Place(room, pk))


# --- Whether there is something to say ----------------------------------------------------------------------------------------------------


def first_words(scenario: Loaded) -> Iterator[Finding]:
    yield from one_for_all(scenario, When.WELCOME, "No message welcomes visitors.", "welcomes only visitors for whom its conditions hold")
    yield from one_for_all(
        scenario, When.NO_MATCH, "No message is said when nothing else matches.", "answers only when its conditions hold"
    )


def one_for_all(scenario: Loaded, when: MessageTemplate.When, none: str, partly: str) -> Iterator[Finding]:
    """There is a message for this occasion, one of them for everybody, and none behind that one."""
    these = [template for template in scenario.templates if template.when == when]
    for_all = [template for template in these if not template.conditions]
    if not these:
        yield must(none, Room.MESSAGES)
    elif not for_all:
        yield should(f"“{these[-1].name}” {partly}. Add one of its kind without conditions.", Room.MESSAGE, these[-1].pk)
    for never in these[these.index(for_all[0]) + 1 :] if for_all else []:
        yield should(f"“{never.name}” is never said: “{for_all[0].name}” comes first and is for everybody.", Room.MESSAGE, never.pk)


def ways_to_humans(scenario: Loaded) -> Iterator[Finding]:
    if not any(block.kind == Kind.HANDOVER for _, block in tiles(scenario)):
        yield should("No message hands over to a human: add a Conversation Handover tile.", Room.MESSAGES)


def messages_nobody_reaches(scenario: Loaded) -> Iterator[Finding]:
    led_to = {goal for template, block in tiles(scenario) for goal in goals(block) if goal != template.pk}
    for template in scenario.templates:
        if template.when == When.BUTTON and template.pk not in led_to:
            yield should(f"Nothing leads to “{template.name}”.", Room.MESSAGE, template.pk)
        if template.when == When.PHRASES and template.pk not in led_to and not template.phrases.strip():
            yield should(f"“{template.name}” has no phrases, and nothing leads to it.", Room.MESSAGE, template.pk)


def empty_messages(scenario: Loaded) -> Iterator[Finding]:
    for template in scenario.templates:
        if not template.blocks.all():
            yield must(f"“{template.name}” says nothing: it has no tiles.", Room.MESSAGE, template.pk)


def phrases_used_twice(scenario: Loaded) -> Iterator[Finding]:
    """A message with conditions may share its phrases with one behind it."""
    owners: dict[str, list[MessageTemplate]] = defaultdict(list)
    for template in scenario.templates:
        if template.when == When.PHRASES:
            for phrase in dict.fromkeys(filter(None, map(normalised, template.phrases.splitlines()))):
                owners[phrase].append(template)
    for phrase, those in owners.items():
        for earlier, later in pairwise(those):
            if not earlier.conditions:
                text = f"“{phrase}” is a phrase of both “{earlier.name}” and “{later.name}”: only “{earlier.name}” will answer it."
                yield should(text, Room.MESSAGE, later.pk)


# --- Tiles --------------------------------------------------------------------------------------------------------------------------------


def tiles(scenario: Loaded) -> Iterator[tuple[MessageTemplate, Block]]:
    for template in scenario.templates:
        for block in template.blocks.all():
            yield template, block


def goals(block: Block) -> set[int]:
    """The messages it leads to."""
    buttons = [button.leads_to for button in stored.buttons(block.buttons)]
    endings = [ending.leads_to for ending in stored.endings(block.endings).values()]
    return {goal for goal in (block.leads_to_id, *buttons, *endings) if goal is not None}


def broken_tiles(scenario: Loaded) -> Iterator[Finding]:
    names = scenario.names()
    for template, block in tiles(scenario):
        where = f"“{template.name}”: "
        for label in lost_ways(block, names):
            yield must(f"{where}{label} leads to a message that is not there.", Room.MESSAGE, template.pk)
        if missing := what_it_lacks(block):
            yield must(f"{where}{missing}", Room.MESSAGE, template.pk)
        if block.kind == Kind.IMAGE and block.picture_id and not block.alt_text.strip():
            yield should(f"{where}the image has no alternative text for those who cannot see it.", Room.MESSAGE, template.pk)


def lost_ways(block: Block, names: dict[int, str]) -> Iterator[str]:
    if block.kind == Kind.BUTTONS:
        for button in stored.entries(block.buttons):
            goal = stored.number_or_none(button.get("leads_to"))
            goes_elsewhere = bool(button.get("href")) or (goal is None and bool(button.get("attribute")))
            if not goes_elsewhere and goal not in names:
                yield f"the button “{stored.words(button.get('label'))}”"
    if block.kind == Kind.FORM and block.leads_to_id is not None and block.leads_to_id not in names:
        yield "the form"
    if block.kind == Kind.HANDOVER:
        for ending in stored.endings(block.endings).values():
            if ending.leads_to is not None and ending.leads_to not in names:
                yield "an ending of the handover"


def what_it_lacks(block: Block) -> str:
    match block.kind:
        case Kind.TEXT if not block.text.strip():
            return "a text tile is empty."
        case Kind.IMAGE if block.picture_id is None:
            return "an image tile has no picture."
        case Kind.BUTTONS if not block.buttons:
            return "a buttons tile has no buttons."
        case Kind.FORM if not stored.form_fields(block.fields):
            return "a form has no fields."
        case _:
            return ""


# --- Handoffs -----------------------------------------------------------------------------------------------------------------------------


def handover_tiles(scenario: Loaded) -> Iterator[Finding]:
    for template, block in tiles(scenario):
        if block.kind != Kind.HANDOVER:
            continue
        handoff = scenario.handoffs.get(block.handoff_id) if block.handoff_id else None
        if handoff is None:
            yield must(f"“{template.name}”: the Conversation Handover tile names no handoff.", Room.MESSAGE, template.pk)
        elif not handoff.access_token_sealed:
            yield must(f"“{template.name}” hands over to “{handoff.name}”, which needs its access token.", Room.HANDOFF, handoff.pk)
        elif not handoff.active:
            yield must(f"“{template.name}” hands over to “{handoff.name}”, which is inactive.", Room.HANDOFF, handoff.pk)


def troubled_handoffs(scenario: Loaded) -> Iterator[Finding]:
    for handoff in scenario.handoffs.values():
        if handoff.active and handoff.trouble:
            yield must(f"The handoff “{handoff.name}” needs attention: {handoff.trouble}", Room.HANDOFF, handoff.pk)
        elif handoff.active and handoff.polling_only_since:
            text = f"The desk of “{handoff.name}” sends no webhooks, so replies come late."
            yield should(text, Room.HANDOFF, handoff.pk)


# --- The interface ------------------------------------------------------------------------------------------------------------------------


def looks(scenario: Loaded) -> Iterator[Finding]:
    interface = scenario.interface
    if not interface.title.strip():
        yield should("The chat has no title.", Room.INTERFACE, interface.pk)
    if problem := unreadable(interface.accent, interface.on_accent):
        yield should(problem, Room.INTERFACE, interface.pk)
    if not interface.origins():
        text = "No website may embed it: only the link to the chat page works."
        yield should(text, Room.INTERFACE, interface.pk)


CHECKS: tuple[Callable[[Loaded], Iterator[Finding]], ...] = (
    first_words,
    empty_messages,
    broken_tiles,
    handover_tiles,
    troubled_handoffs,
    ways_to_humans,
    messages_nobody_reaches,
    phrases_used_twice,
    looks,
)
