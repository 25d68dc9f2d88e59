"""Who has the floor. Each verb is one transaction under the conversation's lock, to be read from top to bottom.

An open transfer means the humans have it, none means the bot: a query, not a flag. So bot and human never both answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from handoffs import announce, attributes, bot, controls, outbox, script, stored
from handoffs.models import Author, Conversation, Delivery, File, Handoff, Message, Scenario, Transfer, Visitor
from handoffs.playing import bot_says, had_enough, keep, learn, ours, play, remember_handover, says_or, system_says

TEN_SECONDS = timedelta(seconds=10)
MOST_FILES = 5


class Refusal(Exception):
    """What the visitor said was not taken. ``final``: saying it again is pointless."""

    def __init__(self, code: str, detail: str, *, final: bool = True, expect: int | None = None, after: float | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.final, self.expect, self.after = code, detail, final, expect, after


@dataclass(frozen=True)
class ButtonRef:
    """A button of a bot's message, as the browser names it."""

    message: uuid.UUID
    index: int


@dataclass(frozen=True)
class FilledIn:
    """What the visitor gave to the control of ``message``."""

    message: uuid.UUID
    given: controls.Given


@dataclass(frozen=True)
class Words:
    """What a visitor says. ``cid`` is the browser's id of it, ``n`` counts within the tab (both absent for callers that keep no count).

    With ``answer`` the text is made from what was filled in, and ``text`` is not looked at.
    """

    cid: uuid.UUID
    text: str
    tab: uuid.UUID | None = None
    n: int | None = None
    button: ButtonRef | None = None
    files: tuple[uuid.UUID, ...] = ()
    answer: FilledIn | None = None


@dataclass(frozen=True)
class Said:
    message: Message
    dup: bool


# --- The visitor --------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(
    scenario: Scenario,
    origin: str,
    about: Mapping[str, Any] | None = None,
    *,
    desk: Conversation.Desk = Conversation.Desk.LIVE,
    returning: Visitor | None = None,
) -> tuple[str, Conversation]:
    """A visitor arrives: their token, and their conversation with the welcome said. ``about`` is what their browser told us.

    ``returning``: who they were before. What is known of them comes along; the humans of then are told that they left.
    """
    context = dict(about or {})
    if returning is not None and (before := Conversation.objects.filter(visitor=returning).first()):
        visitor_ends(before.pk)
        context["user"] = known_again(before) | attributes.group(context, "user")
    visitor = Visitor.objects.create(scenario=scenario)
    conversation = Conversation.objects.create(scenario=scenario, visitor=visitor, desk=desk, context=context)
    play(conversation, bot.welcome(scenario.script(), conversation.context))
    return visitor.give_token(origin), conversation


def known_again(before: Conversation) -> dict[str, Any]:
    """What is known of a visitor who comes again. At least a second ago, so that a condition on it holds."""
    seen = max(filter(None, [before.created_at, before.visitor_seen_at, before.messages.aggregate(last=Max("said_at"))["last"]]))
    user = attributes.group(before.context, "user")
    # Who they are is proved anew: somebody else may sit before the same browser now.
    user.pop("verified", None)
    visits = user.get("visits")
    return {
        **user,
        "seconds_since_last_seen": max(1, round((timezone.now() - seen).total_seconds())),
        "visits": (visits if isinstance(visits, int) else 1) + 1,
    }


@transaction.atomic
def set_attribute(conversation_id: uuid.UUID, path: str, value: str | int | float | bool) -> None:
    """Change what is known of the visitor, in a preview. Raises ``ValueError`` with a sentence for the admin."""
    conversation = Conversation.objects.locked(conversation_id)
    conversation.context = attributes.kept(conversation.context, path, value)
    conversation.save(update_fields=["context"])
    announce.conversation_changed(conversation.pk)


@transaction.atomic
def visitor_says(conversation_id: uuid.UUID, words: Words) -> Said:
    """Number and store what the visitor said, then let whoever has the floor have it. The same ``cid`` again returns the first storing."""
    conversation = Conversation.objects.locked(conversation_id)
    if known := conversation.messages.filter(cid=words.cid).first():
        return said_before(known, words)
    expect_next(conversation, words)
    keep_to_the_pace(conversation)
    pressed, asked, files = pressed_button(conversation, words), asked_by(conversation, words), uploaded(conversation, words)
    message = say(conversation, words, asked)
    if pressed is not None and pressed.attribute:
        keep(conversation, pressed.attribute, pressed.value)
    File.objects.filter(pk__in=[file.pk for file in files]).update(message=message)
    pass_on(conversation, message, asked, pressed)
    announce.conversation_changed(conversation.pk)
    return Said(message, dup=False)


