"""The order of a scenario's messages, and copies of them."""

from __future__ import annotations

from itertools import count

from django.db import transaction
from django.db.models import F
from django.http import Http404

from handoffs.models import Block, MessageTemplate, Scenario

LONGEST_NAME = 200
NOT_COPIED = {"id", "template"}


@transaction.atomic
def move(template: MessageTemplate, to: int) -> tuple[int, int]:
    """To this place among the scenario's messages, counted from 0; beyond the last one is last. Returns where, and of how many."""
    order = locked_order(template)
    order.remove(template.pk)
    order.insert(min(to, len(order)), template.pk)
    put_in_order(template.scenario_id, order)
    return order.index(template.pk), len(order)


@transaction.atomic
def duplicate(template: MessageTemplate) -> MessageTemplate:
    """A copy right behind it. What leads to the original goes on leading there, its own buttons too."""
    order = locked_order(template)
    copy = MessageTemplate.objects.get(pk=template.pk)
    copy.pk, copy.edition, copy.name = None, 0, free_name(template)
    copy._state.adding = True
    copy.save()
    Block.objects.bulk_create(copied(block, copy) for block in template.blocks.all())
    order.insert(order.index(template.pk) + 1, copy.pk)
    put_in_order(template.scenario_id, order)
    return copy


def locked_order(template: MessageTemplate) -> list[int]:
    """Whoever else moves something in this scenario waits. Who waited may find that ``template`` was deleted meanwhile."""
    Scenario.objects.select_for_update().filter(pk=template.scenario_id).first()
    order = list(MessageTemplate.objects.filter(scenario_id=template.scenario_id).values_list("pk", flat=True))
    if template.pk not in order:
        raise Http404(f"“{template}” was deleted meanwhile.")
    return order


def put_in_order(scenario_id: int, order: list[int]) -> None:
    """Only what stands elsewhere now is saved: a form that was opened before must not put it back unasked."""
    places = dict(MessageTemplate.objects.filter(scenario_id=scenario_id).values_list("pk", "position"))
    for position, pk in enumerate(order):
        if places.get(pk) != position:
            MessageTemplate.objects.filter(pk=pk).update(position=position, edition=F("edition") + 1)


def free_name(template: MessageTemplate) -> str:
    taken = set(MessageTemplate.objects.filter(scenario_id=template.scenario_id).values_list("name", flat=True))
    names = (numbered(template.name, number) for number in count(2))
    return next(name for name in names if name not in taken)


def numbered(name: str, number: int) -> str:
    ending = f" ({number})"
    return name[: LONGEST_NAME - len(ending)] + ending


def copied(block: Block, template: MessageTemplate) -> Block:
    fields = [field for field in Block._meta.concrete_fields if field.name not in NOT_COPIED]
    return Block(template=template, **{field.attname: getattr(block, field.attname) for field in fields})
