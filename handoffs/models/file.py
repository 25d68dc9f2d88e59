"""Files: what visitors send, what agents send, and agents' photos. Their bytes live in the database, like everything that was said."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from handoffs.models.conversation import Conversation, Message

# Inside ``File`` the name ``bytes`` is the row that holds them.
Bytes = bytes


class FileQuerySet(models.QuerySet["File"]):
    def due(self, now: datetime) -> FileQuerySet:
        """Those that are still to be fetched from their desk."""
        return self.filter(state=File.State.LOADING, due_at__lte=now)


class File(models.Model):
    """One file of a conversation. ``message`` None: uploaded and not said yet, or a photo of an agent."""

    class Kind(models.TextChoices):
        IMAGE = "image"
        AUDIO = "audio"
        VIDEO = "video"
        FILE = "file"

    class State(models.TextChoices):
        LOADING = "loading", "To be fetched from the desk"
        READY = "ready", "Here"
        FAILED = "failed", "Could not be fetched"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="files")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, blank=True, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FILE)
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    address = models.TextField(blank=True, help_text="Where the desk holds it.")
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="loading"), name="file_due")]

    def __str__(self) -> str:
        return self.name

    def content(self) -> Bytes:
        return Bytes(self.bytes.content)


class FileBytes(models.Model):
    """Apart from the file, so that lists of files stay light."""

    file = models.OneToOneField(File, on_delete=models.CASCADE, primary_key=True, related_name="bytes")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"Bytes of {self.file_id}"