def say(conversation: Conversation, words: Words, asked: Message | None) -> Message:
    counted = {"cid": words.cid, "tab": words.tab, "n": words.n}
    if asked is None or words.answer is None:
        return conversation.say(Author.VISITOR, words.text, **counted)
    try:
        answer = controls.read(asked.control, words.answer.given)
    except controls.BadAnswer as error:
        raise Refusal("bad_answer", str(error)) from None
    learn(conversation, asked, answer)
    return conversation.say(Author.VISITOR, answer.text, answers=asked, answer=answer.as_json(), **counted)


def pass_on(conversation: Conversation, message: Message, asked: Message | None, pressed: script.Button | None) -> None:
    """To whoever asked, else to whoever has the floor."""
    if asked is not None and asked.transfer is not None:
        outbox.owe(asked.transfer, message, Delivery.Kind.ANSWER)
    elif transfer := with_humans(conversation, for_bot=bool(pressed or asked)):
        owe(transfer, message)
    else:
        play(conversation, bot_answers(conversation, message, asked, pressed), message.text)


def bot_answers(conversation: Conversation, message: Message, asked: Message | None, pressed: script.Button | None) -> bot.Turn:
    whole, context = conversation.scenario.script(), conversation.context
    if asked is not None:
        return bot.filled_in(whole, (asked.control or {}).get("form"), context)
    return bot.answer(whole, message.text, context, pressed)


def said_before(known: Message, words: Words) -> Said:
    if words.answer is None and (known.text != words.text or {file.pk for file in known.files.all()} != set(words.files)):
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


def pressed_button(conversation: Conversation, words: Words) -> script.Button | None:
    """The button that was pressed. Raises ``Refusal`` unless it really stands in this conversation with this label, and is no link."""
    if words.button is None:
        return None
    offered = conversation.messages.filter(pk=words.button.message, author=Author.BOT).values_list("buttons", flat=True).first() or []
    if not 0 <= words.button.index < len(offered) or offered[words.button.index]["label"] != words.text:
        raise Refusal("unknown_button", "This button was not offered here.")
    pressed = stored.button(offered[words.button.index])
    if pressed is None or pressed.href:
        raise Refusal("unknown_button", "This button is a link, to be followed and not said.")
    return pressed


def asked_by(conversation: Conversation, words: Words) -> Message | None:
    """The message whose control is filled in. Raises ``Refusal`` unless it stands in this conversation and nobody has answered it yet."""
    if words.answer is None:
        return None
    asked = conversation.messages.filter(pk=words.answer.message, control__isnull=False, gone=False).select_related("transfer").first()
    if asked is None:
        raise Refusal("unknown_control", "This was not asked here.")
    if asked.transfer is not None and not asked.transfer.thread_id:
        raise Refusal("unknown_control", "Whoever asked this is not there any more.")
    if asked.answered_by.exists():
        raise Refusal("spent", "This has been answered already.")
    return asked


def uploaded(conversation: Conversation, words: Words) -> list[File]:
    """The files that come with the words. Raises ``Refusal`` unless all were uploaded here and not said yet."""
    if len(words.files) > MOST_FILES:
        raise Refusal("too_many_files", f"A message may have at most {MOST_FILES} files.")
    files = list(conversation.files.filter(pk__in=words.files, message=None, address=""))
    if len(files) != len(words.files):
        raise Refusal("unknown_file", "A file is not here any more; please attach it again.")
    return files


@transaction.atomic
def visitor_has(conversation_id: uuid.UUID, got: int, seen: int) -> None:
    """The visitor's page has everything up to ``got``, and they have seen everything up to ``seen``; the desk is told. Never goes back."""
    conversation = Conversation.objects.locked(conversation_id)
    seen = max(min(seen, conversation.last_seq), conversation.seen_seq)
    got = max(min(got, conversation.last_seq), conversation.got_seq, seen)
    if (got, seen) != (conversation.got_seq, conversation.seen_seq):
        outbox.report(conversation, got, seen)
        conversation.got_seq, conversation.seen_seq = got, seen
        conversation.save(update_fields=["got_seq", "seen_seq"])


