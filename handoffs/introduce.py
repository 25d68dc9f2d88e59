"""How a visitor is introduced to the humans: who they are, how the desk is to file it, and the brief for whoever answers.

The brief is Markdown for agents' eyes. What visitors and their browsers told us stands in it as plain text, and the further lines of it in
quotes, so that nobody can write a heading, a picture, or a line of the transcript that somebody else seems to have said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from handoffs.attributes import all_values, escaped, mapped, value_of, written
from handoffs.models import Author, Conversation, File, Message, Transfer
from handoffs.providers import base

TRANSCRIPT_LIMIT = 100_000
MOST_ATTRIBUTES = 50
LONGEST_VALUE = 300
# What we keep in a context for ourselves, or say in another line of the brief.
NOT_COLLECTED = {"handover", "handover_success", "page", "language", "spoken"}
FAREWELL = (
    "*Resolve this conversation when you are done: that ends the handover, and the assistant answers again. "
    "Setting it to pending gives it back to the assistant as well.*"
)

AFTER_THE_END = (
    "**The chat had ended when you wrote this.** The visitor sees it as a message after the end; "
    "what they answer goes to the assistant and does not come here. "
)
OPEN_AGAIN = "To talk with them again, open this conversation again."
ONLY_THE_VISITOR = "They can ask for a human again; you cannot take the chat up from here."


# --- For the desk -------------------------------------------------------------------------------------------------------------------------


def person(transfer: Transfer) -> base.Person:
    """The visitor as the desk may know them."""
    handoff, visitor, context = transfer.handoff, transfer.conversation.visitor, transfer.conversation.context
    told = written(value_of(context, handoff.name_attribute))
    return base.Person(
        key=visitor.desk_key,
        name=marked(transfer, told or visitor.name()),
        named=bool(told),
        email=written(value_of(context, handoff.email_attribute)),
        phone=written(value_of(context, handoff.phone_attribute)),
        attributes=mapped(handoff.contact_attributes, context),
    )


def marked(transfer: Transfer, name: str) -> str:
    """Nobody at the desk shall take an admin who tries things out for a visitor."""
    return name if transfer.conversation.desk == Conversation.Desk.LIVE else f"Preview · {name}"


def request(transfer: Transfer) -> base.Request:
    """What the thread is opened for."""
    handoff = transfer.handoff
    return base.Request(
        key=str(transfer.pk),
        labels=tuple(filter(None, map(str.strip, handoff.labels.split(",")))),
        team=handoff.team_id,
        priority=handoff.priority,
        attributes=mapped(handoff.conversation_attributes, transfer.conversation.context),
    )


# --- For the agent ------------------------------------------------------------------------------------------------------------------------


def brief(transfer: Transfer, before: Message) -> str:
    """What an agent should know before they answer ``before`` and what follows it."""
    return brief_of(transfer, before, said_before(before))


def brief_of(transfer: Transfer, before: Message, said: list[Message]) -> str:
    parts = [preview(transfer), why(transfer, before, said), facts(transfer), "---", transcript(said), "---", FAREWELL]
    return "\n\n".join(filter(None, parts))


def preview(transfer: Transfer) -> str:
    conversation = transfer.conversation
    if conversation.desk == Conversation.Desk.LIVE:
        return ""
    by = conversation.previewed_by.get_username() if conversation.previewed_by else "an admin"
    return f"**Preview by {shown(by)}:** no visitor wrote this."


def said_before(message: Message) -> list[Message]:
    earlier = Message.objects.filter(conversation_id=message.conversation_id, revises=None, seq__lt=message.seq)
    return list(earlier.select_related("answers").prefetch_related("files").order_by("ord", "seq"))


def why(transfer: Transfer, before: Message, said: list[Message]) -> str:
    """Why a human is wanted, and the visitor's latest words: those that made it so, and those they typed themselves."""
    if before.said_at <= transfer.requested_at or not transfer.asked_by:
        return "**Not finished:** the visitor wrote again after the last conversation had ended."
    handed_over = f"**Handed over** by the message “{escaped(transfer.asked_by)}”."
    latest = [message for message in said if message.author == Author.VISITOR and message.text]
    if not latest:
        return handed_over
    pressed = {button["label"] for message in said for button in message.buttons}
    typed = [message for message in latest if message.text not in pressed and message.answers_id is None]
    parts = [f"{handed_over} Before that the visitor said:", quoted(latest[-1].text)]
    if typed and typed[-1] != latest[-1]:
        parts += ["In their own words:", quoted(typed[-1].text)]
    return "\n\n".join(parts)


