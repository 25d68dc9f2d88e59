"""The two ledgers: what we owe a desk (Delivery, the outbox) and what reached us from one (Receipt, the inbox)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from handoffs.models.conversation import Conversation, Message, Transfer
from handoffs.models.handoff import Handoff


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> DeliveryQuerySet:
        return self.filter(state__in=Delivery.OPEN)

    def due(self, now: datetime) -> DeliveryQuerySet:
        return self.open().filter(due_at__lte=now)


class Delivery(models.Model):
    """One thing we owe a desk. ``key`` travels with it and makes it findable there; a conversation's rows go out in order of id."""

    class Kind(models.TextChoices):
        BRIEF = "brief", "Brief for the agent, as a private note"
        NOTE = "note", "Private note: what became of what an agent said"
        MESSAGE = "message", "Message"
        ANSWER = "answer", "Answer to something the desk asked"
        REMOVAL = "removal", "Removal of a copy that the desk stored late"
        DELIVERED = "delivered", "Report: it reached the visitor’s page"
        SEEN = "seen", "Report: the visitor has seen it"
        CLOSE = "close", "Closing: it was ended on our side"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        UNKNOWN = "unknown", "Sent without an answer: looked up before it is sent again"
        SENT = "sent", "Sent"
        PARKED = "parked", "Refused by the desk"
        GIVEN_UP = "given_up", "Not delivered, given up"

    OPEN = (State.PENDING, State.SENDING, State.UNKNOWN)
    # What an admin may give up: nobody is at it this moment.
    FAILED = (State.PARKED, State.UNKNOWN)
    # For agents' eyes only.
    NOTES = (Kind.BRIEF, Kind.NOTE)
    # What the visitor said. Where one of these fails, the visitor is told.
    WORDS = (Kind.MESSAGE, Kind.ANSWER)
    # What may be done twice, and what nobody misses when the thread is gone.
    REPORTS = (Kind.DELIVERED, Kind.SEEN, Kind.CLOSE)

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="deliveries")
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="deliveries", help_text="What is sent or told of; of a brief, what comes after it."
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MESSAGE)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    remote_id = models.PositiveBigIntegerField(null=True, blank=True, help_text="The desk's id of it; of a removal, what is removed.")
    echoed_at = models.DateTimeField(null=True, blank=True, help_text="When it came back by webhook.")
    last_error = models.TextField(blank=True)
    given_up_by = models.CharField(max_length=150, blank=True, help_text="Who decided that it is not tried any more.")
    given_up_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], condition=~models.Q(kind="removal"), name="owed_once"),
            models.UniqueConstraint(fields=["transfer", "remote_id"], condition=models.Q(kind="removal"), name="removed_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state__in=["pending", "sending", "unknown"]), name="delivery_due"),
            models.Index(fields=["sent_at"], condition=models.Q(kind="message", state="sent", echoed_at=None), name="delivery_unechoed"),
            models.Index(
                fields=["conversation", "id"], condition=models.Q(state__in=["pending", "sending", "unknown"]), name="delivery_next"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_state_display()}"


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def due(self, now: datetime) -> ReceiptQuerySet:
        return self.filter(state=Receipt.State.STORED, due_at__lte=now)


class Receipt(models.Model):
    """One webhook call that reached us. ``signed`` ones are believed; of others only the thread's id is used, to ask the desk ourselves."""

    class State(models.TextChoices):
        STORED = "stored", "Stored"
        APPLIED = "applied", "Applied"
        FAILED = "failed", "Given up"

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="receipts")
    raw = models.BinaryField()
    meaning = models.CharField(max_length=100, blank=True, help_text="Two signed calls of one meaning are one receipt.")
    signed = models.BooleanField()
    delivery_id = models.CharField(
        max_length=100, blank=True, help_text="What the desk calls this call; unsigned, so only for people to read."
    )
    state = models.CharField(max_length=10, choices=State, default=State.STORED)
    effect = models.TextField(blank=True, help_text="What it did, in words.")
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["handoff", "meaning"], condition=models.Q(signed=True), name="one_receipt_a_meaning"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="stored"), name="receipt_due")]

    def __str__(self) -> str:
        return f"Receipt {self.pk}"