def visitor_types(conversation_id: uuid.UUID, on: bool) -> None:
    """Worth nothing a moment later, so nothing is stored; whether anybody is to be told is found out by the worker."""
    announce.visitor_types(conversation_id, on)


def visitor_tries_again(conversation_id: uuid.UUID, message_id: uuid.UUID) -> bool:
    """The visitor wants an undelivered message of theirs tried again, also if an admin gave it up. False if there is none such."""
    states = (Delivery.State.PARKED, Delivery.State.GIVEN_UP)
    failed = Delivery.objects.filter(conversation_id=conversation_id, message_id=message_id, kind__in=Delivery.WORDS, state__in=states)
    tried = [outbox.send_again(delivery, states) for delivery in failed]
    return any(tried)


def visitor_ends(conversation_id: uuid.UUID) -> bool:
    """The visitor has had enough of humans. False if none had the floor."""
    transfer = Transfer.objects.open().filter(conversation_id=conversation_id).first()
    return transfer is not None and end(transfer, Transfer.Reason.VISITOR_ENDED, desk_knows=False)


# --- The handover -------------------------------------------------------------------------------------------------------------------------


def with_humans(conversation: Conversation, *, for_bot: bool) -> Transfer | None:
    """The transfer that has the floor; if the last one was resolved and its handoff wants it so, the floor is the humans' again."""
    latest = conversation.latest_transfer()
    if latest is None or latest.is_open():
        return latest
    if for_bot or not latest.goes_on():
        return None
    if latest.handoff.after_end == Handoff.AfterEnd.REOPEN:
        return take_up_again(latest)
    return None if had_enough(conversation) else follow_up(latest)


def take_up_again(transfer: Transfer) -> Transfer:
    transfer.state = Transfer.State.ACTIVE if transfer.agent_name else Transfer.State.WAITING
    transfer.reason, transfer.ended_at, transfer.waiting_since = "", None, timezone.now()
    transfer.save(update_fields=["state", "reason", "ended_at", "waiting_since"])
    remember_handover(transfer.conversation, status=transfer.state, reason=None)
    return transfer


def follow_up(transfer: Transfer) -> Transfer:
    same = {name: getattr(transfer, name) for name in ("handoff", "asked_by", "waiting_text", "joined_text", "return_text", "endings")}
    return transfer.conversation.transfers.create(**same)


def owe(transfer: Transfer, message: Message) -> None:
    """The desk is to get this message; before the first one, the agent's brief. With that the waiting begins."""
    begins = transfer.state == Transfer.State.REQUESTED
    if begins:
        transfer.state, transfer.waiting_since = Transfer.State.WAITING, timezone.now()
        transfer.save(update_fields=["state", "waiting_since"])
        remember_handover(transfer.conversation, status=transfer.state)
        outbox.owe(transfer, message, Delivery.Kind.BRIEF)
    outbox.owe(transfer, message)
    if begins:
        bot_says(transfer.conversation, transfer.waiting_text)


# --- The humans ---------------------------------------------------------------------------------------------------------------------------


def agent_joins(conversation: Conversation, transfer: Transfer, name: str, photo: File | None, *, instead_of: str = "") -> None:
    """An agent is there now: said once. ``instead_of``: the name of whoever the desk took it from. Under the caller's lock."""
    if not transfer.is_open() or transfer.agent_name == name:
        return
    now = timezone.now()
    transfer.joined_at = transfer.joined_at or now
    transfer.state, transfer.agent_name, transfer.agent_photo = Transfer.State.ACTIVE, name, photo
    transfer.save(update_fields=["state", "agent_name", "agent_photo", "joined_at"])
    waited = seconds_between(transfer.waiting_since, transfer.joined_at)
    remember_handover(conversation, status=transfer.state, agent_name=name, waited_seconds=waited)
    usual = ours(conversation).taken_over.replace("{before}", instead_of) if instead_of else ours(conversation).joined
    system_says(conversation, transfer.joined_text or usual, name)


def agent_leaves(conversation: Conversation, transfer: Transfer) -> None:
    """The agent gave the conversation up and it goes on without them. Under the caller's lock."""
    name, transfer.agent_name, transfer.agent_photo = transfer.agent_name, "", None
    transfer.state, transfer.waiting_since = Transfer.State.WAITING, timezone.now()
    transfer.save(update_fields=["state", "agent_name", "agent_photo", "waiting_since"])
    remember_handover(conversation, status=transfer.state)
    system_says(conversation, ours(conversation).left, name)


