"""What a desk tells us, acted upon. Each verb is one transaction under the conversation's lock; the same thing again does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from handoffs import announce, attributes, files, outbox, playing, switchboard
from handoffs.models import Author, Conversation, Delivery, File, Handoff, Message, Transfer
from handoffs.providers import base

# How long a human counts as writing after the desk said so.
TYPING = timedelta(seconds=8)
LONGEST_QUOTE = 1000


class NotYet(Exception):
    """An event of a thread whose id we have not written down yet: it came before the desk answered us. Try again soon."""


def hear(handoff: Handoff, event: base.Event) -> str:
    """Act on one event; returns what it did, in words."""
    match event:
        case base.Ignored(why):
            return f"nothing: {why}"
        case base.OurEcho(_, key, remote_id):
            return outbox.came_back(handoff, key, remote_id)
        case base.AgentSaid(thread):
            return with_transfer(handoff, thread, lambda transfer: agent_says(transfer, event))
        case base.MessageRemoved(thread, remote_id):
            return with_transfer(handoff, thread, lambda transfer: message_removed(transfer, remote_id))
        case base.AgentTyping(thread, on):
            return with_transfer(handoff, thread, lambda transfer: agent_types(transfer, on))
        case base.ThreadChanged(_, what):
            return f"nothing by itself: {what}"


def with_transfer(handoff: Handoff, thread: base.ThreadRef, act: Callable[[Transfer], str]) -> str:
    transfer = transfer_of(handoff, thread)
    if transfer is None:
        return f"nothing: thread {thread.conversation_id} is none of ours"
    return act(transfer)


def transfer_of(handoff: Handoff, thread: base.ThreadRef) -> Transfer | None:
    """The transfer a thread belongs to: the open one, else the latest. A desk may use one thread for several transfers."""
    mine = Transfer.objects.filter(handoff=handoff)
    if thread.person_key:
        # A thread of this number with another person is another installation's, or another account's.
        mine = mine.filter(conversation__visitor__desk_key=thread.person_key)
    if found := mine.filter(thread_id=thread.conversation_id).order_by("-requested_at").first():
        return found
    if thread.person_key and mine.open().filter(thread_id="").exists():
        raise NotYet(f"Thread {thread.conversation_id} of a visitor we are just introducing.")
    return None


def is_known(handoff: Handoff, event: base.Event) -> bool:
    """Whether hearing this would do nothing, as far as one look tells."""
    match event:
        case base.Ignored():
            return True
        case base.OurEcho(_, key, remote_id):
            return outbox.is_settled(handoff, key, remote_id)
        case base.AgentSaid(remote_id=remote_id, failed=False):
            return Message.objects.filter(handoff=handoff, remote_id=remote_id).exists()
        case _:
            return False


# --- Messages -----------------------------------------------------------------------------------------------------------------------------


def agent_says(transfer: Transfer, event: base.AgentSaid) -> str:
    known = Message.objects.filter(handoff_id=transfer.handoff_id, remote_id=event.remote_id).first()
    if known is None:
        return show(transfer, event)
    if event.failed and not known.gone:
        return outbox.desk_believes_lost(known)
    return f"nothing: message {event.remote_id} was shown already"


@transaction.atomic
def show(transfer: Transfer, event: base.AgentSaid) -> str:
    """Number an agent's message, once. A late one is placed before the agent's later ones."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    transfer = Transfer.objects.get(pk=transfer.pk)
    if Message.objects.filter(handoff_id=transfer.handoff_id, remote_id=event.remote_id).exists():
        return f"nothing: message {event.remote_id} was shown already"
    photo = files.expect_photo(conversation, event.photo) if event.photo else None
    if event.name:
        switchboard.agent_joins(conversation, transfer, event.name, photo)
    say_that_it_is_late(conversation, transfer)
    message = conversation.say(Author.AGENT, event.text, **about(conversation, transfer, event, photo))
    for remote in event.files:
        files.expect(conversation, message, remote)
    not_typing(transfer)
    # A question for a rating is the desk's, in the desk's words.
    if (event.control or {}).get("kind") != "rating":
        playing.remember_handover(conversation, last_agent_message=event.text[:LONGEST_QUOTE])
    announce.conversation_changed(conversation.pk)
    return f"agent’s message {event.remote_id} shown as number {message.seq}"


def about(conversation: Conversation, transfer: Transfer, event: base.AgentSaid, photo: File | None) -> dict[str, Any]:
    return {
        "name": event.name or "",
        "photo": photo,
        "transfer": transfer,
        "handoff_id": transfer.handoff_id,
        "remote_id": event.remote_id,
        "desk_failed": event.failed,
        "control": with_own_images(conversation, event.control),
        **place_of(transfer, event.remote_id),
    }


def with_own_images(conversation: Conversation, control: Any) -> Any:
    """Cards name their pictures by the desk's addresses; a visitor's page gets them from us only."""
    if not control or control.get("kind") != "cards":
        return control
    return {**control, "cards": [card_with_own_image(conversation, card) for card in control["cards"]]}


def card_with_own_image(conversation: Conversation, card: dict[str, Any]) -> dict[str, Any]:
    address = card.get("image")
    return {**card, "image": str(files.expect_photo(conversation, address).pk) if address else None}


def say_that_it_is_late(conversation: Conversation, transfer: Transfer) -> None:
    """Before the first message of an agent after the end. They are told, too, unless the answer will be theirs again."""
    if transfer.is_open() or said_late(transfer).exists():
        return
    announced = conversation.say(Author.SYSTEM, playing.ours(conversation).afterwards, transfer=transfer)
    if not transfer.goes_on():
        outbox.owe(transfer, announced, Delivery.Kind.NOTE)


