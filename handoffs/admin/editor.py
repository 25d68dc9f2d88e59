"""What the Message Editor's page tells its script: everything a tile may refer to, and what the agent will see."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from handoffs import introduce, stored
from handoffs.fields import MOST_BUTTONS, MOST_FIELDS, SIGNS
from handoffs.models import Author, Block, Conversation, Handoff, Message, MessageTemplate, Picture, Scenario, Transfer

BUILT_IN = [
    "user.id",
    "user.name",
    "user.first_name",
    "user.email",
    "user.phone",
    "user.verified",
    "user.visits",
    "user.seconds_since_last_seen",
    "handover.status",
    "handover.reason",
    "handover.agent_name",
    "handover.waited_seconds",
    "handover.duration_seconds",
    "handover.last_agent_message",
    "handover.rating",
    "handover_success",
    "page.url",
    "page.title",
    "language",
]
EXAMPLE = {
    "user": {"name": "Ada Lovelace", "email": "ada@example.com", "visits": 3},
    "page": {"url": "https://www.example.com/prices", "title": "Prices"},
    "language": "en",
}
# What a tile is for, as the menu says it, and what its text is.
KINDS: dict[str, tuple[str, str]] = {
    Block.Kind.TEXT: ("Words, with bold, lists and links", "Text"),
    Block.Kind.IMAGE: ("A picture", "Text"),
    Block.Kind.BUTTONS: ("Answers to press: to a message, a link, or a value to keep", "Words above the buttons"),
    Block.Kind.FORM: ("Questions whose answers are kept", "Words above the form"),
    Block.Kind.HANDOVER: ("From here humans answer", "When it starts"),
    Block.Kind.END: ("Says goodbye", "Last words"),
}
FIELD_TYPE_WORDS = {
    "text": "Words",
    "email": "E-mail",
    "phone": "Phone number",
    "number": "Number",
    "long": "Long text",
    "select": "Choice",
}
SIGN_WORDS = {"=": "is", "!=": "is not", ">": "is greater than", "<": "is less than"}
SAID = [(Author.BOT, "Hello! What can I do for you?"), (Author.VISITOR, "Can I speak to a human, please?")]
WAITED = timedelta(minutes=2)


def editor(scenario: Scenario, template: MessageTemplate | None = None) -> dict[str, Any]:
    """JSON-safe."""
    messages = list(scenario.templates.all())
    handoffs = Handoff.objects.real().filter(scenario=scenario)
    pictures = Picture.objects.filter(scenario=scenario).defer("content").order_by("-created_at")
    return {
        "key": scenario.key,
        "draft_url": reverse("draft", args=[scenario.key]),
        "messages": [{"id": each.pk, "name": each.name} for each in messages],
        "handoffs": [{"id": str(each.pk), "name": each.name, "active": each.active} for each in handoffs],
        "pictures": [picture(each, scenario) for each in pictures],
        "attributes": attributes(messages),
        "kinds": {kind: {"name": Block.Kind(kind).label, "text": text} for kind, (_, text) in KINDS.items()},
        "types": [[kind, FIELD_TYPE_WORDS[kind]] for kind in stored.FIELD_TYPES],
        "signs": [[sign, SIGN_WORDS.get(sign, sign)] for sign in SIGNS],
        "most": {"buttons": MOST_BUTTONS, "fields": MOST_FIELDS},
        "brief": brief(template.name if template else "Talk to a human"),
    }


def menu() -> list[dict[str, str]]:
    """The kinds of tiles that can be added."""
    return [{"kind": kind, "name": Block.Kind(kind).label, "purpose": purpose} for kind, (purpose, _) in KINDS.items()]


def picture(picture: Picture, scenario: Scenario) -> dict[str, str]:
    return {"id": str(picture.pk), "name": picture.name, "url": reverse("picture", args=[scenario.key, picture.pk])}


def attributes(messages: list[MessageTemplate]) -> list[str]:
    """What the scenario asks for, keeps and goes by, then what is known anyway; each once."""
    tiles = Block.objects.filter(template__in=[message.pk for message in messages]).only("kind", "fields", "buttons")
    asked = [field.attribute for tile in tiles for field in stored.form_fields(tile.fields)]
    kept = [button.attribute for tile in tiles for button in stored.buttons(tile.buttons)]
    compared = [condition.attribute for message in messages for condition in stored.conditions(message.conditions)]
    return [*dict.fromkeys(filter(None, [*asked, *kept, *compared, *BUILT_IN]))]


def brief(asked_by: str) -> str:
    """The brief as ``introduce`` writes it, for a visitor who is not there. Nothing of it is stored."""
    now = timezone.now()
    conversation = Conversation(pk=uuid.uuid4(), context=EXAMPLE)
    transfer = Transfer(conversation=conversation, asked_by=asked_by, requested_at=now - WAITED, waiting_since=now - WAITED)
    said = [Message(conversation=conversation, author=author, text=text) for author, text in SAID]
    return introduce.brief_of(transfer, Message(conversation=conversation, said_at=now), said)