def thread_was_lost(transfer_id: uuid.UUID) -> None:
    """The desk has deleted the thread, and with it went whoever had it: nobody is there until somebody takes the new one."""
    transfer = Transfer.objects.get(pk=transfer_id)
    conversation = Conversation.objects.locked(transfer.conversation_id)
    transfer.refresh_from_db()
    if transfer.is_open() and transfer.agent_name:
        agent_leaves(conversation, transfer)
        announce.conversation_changed(conversation.pk)


# --- The handover ends --------------------------------------------------------------------------------------------------------------------


def give_back(transfer: Transfer) -> bool:
    """An admin ends it from here, for humans who do not. The desk is told to close its thread. False if it had ended before."""
    return end(transfer, Transfer.Reason.GIVEN_BACK, desk_knows=False)


@transaction.atomic
def end(transfer: Transfer, reason: Transfer.Reason, *, desk_knows: bool = True) -> bool:
    """The humans are done: it is said so, and the bot has the floor again. False if that had happened before."""
    conversation = Conversation.objects.locked(transfer.conversation_id)
    ended = {"state": Transfer.State.ENDED, "reason": reason, "ended_at": timezone.now(), "typing_until": None}
    if not Transfer.objects.open().filter(pk=transfer.pk).update(**ended):
        return False
    transfer.refresh_from_db()
    duration = seconds_between(transfer.joined_at, transfer.ended_at)
    remember_handover(conversation, status="ended", reason=reason.value, duration_seconds=duration)
    if reason == Transfer.Reason.DESK_REFUSED:
        conversation.remember("handover_success", False)
    go_on(conversation, transfer, reason, desk_knows=desk_knows)
    announce.conversation_changed(conversation.pk)
    return True


def go_on(conversation: Conversation, transfer: Transfer, reason: Transfer.Reason, *, desk_knows: bool) -> None:
    """Say how it ended, tell the desk if it does not know yet, and play what the scenario goes on with."""
    ending = stored.endings(transfer.endings).get(reason) or script.Ending()
    says_or(conversation, ending.text or transfer.return_text, ours(conversation).returned)
    last = conversation.messages.filter(revises=None).last()
    if not desk_knows and last and transfer.deliveries.exists():
        outbox.owe(transfer, last, Delivery.Kind.CLOSE)
    play(conversation, what_follows(conversation, reason, ending.leads_to))


def what_follows(conversation: Conversation, reason: Transfer.Reason, leads_to: int | None) -> bot.Turn | None:
    """A desk that refused was nobody to be reached, so what is used then goes before what is used after humans."""
    whole, context = conversation.scenario.script(), conversation.context
    if reason == Transfer.Reason.DESK_REFUSED and leads_to is None and (turn := bot.failed(whole, context)):
        return turn
    return bot.ended(whole, reason.value, context, leads_to)


def seconds_between(since: datetime | None, until: datetime | None) -> int | None:
    return round((until - since).total_seconds()) if since and until else None


# --- The floor ----------------------------------------------------------------------------------------------------------------------------


def floor(conversation: Conversation) -> dict[str, Any]:
    """Who answers now, in the shape of docs/protocol.md, section “The floor”."""
    latest = conversation.latest_transfer()
    if latest is None or not latest.is_open():
        return no_humans("ended" if latest and latest.goes_on() else "bot")
    mode = MODES[Transfer.State(latest.state)]
    typing = latest.typing_until if latest.typing_until and latest.typing_until > timezone.now() else None
    return {
        "mode": mode,
        "name": latest.agent_name or None,
        "photo": str(latest.agent_photo_id) if latest.agent_photo_id else None,
        "since": as_time(latest.waiting_since) if mode == "waiting" else None,
        "typing": as_time(typing),
        "can_end": True,
    }


MODES = {Transfer.State.REQUESTED: "invited", Transfer.State.WAITING: "waiting", Transfer.State.ACTIVE: "agent"}


def no_humans(mode: str) -> dict[str, Any]:
    return {"mode": mode, "name": None, "photo": None, "since": None, "typing": None, "can_end": False}


def as_time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