def facts(transfer: Transfer) -> str:
    """What we know beside what was said, one line a fact."""
    context = transfer.conversation.context
    page = [written(value_of(context, path)) for path in ("page.title", "page.url")]
    known = [
        ("Page", " – ".join(filter(None, page))),
        ("Language", written(value_of(context, "language"))),
        ("Waiting", waited(transfer)),
        *((path, written(value)) for path, value in collected(context)),
    ]
    return "\n".join(f"- **{shown(name)}:** {shown(value)}" for name, value in known if value)


def collected(context: dict[str, Any]) -> list[tuple[str, base.Plain]]:
    return list(all_values({name: value for name, value in context.items() if name not in NOT_COLLECTED}))[:MOST_ATTRIBUTES]


def waited(transfer: Transfer) -> str:
    """Nothing while it is less than a minute: that goes without saying."""
    if transfer.waiting_since is None:
        return ""
    minutes = int((timezone.now() - transfer.waiting_since).total_seconds() // 60)
    return f"{minutes} min, since {transfer.waiting_since:%H:%M} UTC" if minutes > 0 else ""


def note(transfer: Transfer, message: Message) -> str:
    """What became of what an agent said, where they would not see it: a file that is not shown, or words after the end."""
    if message.author == Author.SYSTEM:
        return AFTER_THE_END + (OPEN_AGAIN if transfer.reason in Transfer.REVERSIBLE else ONLY_THE_VISITOR)
    failed = message.files.filter(state=File.State.FAILED)
    return "\n\n".join(["**Not shown to the visitor:**", *(f"{shown(file.name)}: {shown(file.error)}" for file in failed)])


# --- What was said ------------------------------------------------------------------------------------------------------------------------


def transcript(said: Iterable[Message]) -> str:
    """What was said so far, one paragraph a message, the latest part if it is very long."""
    lines = "\n\n".join(paragraph(message) for message in said)
    if not lines:
        return "The visitor asked for a human at once."
    cut = "…" + lines[-TRANSCRIPT_LIMIT:] if len(lines) > TRANSCRIPT_LIMIT else lines
    return f"**Before the handover:**\n\n{cut}"


def paragraph(message: Message) -> str:
    """Only the first line stands beside the speaker's name; the others are quoted, so none can look like another speaker's."""
    first, *others = [*words(message), ""]
    return "\n".join([f"{speaker(message)}: {first}".rstrip(), *(f"> {line}" for line in others if line)])


def words(message: Message) -> list[str]:
    """The lines of a message. Visitors write plain text, all others Markdown."""
    if message.gone:
        return ["(deleted by the agent)"]
    lines = message.text.splitlines()
    readable = [escaped(line) for line in lines] if message.author == Author.VISITOR else lines
    return [*question(message), *readable, *pictured(message), *offered(message), *map(attached, message.files.all())]


def speaker(message: Message) -> str:
    return "Visitor" if message.author == Author.VISITOR else escaped(message.name) or message.get_author_display()


def question(message: Message) -> list[str]:
    """What an answer answers."""
    asked = message.answers.text.split("\n")[0] if message.answers else ""
    return [f"(to “{shown(asked)}”)"] if asked else []


def pictured(message: Message) -> list[str]:
    """An image of the scenario, by what it shows."""
    return [f"(picture: {shown(message.picture['alt'])})"] if message.picture else []


def offered(message: Message) -> list[str]:
    """Buttons, and what was asked for."""
    labels = [button["label"] for button in message.buttons] or asked_for(message.control or {})
    return [f"\\[{' | '.join(map(escaped, labels))}\\]"] if labels else []


def asked_for(control: dict[str, Any]) -> list[str]:
    """What a control offers or asks for, in words."""
    match control.get("kind"):
        case "choice":
            return [option["title"] for option in control["options"]]
        case "cards" | "articles" as kind:
            return [shown["title"] for shown in control[kind] if shown["title"]]
        case "form":
            return [field.get("label") or field["name"] for field in control["fields"]]
        case "rating":
            return ["a rating from 1 to 5"]
        case "email":
            return ["an e-mail address"]
        case _:
            return []


def attached(file: File) -> str:
    return f"(file: {shown(file.name)})"


def quoted(text: str) -> str:
    return "\n".join(f"> {escaped(line)}" for line in text.splitlines())


def shown(text: str) -> str:
    """Plain text of any length as a piece of a line."""
    return escaped(" ".join(text.split())[:LONGEST_VALUE])
