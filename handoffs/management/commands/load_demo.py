"""The demo workspace: a coffee shop's scenario, handing over to the desk it is given. Loading it again keeps what was edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from handoffs.models import Block, Handoff, InterfaceSettings, MessageTemplate, Scenario, Transfer, Workspace
from handoffs.script import Button, Ending

When, Kind, Reason = MessageTemplate.When, Block.Kind, Transfer.Reason


@dataclass(frozen=True)
class Demo:
    """A message of the demo. ``buttons``: labels, and the names of the messages or the links they lead to.

    ``only_if``: attribute, operator, value. ``reasons``: the ends of a handover it is for. ``fields``: of a form below the text;
    ``then`` is said once it is filled in.
    """

    name: str
    when: str
    text: str
    phrases: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    only_if: tuple[tuple[str, str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    fields: tuple[dict[str, Any], ...] = ()
    then: str = ""


FIRST_BUTTONS = (("Opening hours", "Opening hours"), ("Where is my order?", "Orders"), ("Talk to a human", "Talk to a human"))
MESSAGES = [
    Demo(
        "Welcome by name",
        When.WELCOME,
        "Hello {user.first_name}, and welcome to Northwind Coffee! I am the shop’s assistant. What can I do for you?",
        buttons=FIRST_BUTTONS,
        only_if=(("user.first_name", "is_set", ""),),
    ),
    Demo(
        "Welcome",
        When.WELCOME,
        "Hello, and welcome to Northwind Coffee! I am the shop’s assistant. What can I do for you?",
        buttons=FIRST_BUTTONS,
    ),
    Demo(
        "Opening hours",
        When.PHRASES,
        "The roastery is open Monday to Saturday from 8 to 18 o’clock. On Sundays we drink coffee ourselves.",
        ("opening hours", "open", "hours", "when are you open", "closed"),
        (("Where is the shop?", "Address"), ("Talk to a human", "Talk to a human")),
    ),
    Demo(
        "Address",
        When.PHRASES,
        "Harbour Street 12, right beside the old customs house. There are racks for bicycles in the yard.",
        ("address", "where are you", "where is the shop", "location"),
        (("Open the map", "https://www.openstreetmap.org/"), ("Opening hours", "Opening hours")),
    ),
    Demo(
        "Orders",
        When.PHRASES,
        "We roast on Tuesdays and Thursdays and post the same evening; most parcels arrive two days later. A colleague can look yours up.",
        ("order", "parcel", "delivery", "where is my order", "track"),
        (("Talk to a human", "Talk to a human"), ("Thanks, that helps", "Thanks")),
    ),
    Demo(
        "Thanks after a human",
        When.PHRASES,
        "You are welcome. I am glad that {handover.agent_name|my colleague} could help. Enjoy your coffee!",
        ("thanks", "thank you", "great", "that helps"),
        only_if=(("handover.reason", "equals", "resolved"),),
    ),
    Demo("Thanks", When.PHRASES, "You are welcome. Enjoy your coffee!", ("thanks", "thank you", "great", "that helps")),
    Demo(
        "Greeting",
        When.PHRASES,
        "Hello {user.first_name|there}! Ask me about opening hours, orders, or for a human.",
        ("hello", "hi", "hey", "good morning"),
    ),
    Demo(
        "Not understood",
        When.NO_MATCH,
        "I did not quite get that. Shall I fetch somebody who will?",
        buttons=(("Talk to a human", "Talk to a human"), ("Opening hours", "Opening hours")),
    ),
    Demo(
        "What next",
        When.RETURNED,
        "What else can I do for you?",
        buttons=FIRST_BUTTONS,
        reasons=(Reason.GIVEN_BACK, Reason.DESK_LOST),
    ),
    Demo(
        "Leave your e-mail",
        When.FAILED,
        "Leave your e-mail address, and a colleague will write to you.",
        fields=(
            {"attribute": "user.email", "label": "E-mail", "type": "email", "required": True, "options": []},
            {"attribute": "request.about", "label": "What is it about?", "type": "long", "required": False, "options": []},
        ),
        then="Thank you! A colleague will write to {user.email}.",
    ),
]
HANDOVER_PHRASES = ["talk to a human", "human", "agent", "person", "somebody", "support", "help"]


class Command(BaseCommand):
    help = "Loads the demo workspace with a scenario that hands over to the desk given by the options."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--domain", required=True)
        parser.add_argument("--account", type=int, required=True)
        parser.add_argument("--inbox", type=int, required=True)
        # Not required: call_command would put required ones through the parser, where a random token may look like an option.
        parser.add_argument("--token", default="")
        parser.add_argument("--secret", default="")
        parser.add_argument("--origin", action="append", default=[], help="A website that may embed the demo chat.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        workspace, _ = Workspace.objects.get_or_create(slug="demo", defaults={"name": "Demo"})
        scenario, fresh = Scenario.objects.get_or_create(
            key="demo", defaults={"workspace": workspace, "name": "Northwind Coffee", "state": Scenario.State.ACTIVE}
        )
        handoff = connect(scenario, options)
        if fresh:
            write(scenario, handoff)
        allow(scenario, options["origin"])


def connect(scenario: Scenario, options: dict[str, Any]) -> Handoff:
    """The demo handoff, its values those of the desk as it runs now; switched on only when it is made."""
    handoff = scenario.handoffs.filter(name="Demo desk").first() or Handoff(scenario=scenario, name="Demo desk", active=True)
    handoff.domain, handoff.account_id, handoff.inbox_id = options["domain"], options["account"], options["inbox"]
    handoff.access_token, handoff.webhook_secret = options["token"], options["secret"]
    handoff.save()
    return handoff


def write(scenario: Scenario, handoff: Handoff) -> None:
    templates = {demo.name: write_message(scenario, demo, position) for position, demo in enumerate(MESSAGES)}
    templates["Talk to a human"] = scenario.templates.create(
        name="Talk to a human", when=When.PHRASES, phrases="\n".join(HANDOVER_PHRASES), position=len(MESSAGES)
    )
    write_handover(templates["Talk to a human"], handoff)
    for demo in MESSAGES:
        write_tiles(templates[demo.name], demo, {name: template.pk for name, template in templates.items()})


def write_tiles(template: MessageTemplate, demo: Demo, ids: dict[str, int]) -> None:
    if demo.fields:
        template.blocks.create(kind=Kind.FORM, text=demo.text, fields=list(demo.fields))
        template.blocks.create(kind=Kind.TEXT, text=demo.then, position=1)
        return
    leads = [as_button(label, target, ids).as_json() for label, target in demo.buttons]
    template.blocks.create(kind=Kind.BUTTONS if leads else Kind.TEXT, text=demo.text, buttons=leads)


def as_button(label: str, target: str, ids: dict[str, int]) -> Button:
    return Button(label, ids[target]) if target in ids else Button(label, href=target)


def write_message(scenario: Scenario, demo: Demo, position: int) -> MessageTemplate:
    conditions = [{"attribute": attribute, "operator": operator, "value": value} for attribute, operator, value in demo.only_if]
    return scenario.templates.create(
        name=demo.name,
        when=demo.when,
        phrases="\n".join(demo.phrases),
        conditions=conditions,
        reasons=[str(reason) for reason in demo.reasons],
        position=position,
    )


def write_handover(template: MessageTemplate, handoff: Handoff) -> None:
    endings = {
        Reason.GIVEN_BACK: Ending("{handover.agent_name|My colleague} has given you back to me, the assistant."),
        Reason.VISITOR_ENDED: Ending("You have left the conversation with our team. I am the assistant, and still here."),
        Reason.DESK_LOST: Ending("The conversation with our team was closed. You are back with me, the assistant."),
    }
    template.blocks.create(
        kind=Kind.HANDOVER,
        handoff=handoff,
        text="I am fetching a colleague. Tell us what it is about: they will read it first.",
        fallback_text="I am sorry, nobody is at the desk just now.",
        return_text="You are back with me, the assistant. Is there anything else?",
        endings={reason.value: ending.as_json() for reason, ending in endings.items()},
    )


def allow(scenario: Scenario, origins: list[str]) -> None:
    interface = InterfaceSettings.objects.get(scenario=scenario)
    known = interface.origins()
    interface.allowed_origins = "\n".join([*known, *(origin for origin in origins if origin not in known)])
    interface.save(update_fields=["allowed_origins"])
