"""The scenario the rig talks to: a bot that answers everything in one way, and a desk behind one phrase.

Run as a program with the product's environment, it writes this scenario into the product's database, beside the demo's.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

KEY = "rig"
HANDOVER_PHRASE = "human please"
BOT_TEXT = "The bot has heard you."
WAITING_TEXT = "Somebody is coming."
RETURN_TEXT = "The bot is back."
# The product's own, when the desk opens a thread again that it was done with.
BACK_TEXT = "The conversation was opened again: you are with the team."
FALLBACK_TEXT = "Nobody is there."


def write(domain: str, credentials: dict[str, Any]) -> None:
    # Django has to be set up before its models can be imported, and only this program wants it.
    import django

    django.setup()
    from handoffs.models import Handoff, MessageTemplate, Scenario, Workspace

    workspace, _ = Workspace.objects.get_or_create(slug="demo", defaults={"name": "Demo"})
    scenario, _ = Scenario.objects.get_or_create(key=KEY, defaults={"workspace": workspace, "name": "Rig", "state": Scenario.State.ACTIVE})
    handoff = Handoff(scenario=scenario, name="Rig desk", active=True, domain=domain)
    handoff.account_id, handoff.inbox_id = credentials["account_id"], credentials["inbox_id"]
    handoff.access_token, handoff.webhook_secret = credentials["admin_token"], credentials["inbox_secret"]
    handoff.save()
    When = MessageTemplate.When
    scenario.templates.create(name="Welcome", when=When.WELCOME).blocks.create(kind="text", text="Welcome to the rig.")
    scenario.templates.create(name="Any", when=When.NO_MATCH).blocks.create(kind="text", text=BOT_TEXT)
    asked = scenario.templates.create(name="Human", when=When.PHRASES, phrases=HANDOVER_PHRASE)
    asked.blocks.create(kind="handover", handoff=handoff, text=WAITING_TEXT, fallback_text=FALLBACK_TEXT, return_text=RETURN_TEXT)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handoff_project.settings")
    write(sys.argv[1], json.loads(sys.argv[2]))
