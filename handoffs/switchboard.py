"""Who has the floor. Each verb is one transaction under the conversation's lock, to be read from top to bottom.

An open transfer means the humans have it, none means the bot: a query, not a flag. So bot and human never both answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from handoffs import announce, bot, script
from handoffs.models import Author, Conversation, Delivery, Handoff, Message, Scenario, Transfer, Visitor
from handoffs.providers import base

WAITING_TEXT = "A colleague will be with you soon. Go on and tell us what it is about."
FALLBACK_TEXT = "Sorry, nobody can be reached just now."
TEN_SECONDS = timedelta(seconds=10)
RETURN_TEXT = "You are back with the assistant."


class Refusal(Exception):
    """What the visitor said was not taken. ``final``: saying it again is pointless."""

    def __init__(self, code: str, detail: str, *, final: bool = True, expect: int | None = None, after: float | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.final, self.expect, self.after = code, detail, final, expect, after


class NotYet(Exception):
    """An event of a thread whose id we have not written down yet: it came before the desk answered us. Try again soon."""


@dataclass(frozen=True)
class ButtonRef:
    """A button of a bot's message, as the browser names it."""

    message: uuid.UUID
    index: int


@dataclass(frozen=True)
class Words:
    """What a visitor says. ``cid`` is the browser's id of it, ``n`` counts within the tab (both absent for callers that keep no count)."""

    cid: uuid.UUID
    text: str
    tab: uuid.UUID | None = None
    n: int | None = None
    button: ButtonRef | None = None


@dataclass(frozen=True)
class Said:
    message: Message
    dup: bool


# --- The visitor --------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(scenario: Scenario, origin: str) -> tuple[str, Conversation]:
    """A new visitor arrives: their token, and their conversation with the welcome said."""
    visitor = Visitor.objects.create(scenario=scenario)
    conversation = Conversation.objects.create(scenario=scenario, visitor=visitor)
    play(conversation, bot.welcome(scenario.script()).blocks)
    return visitor.give_token(origin), conversation


@transaction.atomic
def visitor_says(conversation_id: uuid.UUID, words: Words) -> Said:
    """Number and store what the visitor said, then let whoever has the floor have it. The same ``cid`` again returns the first storing."""
    conversation = Conversation.objects.locked(conversation_id)
    if known := conversation.messages.filter(cid=words.cid).first():
        return said_before(known, words)
    expect_next(conversation, words)
    keep_to_the_pace(conversation)
    pressed = pressed_button(conversation, words)
    message = conversation.say(Author.VISITOR, words.text, cid=words.cid, tab=words.tab, n=words.n)
    if transfer := conversation.open_transfer():
        owe(transfer, message)
    else:
        turn = bot.answer(conversation.scenario.script(), words.text, pressed)
        play(conversation, turn.blocks)
    announce.conversation_changed(conversation.pk)
    return Said(message, dup=False)


def said_before(known: Message, words: Words) -> Said:
    if known.text != words.text:
        raise Refusal("conflict", "Another message was stored under this cid.")
    return Said(known, dup=True)


def expect_next(conversation: Conversation, words: Words) -> None:
    """A tab's messages are taken in the order it counted them, whichever way they came."""
    if words.tab is None or words.n is None:
        return
    expect = last_n(conversation, words.tab) + 1
    if words.n != expect:
        raise Refusal("order", f"This tab's next message is number {expect}.", final=False, expect=expect)


def last_n(conversation: Conversation, tab: uuid.UUID) -> int:
    return conversation.messages.filter(tab=tab).aggregate(n=Max("n"))["n"] or 0


def keep_to_the_pace(conversation: Conversation) -> None:
    """A visitor may say so many things in ten seconds, over however many sockets."""
    said = conversation.messages.filter(author=Author.VISITOR, revises=None).order_by("-seq").values_list("said_at", flat=True)
    limit = said[settings.MESSAGES_PER_TEN_SECONDS - 1 : settings.MESSAGES_PER_TEN_SECONDS].first()
    wait = (limit + TEN_SECONDS - timezone.now()).total_seconds() if limit else 0
    if wait > 0:
        raise Refusal("rate", "That was a lot at once; one moment, please.", final=False, after=round(wait, 1))


def visitor_is_here(conversation: Conversation) -> None:
    """Their browser asks for something: while they look, the desk is asked more often for what its webhooks may have missed."""
    now = timezone.now()
    if conversation.visitor_seen_at is None or conversation.visitor_seen_at < now - TEN_SECONDS:
        Conversation.objects.filter(pk=conversation.pk).update(visitor_seen_at=now)


