"""The demo workspace: a coffee shop's scenario, handing over to the desk it is given. Loading it again keeps what was edited."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from handoffs.models import Block, Handoff, InterfaceSettings, MessageTemplate, Scenario, Workspace

When, Kind = MessageTemplate.When, Block.Kind

# (name, used when, phrases, text, labels of buttons and where they lead)
MESSAGES: list[tuple[str, str, list[str], str, list[tuple[str, str]]]] = [
    (
        "Welcome",
        When.WELCOME,
        [],
        "Hello, and welcome to Northwind Coffee! I am the shop’s assistant. What can I do for you?",
        [("Opening hours", "Opening hours"), ("Where is my order?", "Orders"), ("Talk to a human", "Talk to a human")],
    ),
    (
        "Opening hours",
        When.PHRASES,
        ["opening hours", "open", "hours", "when are you open", "closed"],
        "The roastery is open Monday to Saturday from 8 to 18 o’clock. On Sundays we drink coffee ourselves.",
        [("Where is the shop?", "Address"), ("Talk to a human", "Talk to a human")],
    ),
    (
        "Address",
        When.PHRASES,
        ["address", "where are you", "where is the shop", "location"],
        "Harbour Street 12, right beside the old customs house. There are racks for bicycles in the yard.",
        [],
    ),
    (
        "Orders",
        When.PHRASES,
        ["order", "parcel", "delivery", "where is my order", "track"],
        "We roast on Tuesdays and Thursdays and post the same evening; most parcels arrive two days later. A colleague can look yours up.",
        [("Talk to a human", "Talk to a human"), ("Thanks, that helps", "Thanks")],
    ),
    ("Thanks", When.PHRASES, ["thanks", "thank you", "great", "that helps"], "You are welcome. Enjoy your coffee!", []),
    ("Greeting", When.PHRASES, ["hello", "hi", "hey", "good morning"], "Hello! Ask me about opening hours, orders, or for a human.", []),
    (
        "Not understood",
        When.NO_MATCH,
        [],
        "I did not quite get that. Shall I fetch somebody who will?",
        [("Talk to a human", "Talk to a human"), ("Opening hours", "Opening hours")],
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
    templates = {
        name: scenario.templates.create(name=name, when=when, phrases="\n".join(phrases), position=position)
        for position, (name, when, phrases, _, _) in enumerate(MESSAGES)
    }
    templates["Talk to a human"] = write_handover(scenario, handoff, position=len(MESSAGES))
    for name, _, _, text, buttons in MESSAGES:
        leads = [{"label": label, "leads_to": templates[target].pk} for label, target in buttons]
        templates[name].blocks.create(kind=Kind.BUTTONS if leads else Kind.TEXT, text=text, buttons=leads)


def write_handover(scenario: Scenario, handoff: Handoff, position: int) -> MessageTemplate:
    template = scenario.templates.create(name="Talk to a human", when=When.PHRASES, phrases="\n".join(HANDOVER_PHRASES), position=position)
    template.blocks.create(
        kind=Kind.HANDOVER,
        handoff=handoff,
        text="I am fetching a colleague. Tell us what it is about: they will read it first.",
        fallback_text="I am sorry, nobody is at the desk just now. Please write to coffee@northwind.example.",
        return_text="You are back with me, the assistant. Is there anything else?",
    )
    return template


def allow(scenario: Scenario, origins: list[str]) -> None:
    interface = InterfaceSettings.objects.get(scenario=scenario)
    known = interface.origins()
    interface.allowed_origins = "\n".join([*known, *(origin for origin in origins if origin not in known)])
    interface.save(update_fields=["allowed_origins"])
