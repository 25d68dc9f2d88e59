"""The messages of a list as its page tells them: what each is for, what it says, where it leads, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from handoffs import checklist, stored
from handoffs.admin.base import cut
from handoffs.checklist import Loaded
from handoffs.fields import in_words
from handoffs.models import Block, Handoff, MessageTemplate, Transfer

When = MessageTemplate.When
BADGES: dict[str, str] = {
    When.WELCOME: "Welcome",
    When.PHRASES: "Phrases",
    When.NO_MATCH: "Not understood",
    When.BUTTON: "Buttons only",
    When.RETURNED: "After the humans",
    When.FAILED: "Nobody there",
}
MOST_PHRASES = 3
LONGEST_WORDS = 120


@dataclass(frozen=True)
class Row:
    """``place``: among the messages of its scenario, counted from 0. ``leads``: (name, address) of each message it leads to.

    ``move`` takes ``to``, such as ``above`` and ``below``.
    """

    template: MessageTemplate
    place: int
    above: int
    below: int
    last: bool
    badge: str
    reasons: str
    only_if: str
    phrases: str
    words: str
    leads: list[tuple[str, str]]
    warnings: list[str]
    may_change: bool
    address: str
    move: str
    duplicate: str


def rows(listed: Iterable[MessageTemplate], workspaces: set[int]) -> list[Row]:
    """In as many queries for one as for a thousand. ``workspaces``: those whose messages may be changed."""
    listed = list(listed)
    scenarios = load({template.scenario_id for template in listed})
    return [row(template, scenarios[template.scenario_id], template.scenario.workspace_id in workspaces) for template in listed]


def load(scenario_ids: set[int]) -> dict[int, Loaded]:
    templates: dict[int, list[MessageTemplate]] = defaultdict(list)
    handoffs: dict[int, dict[UUID, Handoff]] = defaultdict(dict)
    those = MessageTemplate.objects.filter(scenario__in=scenario_ids)
    for template in those.select_related("scenario__interface").prefetch_related("blocks"):
        templates[template.scenario_id].append(template)
    for handoff in Handoff.objects.real().filter(scenario__in=scenario_ids):
        handoffs[handoff.scenario_id][handoff.pk] = handoff
    return {pk: Loaded(own[0].scenario.interface, own, handoffs[pk]) for pk, own in templates.items()}


def row(listed: MessageTemplate, scenario: Loaded, may_change: bool) -> Row:
    order = [template.pk for template in scenario.templates]
    place = order.index(listed.pk)
    template = scenario.templates[place]
    return Row(
        template=template,
        place=place,
        above=max(place - 1, 0),
        below=place + 1,
        last=place == len(order) - 1,
        badge=BADGES.get(template.when, template.when),
        reasons=reasons(template),
        only_if=cut(", ".join(map(in_words, stored.entries(template.conditions))), LONGEST_WORDS),
        phrases=some(template.phrases),
        words=first_words(template),
        leads=list(leads(template, scenario.names())),
        warnings=list(warnings(template, scenario)),
        may_change=may_change,
        address=address(template.pk),
        move=reverse("admin:handoffs_messagetemplate_move", args=[template.pk]),
        duplicate=reverse("admin:handoffs_messagetemplate_duplicate", args=[template.pk]),
    )


def reasons(template: MessageTemplate) -> str:
    """How the handover ended for which it is meant, if it is not meant for every end."""
    labels: dict[str, str] = dict(Transfer.Reason.choices)
    only = stored.reasons(template.reasons) if template.when == When.RETURNED else ()
    return ", ".join(labels.get(reason, reason) for reason in only)


def some(phrases: str) -> str:
    lines = [line.strip() for line in phrases.splitlines() if line.strip()]
    more = f" and {len(lines) - MOST_PHRASES} more" if len(lines) > MOST_PHRASES else ""
    return cut(", ".join(lines[:MOST_PHRASES]), LONGEST_WORDS) + more


def first_words(template: MessageTemplate) -> str:
    said = (" ".join((block.text or block.alt_text).split()) for block in template.blocks.all())
    return cut(next(filter(None, said), ""), LONGEST_WORDS)


def leads(template: MessageTemplate, names: dict[int, str]) -> Iterator[tuple[str, str]]:
    """In the order of the scenario, each once."""
    goals = {goal for block in template.blocks.all() for goal in checklist.goals(block)}
    return ((name, address(pk)) for pk, name in names.items() if pk in goals)


def warnings(template: MessageTemplate, scenario: Loaded) -> Iterator[str]:
    if template.pk in {finding.place.pk for finding in checklist.messages_nobody_reaches(scenario)}:
        yield "nothing leads here"
    blocks = list(template.blocks.all())
    if not blocks:
        yield "it says nothing"
    if any(True for block in blocks for _ in checklist.lost_ways(block, scenario.names())):
        yield "leads to a deleted message"
    if any(reaches_nobody(block, scenario.handoffs) for block in blocks):
        yield "the tile names no active handoff"


def reaches_nobody(block: Block, handoffs: dict[UUID, Handoff]) -> bool:
    handoff = handoffs.get(block.handoff_id) if block.handoff_id else None
    return block.kind == Block.Kind.HANDOVER and (handoff is None or not handoff.active)


def address(pk: Any) -> str:
    return reverse("admin:handoffs_messagetemplate_change", args=[pk])