def pressed_button(conversation: Conversation, words: Words) -> int | None:
    """The template a pressed button leads to. Raises ``Refusal`` unless the button really stands in this conversation with this label."""
    if words.button is None:
        return None
    offered = conversation.messages.filter(pk=words.button.message, author=Author.BOT).values_list("buttons", flat=True).first() or []
    if not 0 <= words.button.index < len(offered) or offered[words.button.index]["label"] != words.text:
        raise Refusal("unknown_button", "This button was not offered here.")
    return int(offered[words.button.index]["leads_to"])


# --- The bot ------------------------------------------------------------------------------------------------------------------------------


def play(conversation: Conversation, blocks: Iterable[script.Block]) -> None:
    """Say the blocks in order; after a handover the humans have the floor and the rest is not said."""
    for block in blocks:
        match block:
            case script.ConversationHandover():
                hand_over(conversation, block)
                return
            case script.End(text):
                bot_says(conversation, text)
                return
            case script.Buttons(text, buttons):
                bot_says(conversation, text, [button.as_json() for button in buttons])
            case script.Text(text):
                bot_says(conversation, text)


def bot_says(conversation: Conversation, text: str, buttons: list[dict[str, Any]] | None = None) -> None:
    if text or buttons:
        conversation.say(Author.BOT, text, name=conversation.scenario.interface.bot_name, buttons=buttons or [])


# --- The handover -------------------------------------------------------------------------------------------------------------------------


def hand_over(conversation: Conversation, block: script.ConversationHandover) -> None:
    """Give the floor to the humans, or say the fallback when they cannot be reached. Under the caller's lock."""
    handoff = Handoff.objects.filter(pk=block.handoff_id, scenario=conversation.scenario_id, active=True).first()
    conversation.remember("handover_success", handoff is not None)
    if handoff is None:
        bot_says(conversation, block.fallback_text or FALLBACK_TEXT)
        return
    conversation.transfers.create(handoff=handoff, return_text=block.return_text)
    bot_says(conversation, block.text or WAITING_TEXT)


def owe(transfer: Transfer, message: Message) -> None:
    """Write down that the desk is to get this message; before the first one, the transcript so far."""
    if transfer.state == Transfer.State.REQUESTED:
        Delivery.objects.create(conversation_id=transfer.conversation_id, transfer=transfer, message=message, kind=Delivery.Kind.BRIEF)
        transfer.state = Transfer.State.WAITING
        transfer.save(update_fields=["state"])
    Delivery.objects.create(conversation_id=transfer.conversation_id, transfer=transfer, message=message)
    announce.delivery_due(transfer.conversation_id)


def delivery_refused(delivery: Delivery) -> None:
    """The desk will not take this message: the visitor sees it."""
    mark_undelivered(delivery, True)


def send_again(delivery: Delivery) -> bool:
    """Try a delivery again that the desk refused; it is looked for first, so trying twice sends once. False if it is not parked."""
    parked = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PARKED)
    if not parked.update(state=Delivery.State.UNKNOWN, due_at=timezone.now(), last_error=""):
        return False
    mark_undelivered(delivery, False)
    announce.delivery_due(delivery.conversation_id)
    return True


def visitor_tries_again(conversation_id: uuid.UUID, message_id: uuid.UUID) -> bool:
    """The visitor wants an undelivered message of theirs tried again. False if there is none such."""
    parked = Delivery.objects.filter(conversation_id=conversation_id, message_id=message_id, state=Delivery.State.PARKED)
    tried = [send_again(delivery) for delivery in parked]
    return any(tried)


@transaction.atomic
def mark_undelivered(delivery: Delivery, undelivered: bool) -> None:
    """Show whether the visitor's message reached the desk, under a number of its own so that whoever is away learns it too."""
    conversation = Conversation.objects.locked(delivery.conversation_id)
    message = conversation.messages.get(pk=delivery.message_id)
    if delivery.kind != Delivery.Kind.MESSAGE or message.undelivered == undelivered:
        return
    message.undelivered = undelivered
    message.save(update_fields=["undelivered"])
    conversation.say_again(message)
    announce.conversation_changed(conversation.pk)


# --- The desk -----------------------------------------------------------------------------------------------------------------------------