def said_late(transfer: Transfer) -> QuerySet[Message]:
    """What came from the desk after the end, and what announced it."""
    return transfer.messages.filter(said_at__gt=transfer.ended_at, revises=None, gone=False)


def place_of(transfer: Transfer, remote_id: int) -> dict[str, float]:
    """Just before the first agent's message with a higher remote id, if there is one already."""
    said = Message.objects.filter(conversation_id=transfer.conversation_id, revises=None)
    later = said.filter(handoff_id=transfer.handoff_id, remote_id__gt=remote_id).order_by("ord").first()
    if later is None:
        return {}
    before = said.filter(ord__lt=later.ord).aggregate(ord=Max("ord"))["ord"] or 0
    return {"ord": (before + later.ord) / 2}


@transaction.atomic
def message_removed(transfer: Transfer, remote_id: int) -> str:
    """The agent took it back: it vanishes. One that we never showed is numbered as gone, so that it is not shown when it comes late."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    message = Message.objects.filter(handoff_id=transfer.handoff_id, remote_id=remote_id).first()
    if message is None:
        conversation.say(Author.AGENT, "", transfer=transfer, handoff_id=transfer.handoff_id, remote_id=remote_id, gone=True)
        return f"message {remote_id} was taken back before it came"
    if message.gone:
        return f"nothing: message {remote_id} is gone already"
    forget(conversation, message.text)
    take_back(conversation, message)
    if not transfer.is_open() and not said_late(transfer).exclude(author=Author.SYSTEM).exists():
        # What announced it has nothing to announce any more.
        for announced in said_late(transfer):
            take_back(conversation, announced)
    announce.conversation_changed(conversation.pk)
    return f"message {remote_id} is gone"


def take_back(conversation: Conversation, message: Message) -> None:
    message.files.all().delete()
    message.text, message.control, message.gone = "", None, True
    message.save(update_fields=["text", "control", "gone"])
    conversation.say_again(message)


def forget(conversation: Conversation, text: str) -> None:
    """The scenario must not repeat what was taken back."""
    if attributes.group(conversation.context, "handover").get("last_agent_message") == text[:LONGEST_QUOTE]:
        playing.remember_handover(conversation, last_agent_message=None)


# --- Typing -------------------------------------------------------------------------------------------------------------------------------


def agent_types(transfer: Transfer, on: bool) -> str:
    if on:
        Transfer.objects.open().filter(pk=transfer.pk).update(typing_until=timezone.now() + TYPING)
    else:
        not_typing(transfer)
    announce.conversation_changed(transfer.conversation_id)
    return "the agent types" if on else "the agent stopped typing"


def not_typing(transfer: Transfer) -> None:
    Transfer.objects.filter(pk=transfer.pk).exclude(typing_until=None).update(typing_until=None)


# --- The thread ---------------------------------------------------------------------------------------------------------------------------


def thread_stands(transfer: Transfer, state: base.ThreadState) -> list[str]:
    """How the desk says the transfer's thread stands now; returns what changed here, in words. An older reading changes nothing."""
    if not is_news(transfer, state):
        return []
    transfer.refresh_from_db()
    if transfer.is_open() and state.closed:
        reason = Transfer.Reason(state.closed)
        return [f"transfer ended: {reason.label}"] if switchboard.end(transfer, reason) else []
    if not transfer.is_open() and not state.closed and not opened_again(transfer):
        return []
    return hands_changed(transfer, state)


def is_news(transfer: Transfer, state: base.ThreadState) -> bool:
    if state.at is None:
        return True
    known = Transfer.objects.filter(pk=transfer.pk)
    return bool(known.exclude(state_at__gt=state.at).update(state_at=state.at))


@transaction.atomic
def opened_again(transfer: Transfer) -> bool:
    """The desk opened a thread it was done with: the humans have the floor again, unless something else goes on meanwhile."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    latest = conversation.latest_transfer()
    if latest is None or latest.pk != transfer.pk or latest.is_open() or latest.reason not in Transfer.REVERSIBLE:
        return False
    if latest.deliveries.open().filter(kind=Delivery.Kind.CLOSE).exists():
        # It was ended here, and the desk has not closed it yet.
        return False
    switchboard.take_up_again(latest)
    playing.system_says(conversation, playing.ours(conversation).opened_again)
    announce.conversation_changed(conversation.pk)
    return True


@transaction.atomic
def hands_changed(transfer: Transfer, state: base.ThreadState) -> list[str]:
    """Whom the desk has given the thread to."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    transfer = Transfer.objects.get(pk=transfer.pk)
    before, now = transfer.assigned_to, state.agent or ""
    if before == now or not transfer.is_open():
        return []
    transfer.assigned_to = now
    transfer.save(update_fields=["assigned_to"])
    if now:
        photo = files.expect_photo(conversation, state.photo) if state.photo else None
        switchboard.agent_joins(conversation, transfer, now, photo, instead_of=before if transfer.agent_name == before else "")
    elif transfer.agent_name == before:
        switchboard.agent_leaves(conversation, transfer)
    announce.conversation_changed(conversation.pk)
    return [f"assigned to {now}" if now else f"{before} gave it up"]


def thread_is_gone(transfer: Transfer) -> list[str]:
    """The desk has deleted the thread. What the visitor says to humans next goes to a new one."""
    Transfer.objects.filter(pk=transfer.pk, thread_id=transfer.thread_id).update(
        person_id="", thread_id="", door="", cursor=0, state_at=None
    )
    reason = Transfer.Reason.DESK_LOST
    return [f"transfer ended: {reason.label}"] if switchboard.end(transfer, reason) else []
