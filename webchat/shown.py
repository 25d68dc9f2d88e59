"""What the visitor gets to see of what was said (docs/protocol.md, “A message”)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse

from handoffs.models import Author, File, Message
from webchat import markdown

FORMATTED = (Author.AGENT, Author.BOT)


def messages(rows: Sequence[Message], here: frozenset[str]) -> list[dict[str, Any]]:
    """A row that numbers a change shows the changed message under the change's number. ``here``: the pictures that can be shown."""
    return [message(row.seq, row.revises or row, here) for row in rows]


def moment(at: datetime) -> str:
    """In UTC, to the millisecond: 2026-11-22T10:15:30.123Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def gather(rows: Sequence[Message]) -> None:
    """What comes with the messages, in one query however many they are."""
    prefetch_related_objects([row.revises or row for row in rows], "files")


def pictures_here(rows: Sequence[Message], floor: dict[str, Any]) -> frozenset[str]:
    """Of the photos beside messages and the pictures on cards: those whose bytes are here already."""
    named = {floor["photo"], *(name for row in rows for name in pictures_of(row.revises or row))} - {None}
    ready = File.objects.filter(pk__in=named, state=File.State.READY).values_list("pk", flat=True) if named else ()
    return frozenset(map(str, ready))


def pictures_of(message: Message) -> list[str | None]:
    return [name_of(message.photo_id), *(card["image"] for card in cards_of(message.control))]


def cards_of(control: dict[str, Any] | None) -> list[dict[str, Any]]:
    return control["cards"] if control and control["kind"] == "cards" else []


def message(seq: int, shown: Message, here: frozenset[str]) -> dict[str, Any]:
    author = Author(shown.author)
    return {
        "type": "message",
        "seq": seq,
        "id": str(shown.pk),
        "ord": shown.ord,
        "cid": name_of(shown.cid),
        "at": moment(shown.said_at),
        "author": {"kind": author, "name": shown.name or None, "photo": if_here(name_of(shown.photo_id), here)},
        "text": shown.text,
        "rich": markdown.tree(shown.text) if author in FORMATTED else None,
        "buttons": [button(each) for each in shown.buttons],
        "picture": picture(shown.picture),
        "files": [file(each) for each in shown.files.all()],
        "control": control(shown.control, here),
        "answers": name_of(shown.answers_id),
        "gone": shown.gone,
        "delivery": ("failed" if shown.undelivered else "stored") if author == Author.VISITOR else None,
    }


def button(offered: dict[str, Any]) -> dict[str, Any]:
    """Only a link says where it leads."""
    return {name: offered[name] for name in ("label", "href") if name in offered}


def picture(said: dict[str, Any] | None) -> dict[str, Any] | None:
    if said is None:
        return None
    url = reverse("picture", args=[said["key"], said["id"]])
    return {"url": url, "alt": said["alt"], "width": said["width"], "height": said["height"]}


def control(asked: dict[str, Any] | None, here: frozenset[str]) -> dict[str, Any] | None:
    """As it was asked; which tile of the scenario it came from is nobody's business."""
    if asked is None:
        return None
    cards = [{**card, "image": if_here(card["image"], here)} for card in cards_of(asked)]
    shown = {**asked, "cards": cards} if cards else asked
    return {name: value for name, value in shown.items() if name != "form"}


def file(row: File) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("kind", "name", "type", "size", "width", "height", "state")}
    return {"id": str(row.pk), **said}


def if_here(name: str | None, here: frozenset[str]) -> str | None:
    return name if name in here else None


def name_of(key: uuid.UUID | None) -> str | None:
    return str(key) if key else None