def hear(handoff: Handoff, event: base.Event) -> str:
    """Act on one event of a desk; returns what it did, in words. Hearing the same event again does nothing."""
    match event:
        case base.Ignored(why):
            return f"nothing: {why}"
        case base.OurEcho(_, key, remote_id):
            return delivery_came_back(handoff, key, remote_id)
        case base.AgentSaid(thread):
            return with_transfer(handoff, thread, lambda transfer: agent_says(transfer, event))
        case base.ThreadClosed(thread, reason):
            return with_transfer(handoff, thread, lambda transfer: hand_back(transfer, Transfer.Reason(reason)))


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


@transaction.atomic
def agent_says(transfer: Transfer, event: base.AgentSaid) -> str:
    """Number an agent's message, once. A late one is placed before the agent's later ones."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    if Message.objects.filter(handoff_id=transfer.handoff_id, remote_id=event.remote_id).exists():
        return f"nothing: message {event.remote_id} was shown already"
    more = {"name": event.name or "", "transfer": transfer, "handoff_id": transfer.handoff_id, "remote_id": event.remote_id}
    message = conversation.say(Author.AGENT, event.text, **more, **place_of(transfer, event.remote_id))
    if event.name:
        Transfer.objects.open().filter(pk=transfer.pk).update(state=Transfer.State.ACTIVE, agent_name=event.name)
    announce.conversation_changed(conversation.pk)
    return f"agent’s message {event.remote_id} shown as number {message.seq}"


def place_of(transfer: Transfer, remote_id: int) -> dict[str, float]:
    """Just before the first agent's message with a higher remote id, if there is one already."""
    said = Message.objects.filter(conversation_id=transfer.conversation_id, revises=None)
    later = said.filter(handoff_id=transfer.handoff_id, remote_id__gt=remote_id).order_by("ord").first()
    if later is None:
        return {}
    before = said.filter(ord__lt=later.ord).aggregate(ord=Max("ord"))["ord"] or 0
    return {"ord": (before + later.ord) / 2}


@transaction.atomic
def hand_back(transfer: Transfer, reason: Transfer.Reason) -> str:
    """The humans are done: the return text is said and the bot has the floor again."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    ended = {"state": Transfer.State.ENDED, "reason": reason, "ended_at": timezone.now()}
    if not Transfer.objects.open().filter(pk=transfer.pk).update(**ended):
        return "nothing: the transfer had ended already"
    bot_says(conversation, transfer.return_text or RETURN_TEXT)
    announce.conversation_changed(conversation.pk)
    return f"transfer ended: {reason.label}"


def delivery_came_back(handoff: Handoff, key: str, remote_id: int) -> str:
    """What we sent came back: proof that it arrived, whether or not we ever got the answer. A second copy is owed a removal."""
    delivery = Delivery.objects.filter(key=key, transfer__handoff=handoff).first()
    if delivery is None:
        return f"nothing: message {remote_id} was sent by somebody with our mark"
    if Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.SENT).update(**settled(remote_id)):
        mark_undelivered(delivery, False)
        return f"our own message {remote_id} came back and settled its delivery"
    return copy_came_back(delivery, remote_id) or f"our own message {remote_id} came back"


def settled(remote_id: int) -> dict[str, Any]:
    return {"state": Delivery.State.SENT, "remote_id": remote_id, "sent_at": timezone.now(), "last_error": ""}


@transaction.atomic
def copy_came_back(delivery: Delivery, remote_id: int) -> str:
    """Empty, unless the desk holds the message under another id as well: then the younger copy is to be removed."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if remote_id == delivery.remote_id or delivery.transfer.deliveries.filter(kind=Delivery.Kind.REMOVAL, remote_id=remote_id).exists():
        return ""
    older, younger = sorted((remote_id, delivery.remote_id or remote_id))
    Delivery.objects.filter(pk=delivery.pk).update(remote_id=older)
    delivery.transfer.deliveries.create(
        conversation_id=delivery.conversation_id, message_id=delivery.message_id, kind=Delivery.Kind.REMOVAL, remote_id=younger
    )
    announce.delivery_due(delivery.conversation_id)
    return f"our own message {remote_id} came back a second time: copy {younger} is to be removed"


def floor(conversation: Conversation) -> dict[str, str | None]:
    """Who answers now: ``{"mode": "bot" | "invited" | "waiting" | "agent", "name"}``; invited: a human comes once the visitor says why."""
    transfer = conversation.open_transfer()
    if transfer is None:
        return {"mode": "bot", "name": None}
    if transfer.state == Transfer.State.REQUESTED:
        return {"mode": "invited", "name": None}
    return {"mode": "agent" if transfer.agent_name else "waiting", "name": transfer.agent_name or None}
