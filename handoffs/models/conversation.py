"""What was said, by whom, in which order. The numbering under the conversation's row lock is the heart of the house."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from handoffs.models.handoff import Handoff
from handoffs.models.scenario import Scenario
from handoffs.providers import base

IDLE_LIFE = timedelta(days=7)
WHOLE_LIFE = timedelta(days=30)


# What ``new_desk_key`` makes.
DESK_KEY = re.compile(rb"(?<![\w-])[\w-]{32}(?![\w-])")


def new_desk_key() -> str:
    return secrets.token_urlsafe(24)


class Visitor(models.Model):
    """The person in the widget. ``desk_key`` names them at the desk; whoever has it could read their chat there, so no browser gets it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="visitors")
    desk_key = models.CharField(max_length=64, unique=True, default=new_desk_key, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name()

    def name(self) -> str:
        return f"Visitor {self.id.hex[:6]}"

    def give_token(self, origin: str) -> str:
        """A new token for this visitor's browser; only its digest is kept."""
        token = secrets.token_urlsafe(32)
        VisitorToken.objects.create(visitor=self, digest=digest_of(token), origin=origin, dies_at=timezone.now() + WHOLE_LIFE)
        return token


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class Erased(models.Model):
    """That somebody was erased, so that nothing that comes late brings them back. Who it was cannot be told from it."""

    digest = models.CharField(max_length=64, unique=True, help_text="Of what they were called at the desk.")
    erased_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Erased {self.erased_at:%Y-%m-%d}"

    @classmethod
    def remember(cls, desk_key: str) -> None:
        cls.objects.get_or_create(digest=digest_of(desk_key))

    @classmethod
    def are_named_in(cls, raw: bytes) -> bool:
        """Whether a webhook's body names one of them, wherever in it."""
        digests = {digest_of(word.decode()) for word in DESK_KEY.findall(raw)}
        return bool(digests) and cls.objects.filter(digest__in=digests).exists()


class VisitorTokenQuerySet(models.QuerySet["VisitorToken"]):
    def alive(self, now: datetime) -> VisitorTokenQuerySet:
        return self.filter(dies_at__gt=now, used_at__gt=now - IDLE_LIFE)


class VisitorToken(models.Model):
    """What a browser holds to be a visitor: unguessable, dies after 7 idle days or 30 days in all."""

    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    origin = models.CharField(max_length=300)
    used_at = models.DateTimeField(default=timezone.now)
    dies_at = models.DateTimeField()

    objects = VisitorTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Token {self.pk} of {self.visitor}"


class Author(models.TextChoices):
    VISITOR = "visitor"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def locked(self, pk: uuid.UUID) -> Conversation:
        """The conversation with its row lock held until the transaction ends."""
        return self.select_for_update(of=("self",)).select_related("scenario__interface", "visitor").get(pk=pk)


def new_epoch() -> int:
    return secrets.randbelow(2**31)


class Conversation(models.Model):
    """One visitor in one scenario. Owns the numbering (``last_seq``), the lock, and the relay's lease."""

    class Desk(models.TextChoices):
        """Where its handovers go. Everything but ``LIVE`` is a preview by an admin."""

        LIVE = "live", "A visitor’s"
        REHEARSAL = "rehearsal", "Preview with the rehearsal desk"
        REAL = "real", "Preview with the real desk"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="conversations")
    desk = models.CharField(max_length=10, choices=Desk, default=Desk.LIVE)
    ticket = models.UUIDField(null=True, blank=True, unique=True, editable=False, help_text="Of a preview: the ticket it was opened with.")
    previewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Of a preview: whose it is."
    )
    visitor = models.OneToOneField(Visitor, on_delete=models.CASCADE, related_name="conversation")
    epoch = models.PositiveBigIntegerField(default=new_epoch, help_text="A cursor of another epoch cannot be resumed.")
    last_seq = models.PositiveBigIntegerField(default=0)
    context = models.JSONField(default=dict, help_text="What the scenario knows about the visitor.")
    got_seq = models.PositiveBigIntegerField(default=0, help_text="The visitor’s page has everything up to this number.")
    seen_seq = models.PositiveBigIntegerField(default=0, help_text="The visitor has seen everything up to this number.")
    visitor_seen_at = models.DateTimeField(null=True, blank=True, help_text="When their browser last asked for anything.")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.visitor.name()} in {self.scenario}"

    def say(self, author: Author, text: str, **more: Any) -> Message:
        """Number a message and write it down. The caller holds the lock, so numbers are gapless and become visible in their order."""
        seq = self._next_seq()
        place = {"ord": seq, **more}
        return self.messages.create(seq=seq, author=author, text=text, **place)

    def say_again(self, message: Message) -> Message:
        """Number a change of ``message``, so that whoever was away when it happened gets it too. The caller holds the lock."""
        return self.messages.create(seq=self._next_seq(), ord=message.ord, author=message.author, revises=message)

    def _next_seq(self) -> int:
        self.last_seq += 1
        self.save(update_fields=["last_seq"])
        return self.last_seq

    def remember(self, key: str, value: Any) -> None:
        self.context[key] = value
        self.save(update_fields=["context"])

    def latest_transfer(self) -> Transfer | None:
        """The open one, if there is one: only the latest is ever opened again."""
        latest = self.transfers.select_related("handoff").first()
        if latest is not None:
            latest.conversation = self
        return latest


