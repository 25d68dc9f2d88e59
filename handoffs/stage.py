"""A rehearsal's other side: the admin plays the agent. What they do goes to the pretend desk as an agent's own doing, over its API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw

from handoffs.models import Handoff, Transfer
from handoffs.rehearsal import CannotRehearse, Desk

DOWN_FOR = timedelta(minutes=1)
MOST_SHOWN = 200
LONGEST_TEXT = 10_000
QUESTION = "Which of these is it about?"
CHOICES = [
    {"title": "My order", "value": "order"},
    {"title": "An invoice", "value": "invoice"},
    {"title": "Something else", "value": "other"},
]
AUTHORS = {0: "visitor", 1: "agent", 2: "activity", 3: "desk"}


@dataclass(frozen=True)
class Scene:
    """The thread of a transfer at the pretend desk, with the agent before it."""

    transfer: Transfer
    desk: Desk

    @property
    def thread(self) -> str:
        return f"conversations/{self.transfer.thread_id}"

    def say(self, text: str, **more: Any) -> None:
        self.desk.call("POST", f"{self.thread}/messages", {"content": text, "message_type": "outgoing", **more})

    def set_status(self, status: str) -> None:
        self.desk.call("POST", f"{self.thread}/toggle_status", {"status": status})


def scene_of(transfer: Transfer | None) -> Scene | None:
    """None before the desk has heard of it: that is when the visitor says something after being handed over."""
    if transfer is None or not transfer.thread_id or not transfer.handoff.rehearsal or not settings.REHEARSAL_DESK:
        return None
    return Scene(transfer, Desk(settings.REHEARSAL_AGENT_TOKEN))


def shown(scene: Scene) -> dict[str, Any]:
    """The thread as the agent sees it, private notes included."""
    said = scene.desk.get(f"{scene.thread}/messages?after=0")["payload"][-MOST_SHOWN:]
    status = scene.desk.get(scene.thread)["status"]
    return {"status": status, "messages": [line(message) for message in said]}


def line(message: dict[str, Any]) -> dict[str, Any]:
    sender = message.get("sender") or {}
    return {
        "id": message["id"],
        "author": "note" if message["private"] else AUTHORS.get(message["message_type"], "desk"),
        "name": sender.get("available_name") or sender.get("name") or "",
        "text": message["content"] or "",
        "choices": [item["title"] for item in (message["content_attributes"] or {}).get("items") or [] if "title" in item],
        "files": [attached.get("data_url", "").rpartition("/")[2] or "file" for attached in message.get("attachments") or []],
        "failed": message["status"] == "failed",
    }


# --- Situations ---------------------------------------------------------------------------------------------------------------------------


def reply(scene: Scene, text: str) -> None:
    scene.say(words(text))


def note(scene: Scene, text: str) -> None:
    scene.say(words(text), private=True)


def words(text: str) -> str:
    if not text.strip():
        raise CannotRehearse("Type what the agent says first.")
    if len(text) > LONGEST_TEXT:
        raise CannotRehearse(f"That is too long; {LONGEST_TEXT} characters are the most.")
    return text.replace("\0", "")


def types(scene: Scene, text: str) -> None:
    scene.desk.call("POST", f"{scene.thread}/toggle_typing_status", {"typing_status": "on", "is_private": False})


def takes(scene: Scene, text: str) -> None:
    scene.desk.call("POST", f"{scene.thread}/assignments", {"assignee_id": scene.desk.profile["id"]})


def asks(scene: Scene, text: str) -> None:
    scene.say(QUESTION, content_type="input_select", content_attributes={"items": CHOICES})


def sends_file(scene: Scene, text: str) -> None:
    files = [("attachments[]", ("from-the-agent.png", picture(), "image/png"))]
    scene.desk.call("POST", f"{scene.thread}/messages", data={"content": "", "message_type": "outgoing"}, files=files)


def picture() -> bytes:
    """Something to look at."""
    image = Image.new("RGB", (320, 180), "#2757e8")
    ImageDraw.Draw(image).text((24, 72), "A picture from the agent", fill="white", font_size=22)
    drawn = BytesIO()
    image.save(drawn, "PNG")
    return drawn.getvalue()


def closes(scene: Scene, text: str) -> None:
    scene.set_status("resolved")


def gives_back(scene: Scene, text: str) -> None:
    scene.set_status("pending")


def nobody(scene: Scene, text: str) -> None:
    """As a desk does that closes by itself what nobody answered for long."""
    if scene.transfer.agent_name:
        raise CannotRehearse("Somebody has answered already. Restart, hand over again, and do not answer this time.")
    scene.set_status("resolved")


SITUATIONS: dict[str, Callable[[Scene, str], None]] = {
    "reply": reply,
    "note": note,
    "types": types,
    "takes": takes,
    "asks": asks,
    "file": sends_file,
    "closes": closes,
    "gives_back": gives_back,
    "nobody": nobody,
}


# --- The desk is down ---------------------------------------------------------------------------------------------------------------------


def take_down(handoff: Handoff) -> None:
    """For a minute, and for this scenario's rehearsals only, nobody is there where the relay calls. It comes back by itself."""
    Handoff.objects.filter(pk=handoff.pk, rehearsal=True).update(down_until=timezone.now() + DOWN_FOR)


def bring_back(handoff: Handoff) -> None:
    Handoff.objects.filter(pk=handoff.pk, rehearsal=True).update(down_until=None)
    handoff.forget_trouble()
