"""Saying what the scenario says. Everything here happens under the caller's lock on the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from handoffs import attributes, bot, controls, rehearsal, script, sentences
from handoffs.models import Author, Conversation, Explanation, Handoff, Message, Transfer

LONGEST_SAID = 20_000
SIGNED = ("user.id", "user.name", "user.email")


def play(conversation: Conversation, turn: bot.Turn | None, said: str = "") -> None:
    """Say the turn's blocks in order; if it hands over to nobody, go on with what the scenario has for that (``bot.failed`` is bounded)."""
    before: tuple[script.Template, ...] = ()
    while turn is not None:
        seq, unreached = conversation.last_seq, perform(conversation, turn)
        explain(conversation, turn, seq, said, unreached)
        if not unreached or turn.template is None:
            return
        before = (*before, turn.template)
        turn = bot.failed(conversation.scenario.script(), conversation.context, before)


def perform(conversation: Conversation, turn: bot.Turn) -> str:
    """Why nobody could be reached, if it hands over; empty if all is well."""
    for block in turn.blocks:
        match block:
            case script.ConversationHandover():
                return hand_over(conversation, block, turn.template.name if turn.template else "")
            case script.Buttons(text, buttons):
                bot_says(conversation, text, buttons=[button.as_json() for button in buttons])
            case script.Sentence(name):
                bot_says(conversation, getattr(ours(conversation), name))
            case script.Image(picture, alt, text):
                show_picture(conversation, picture, alt, text)
            case script.Form(form_id, text, fields) if fields:
                bot_says(conversation, text, control=controls.form(form_id, fields))
            case _:
                bot_says(conversation, block.text)
    return ""


def bot_says(conversation: Conversation, text: str, **more: Any) -> None:
    words = attributes.filled(text, conversation.context)[:LONGEST_SAID]
    if words.strip() or any(more.values()):
        conversation.say(Author.BOT, words, name=conversation.scenario.interface.bot_name, **more)


def says_or(conversation: Conversation, text: str, instead: str) -> None:
    """``instead``, when of the admin's words nothing is left for this visitor."""
    bot_says(conversation, text if attributes.filled(text, conversation.context).strip() else instead)


def show_picture(conversation: Conversation, picture: Mapping[str, Any] | None, alt: str, text: str) -> None:
    """Of a picture that was deleted, what it showed."""
    described = attributes.filled(alt, conversation.context)
    bot_says(conversation, text if picture else text or alt, picture={**picture, "alt": described} if picture else None)


def system_says(conversation: Conversation, text: str, agent: str = "") -> None:
    conversation.say(Author.SYSTEM, text.replace("{agent}", agent))


def ours(conversation: Conversation) -> sentences.Sentences:
    """In the language of the chat."""
    return sentences.spoken(conversation.scenario.interface.language, conversation.context)


def explain(conversation: Conversation, turn: bot.Turn, seq: int, said: str, *more: str) -> None:
    """For the admin in a preview."""
    if conversation.desk == Conversation.Desk.LIVE:
        return
    tiles = [usable(conversation, block) for block in turn.blocks if isinstance(block, script.ConversationHandover)]
    missed = [rehearsal.what_visitors_miss(conversation, tile) for tile in tiles]
    Explanation.objects.create(
        conversation=conversation,
        seq=seq,
        said=said[:200],
        template_id=turn.template.id if turn.template else None,
        template_name=turn.template.name if turn.template else "",
        why=turn.why.strip(),
        problem="\n".join(filter(None, [*turn.problems, *more, *missed])),
    )


# --- Handing over -------------------------------------------------------------------------------------------------------------------------


def hand_over(conversation: Conversation, block: script.ConversationHandover, asked_by: str) -> str:
    """Give the floor to the humans, or say the fallback when they cannot be reached, and tell why."""
    handoff = rehearsal.desk_for(conversation, usable(conversation, block))
    why_not = rehearsal.why_nobody(conversation) if handoff is None else had_enough(conversation)
    conversation.remember("handover_success", not why_not)
    if handoff is None or why_not:
        says_or(conversation, block.fallback_text, ours(conversation).nobody)
        return why_not
    conversation.transfers.create(
        handoff=handoff,
        asked_by=asked_by,
        waiting_text=block.waiting_text,
        joined_text=block.joined_text,
        return_text=block.return_text,
        endings=endings_of(block, ours(conversation)),
    )
    conversation.remember("handover", {"status": "requested"})
    says_or(conversation, block.text, ours(conversation).waiting)
    return ""


def usable(conversation: Conversation, block: script.ConversationHandover) -> Handoff | None:
    """The tile's handoff. One of another scenario, or none at all, is none."""
    return Handoff.objects.real().filter(pk=block.handoff_id, scenario=conversation.scenario_id, active=True).first()


def had_enough(conversation: Conversation) -> str:
    """Every handover is a conversation that some agent opens: one visitor may begin so many in an hour. Empty while they may."""
    lately = conversation.transfers.filter(requested_at__gt=timezone.now() - timedelta(hours=1)).count()
    limit = settings.HANDOVERS_PER_HOUR
    return f"This visitor was handed over {lately} times in an hour; {limit} are allowed." if lately >= limit else ""


def endings_of(block: script.ConversationHandover, ours: sentences.Sentences) -> dict[str, Any]:
    """A desk that refuses the visitor is nobody to be reached."""
    refused = {Transfer.Reason.DESK_REFUSED.value: {"text": block.fallback_text or ours.nobody, "leads_to": None}}
    return refused | {reason: ending.as_json() for reason, ending in block.endings.items()}


# --- What is known ------------------------------------------------------------------------------------------------------------------------


def remember_handover(conversation: Conversation, **facts: Any) -> None:
    """What the scenario may use as ``{handover.…}``. None forgets."""
    known = attributes.group(conversation.context, "handover") | facts
    conversation.remember("handover", {name: fact for name, fact in known.items() if fact is not None})


def learn(conversation: Conversation, asked: Message, answer: controls.Answer) -> None:
    """What was filled in, where the scenario can use it: the bot's form says where, of an agent's only some things are known."""
    if answer.rating:
        remember_handover(conversation, rating=answer.rating)
    if answer.email:
        keep(conversation, "user.email", answer.email)
    if asked.author == Author.BOT:
        for path, _, value in answer.values:
            keep(conversation, path, controls.typed(asked.control, path, value))


def keep(conversation: Conversation, path: str, value: object) -> None:
    """What cannot be kept there is still said, and nobody has to say it again. What the website's server signed is not typed over."""
    if path == "user.verified" or (path in SIGNED and attributes.value_of(conversation.context, "user.verified") is True):
        return
    with suppress(ValueError):
        conversation.context = attributes.kept(conversation.context, path, value)
        conversation.save(update_fields=["context"])