class Message(models.Model):
    """Something that was said. A row with ``revises`` only numbers a change of another one and is shown as that one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveBigIntegerField()
    ord = models.FloatField(help_text="Its place: its number, unless an agent's message came late and belongs before later ones.")
    author = models.CharField(max_length=10, choices=Author)
    name = models.CharField(max_length=255, blank=True)
    text = models.TextField(blank=True)
    buttons = models.JSONField(default=list, blank=True)
    picture = models.JSONField(null=True, blank=True, help_text="An image of the scenario: {id, key, width, height, alt}.")
    control = models.JSONField(null=True, blank=True, help_text="Something to fill in; docs/protocol.md has its shapes.")
    answers = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="answered_by",
        help_text="The message whose control this fills in.",
    )
    answer = models.JSONField(null=True, blank=True, help_text="What was filled in.")
    photo = models.ForeignKey("File", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    undelivered = models.BooleanField(default=False, help_text="The desk refused it.")
    gone = models.BooleanField(default=False, help_text="The agent took it back.")
    desk_failed = models.BooleanField(default=False, help_text="The desk shows its agent that it did not reach the visitor.")
    revises = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="revisions")
    cid = models.UUIDField(null=True, blank=True, help_text="The browser's own id of it: the same one is never stored twice.")
    tab = models.UUIDField(null=True, blank=True)
    n = models.PositiveBigIntegerField(null=True, blank=True, help_text="Counts within one tab.")
    transfer = models.ForeignKey("Transfer", on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    handoff = models.ForeignKey(Handoff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    remote_id = models.PositiveBigIntegerField(null=True, blank=True, help_text="The desk's id of an agent's message.")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="one_message_a_number"),
            models.UniqueConstraint(fields=["conversation", "cid"], name="one_message_a_cid"),
            models.UniqueConstraint(fields=["handoff", "remote_id"], name="one_message_a_remote_id"),
            models.UniqueConstraint(fields=["answers"], name="one_answer_a_control"),
        ]

    def __str__(self) -> str:
        return f"{self.get_author_display()} {self.seq}"


class Explanation(models.Model):
    """Why the scenario said what it said, for the admin in Preview. Written for previews only."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="explanations")
    seq = models.PositiveBigIntegerField(help_text="The conversation's last number before this turn of the scenario.")
    said = models.CharField(max_length=200, blank=True, help_text="What the visitor said, if they said anything.")
    template = models.ForeignKey("MessageTemplate", on_delete=models.SET_NULL, null=True, related_name="+")
    template_name = models.CharField(max_length=200, blank=True)
    why = models.TextField(blank=True, help_text="Which trigger fired, in words.")
    problem = models.TextField(blank=True, help_text="What is wrong with the scenario, in words.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.problem or self.why


class TransferQuerySet(models.QuerySet["Transfer"]):
    def open(self) -> TransferQuerySet:
        return self.exclude(state=Transfer.State.ENDED)


class Transfer(models.Model):
    """One episode of a conversation being with humans. ``id`` is the key under which the desk's thread is found again."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested: the visitor has not said anything yet"
        WAITING = "waiting", "Waiting for a human"
        ACTIVE = "active", "With a human"
        ENDED = "ended", "Ended"

    class Reason(models.TextChoices):
        RESOLVED = "resolved", "Resolved at the desk"
        GIVEN_BACK = "given_back", "Given back to the bot"
        VISITOR_ENDED = "visitor_ended", "Ended by the visitor"
        DESK_REFUSED = "desk_refused", "Refused by the desk"
        DESK_LOST = "desk_lost", "Deleted at the desk"

    # Ways to end that the desk may undo, by opening its thread again.
    REVERSIBLE = (Reason.RESOLVED, Reason.GIVEN_BACK, Reason.DESK_LOST)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="transfers")
    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="transfers")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    asked_by = models.CharField(max_length=200, blank=True, help_text="The message of the scenario that handed over.")
    waiting_text = models.TextField(blank=True)
    joined_text = models.TextField(blank=True)
    return_text = models.TextField(blank=True)
    endings = models.JSONField(default=dict, blank=True)
    agent_name = models.CharField(max_length=255, blank=True)
    agent_photo = models.ForeignKey("File", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    assigned_to = models.CharField(max_length=255, blank=True, help_text="Whom the desk has given the thread to.")
    typing_until = models.DateTimeField(null=True, blank=True)
    person_id = models.CharField(max_length=100, blank=True, help_text="The desk's id of the visitor.")
    thread_id = models.CharField(max_length=100, blank=True, help_text="The desk's id of the thread.")
    door = models.CharField(max_length=500, blank=True, help_text="What else the provider wants kept.")
    cursor = models.PositiveBigIntegerField(default=0, help_text="The highest remote id read from the desk.")
    state_at = models.FloatField(null=True, blank=True, help_text="The desk's time of the thread's state that was last heard.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When the desk was last asked for what its webhooks may have missed.")
    requested_at = models.DateTimeField(auto_now_add=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=~models.Q(state="ended"), name="one_open_transfer_a_conversation"),
        ]
        indexes = [models.Index(fields=["handoff", "thread_id"])]

    def __str__(self) -> str:
        return f"{self.handoff} · {self.get_state_display()}"

    def is_open(self) -> bool:
        return self.state != self.State.ENDED

    def goes_on(self) -> bool:
        """Whether what the visitor says next is for the humans again, although they were done."""
        if self.reason != self.Reason.RESOLVED or self.ended_at is None or self.handoff.after_end == Handoff.AfterEnd.BOT:
            return False
        return self.handoff.active and timezone.now() < self.ended_at + timedelta(minutes=self.handoff.after_end_minutes)

    def thread(self) -> base.Thread:
        return base.Thread(self.person_id, self.thread_id, self.conversation.visitor.desk_key, self.door)
