"""What was read → a new scenario: a draft, with handoffs that wait for their tokens. All of it or nothing."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from handoffs.files.kinds import checked_picture
from handoffs.files.refusal import NotTaken
from handoffs.models import Block, Handoff, MessageTemplate, Picture, Scenario, Workspace
from handoffs.portable.place import Fault
from handoffs.portable.read import Read
from handoffs.portable.shape import PICTURES_OF_INTERFACE


@transaction.atomic
def store(read: Read, workspace: Workspace, *, name: str = "", with_handoffs: bool) -> Scenario:
    """Without handoffs, tiles name none. Raises ``Fault`` for a picture that is none."""
    scenario = Scenario.objects.create(workspace=workspace, name=name or read["name"])
    pictures = {each["id"]: keep_picture(scenario, each) for each in read["pictures"]}
    handoffs = {each["id"]: keep_handoff(scenario, each) for each in read["handoffs"]} if with_handoffs else {}
    dress(scenario, read["interface"], pictures)
    templates = [
        MessageTemplate(
            scenario=scenario,
            name=each["name"],
            when=each.get("when", MessageTemplate.When.PHRASES),
            phrases="\n".join(each["phrases"]),
            reasons=each["reasons"],
            conditions=each["conditions"],
            position=position,
        )
        for position, each in enumerate(read["messages"])
    ]
    ids = {template.name: template.pk for template in MessageTemplate.objects.bulk_create(templates)}
    Block.objects.bulk_create(
        Block(template_id=ids[message["name"]], position=position, **tile(each, ids, handoffs, pictures))
        for message in read["messages"]
        for position, each in enumerate(message["tiles"])
    )
    return scenario


def dress(scenario: Scenario, read: Read, pictures: dict[str, Picture]) -> None:
    interface = scenario.interface
    for name, value in read.items():
        setattr(interface, name, pictures.get(value) if name in PICTURES_OF_INTERFACE else value)
    interface.save()


def keep_picture(scenario: Scenario, read: Read) -> Picture:
    """Drawn anew, unless it is one that we drew: so a file that comes back is what it was."""
    known = Picture.objects.filter(content=read["content"]).first()
    if known is not None:
        shape = {"type": known.type, "content": read["content"], "width": known.width, "height": known.height}
        return Picture.objects.create(scenario=scenario, name=read["name"], **shape)
    try:
        drawn = checked_picture(read["name"], read["content"])
    except NotTaken as error:
        raise Fault(read["path"], str(error)) from None
    return Picture.objects.create(
        scenario=scenario, name=drawn.name, type=drawn.type, content=drawn.content, width=drawn.width or 0, height=drawn.height or 0
    )


def keep_handoff(scenario: Scenario, read: Read) -> Handoff:
    return Handoff.objects.create(scenario=scenario, **{name: value for name, value in read.items() if name != "id"})


def tile(read: Read, ids: dict[str, int], handoffs: dict[str, Handoff], pictures: dict[str, Picture]) -> dict[str, Any]:
    """The columns of a tile: names become the ids that their rows have now."""
    columns = dict(read)
    if "picture" in read:
        columns["picture"] = pictures.get(read["picture"])
    if "handoff" in read:
        columns["handoff"] = handoffs.get(read["handoff"])
    if "leads_to" in read:
        columns["leads_to_id"] = ids.get(columns.pop("leads_to"))
    columns["buttons"] = [led(each, ids) for each in read.get("buttons", [])]
    columns["endings"] = {reason: led(each, ids) for reason, each in read.get("endings", {}).items()}
    return columns


def led(each: Read, ids: dict[str, int]) -> Read:
    return {**each, "leads_to": ids.get(each["leads_to"])} if "leads_to" in each else each
