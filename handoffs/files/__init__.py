"""Files of a conversation: what the visitor uploads, and what is fetched from the desk. Nothing is kept that was not looked into."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from handoffs import announce, outbox
from handoffs.files import kinds, names
from handoffs.files.kinds import TYPES, Checked
from handoffs.files.refusal import NotTaken
from handoffs.models import Conversation, Delivery, File, FileBytes, Handoff, Message
from handoffs.providers import base

__all__ = ["LARGEST", "TYPES", "NotTaken", "expect", "expect_photo", "fetch", "store_upload", "sweep_away"]

LARGEST = 10 * 1024 * 1024
LARGEST_DAY = 5 * LARGEST
A_DAY = timedelta(days=1)
# Longer than an exchange with a desk may take: whoever took a file to fetch has given it up by then.
LEASE = timedelta(seconds=60)
# 2 s, 4 s, … 256 s: given up after eight and a half minutes.
MOST_ATTEMPTS = 9
LARGEST_CLAIM = 2**53


# --- From the visitor ---------------------------------------------------------------------------------------------------------------------


def store_upload(conversation_id: uuid.UUID, name: str, declared_type: str, content: bytes) -> File:
    """Keep what a visitor uploads until they say it. Raises ``NotTaken``."""
    if not content:
        raise NotTaken("empty", "This file is empty.")
    keep_to_size(content)
    keep_to_quota(conversation_id, len(content))
    checked = kinds.checked(name, declared_type, content)
    # A picture may have grown.
    keep_to_size(checked.content)
    return keep(conversation_id, checked)


@transaction.atomic
def keep(conversation_id: uuid.UUID, checked: Checked) -> File:
    """Counted again under the lock: several may have been looked into at once."""
    conversation = Conversation.objects.locked(conversation_id)
    keep_to_quota(conversation.pk, len(checked.content))
    file = File.objects.create(conversation=conversation, **described(checked))
    FileBytes.objects.create(file=file, content=checked.content)
    return file


def keep_to_size(content: bytes) -> None:
    if len(content) > LARGEST:
        raise NotTaken("too_large", f"A file may have at most {LARGEST // 2**20} MiB.")


def keep_to_quota(conversation_id: uuid.UUID, more: int) -> None:
    uploaded = File.objects.filter(conversation_id=conversation_id, address="", created_at__gt=timezone.now() - A_DAY)
    if (uploaded.aggregate(size=Sum("size"))["size"] or 0) + more > LARGEST_DAY:
        raise NotTaken("quota", f"You can send {LARGEST_DAY // 2**20} MiB a day. Please go on tomorrow.")


def described(checked: Checked) -> dict[str, Any]:
    about = {"name": checked.name, "type": checked.type, "kind": checked.group, "size": len(checked.content)}
    return {**about, "width": checked.width, "height": checked.height}


def sweep_away() -> int:
    """Delete what was uploaded a day ago and never said; returns how many. Under each conversation's lock: it may be said this moment."""
    forgotten = File.objects.filter(message=None, address="", created_at__lt=timezone.now() - A_DAY)
    deleted = 0
    for conversation_id in list(forgotten.order_by().values_list("conversation_id", flat=True).distinct()):
        with transaction.atomic():
            conversation = Conversation.objects.locked(conversation_id)
            deleted += forgotten.filter(conversation=conversation).delete()[1].get("handoffs.File", 0)
    return deleted


# --- From the desk ------------------------------------------------------------------------------------------------------------------------


def expect(conversation: Conversation, message: Message, remote: base.RemoteFile) -> File:
    """A file of an agent's message, to be fetched. Under the caller's lock."""
    claimed = next((kind for kind in kinds.KINDS if remote.type and kind.is_called(remote.type)), None)
    file = File.objects.create(
        conversation=conversation,
        message=message,
        kind=claimed.group if claimed else File.Kind.FILE,
        name=names.harmless(remote.name),
        type=claimed.type if claimed else kinds.BINARY,
        size=min(remote.size or 0, LARGEST_CLAIM),
        state=File.State.LOADING,
        address=remote.address,
    )
    announce.file_due(file.pk)
    return file


def expect_photo(conversation: Conversation, address: str) -> File:
    """A picture of an agent or of a card, to be fetched once. Under the caller's lock."""
    claim = {"kind": File.Kind.IMAGE, "name": "photo", "type": kinds.BINARY, "state": File.State.LOADING}
    file, fresh = File.objects.get_or_create(conversation=conversation, message=None, address=address, defaults=claim)
    if fresh:
        announce.file_due(file.pk)
    return file


def fetch(file_id: uuid.UUID) -> None:
    """Fetch what an agent sent, and show it. Done twice or at once, it is fetched once; what fails is due again a while later."""
    file = claimed(file_id)
    if file is None:
        return
    try:
        checked = look_into(file, fetched(file))
    except (base.Refused, NotTaken) as error:
        fail(file, str(error))
    except base.ProviderError as error:
        put_off(file, str(error), getattr(error, "retry_after", None) or 0)
    else:
        settle(file, checked.content, state=File.State.READY, error="", **described(checked))


def claimed(file_id: uuid.UUID) -> File | None:
    """Mine alone for a while. Counted before it is tried, so that one that kills the worker is not tried for ever."""
    now = timezone.now()
    if not File.objects.due(now).filter(pk=file_id).update(attempts=F("attempts") + 1, due_at=now + LEASE):
        return None
    return File.objects.select_related("conversation", "message__handoff").filter(pk=file_id).first()


def fetched(file: File) -> base.Fetched:
    if file.attempts > MOST_ATTEMPTS:
        raise base.Refused("It was tried often enough.")
    handoff = handoff_of(file)
    if handoff is None:
        raise base.Refused("The desk that holds it is not connected any more.")
    return handoff.provider().fetch(file.address, LARGEST)


def handoff_of(file: File) -> Handoff | None:
    if file.message:
        return file.message.handoff
    transfer = file.conversation.latest_transfer()
    return transfer.handoff if transfer else None


def look_into(file: File, fetched: base.Fetched) -> Checked:
    """A message may bring whatever is not dangerous; a photo is a picture. Raises ``NotTaken``."""
    if file.message_id:
        said = file.type if fetched.type in kinds.UNSAID else fetched.type
        return kinds.checked_for_visitors(file.name, said, fetched.content)
    return kinds.checked_picture(file.name, fetched.content)


def put_off(file: File, why: str, pause: float) -> None:
    if file.attempts >= MOST_ATTEMPTS:
        fail(file, f"It could not be fetched: {why}")
        return
    due = timezone.now() + timedelta(seconds=max(2**file.attempts, pause))
    File.objects.filter(pk=file.pk, state=File.State.LOADING).update(due_at=due, error=why)


def fail(file: File, why: str) -> None:
    settle(file, None, state=File.State.FAILED, error=why)


@transaction.atomic
def settle(file: File, content: bytes | None, **found: Any) -> None:
    """Here, or never to be: either way, what shows it is shown again. Not if it was settled, or taken back, meanwhile."""
    conversation = Conversation.objects.locked(file.conversation_id)
    if not File.objects.filter(pk=file.pk, state=File.State.LOADING).update(**found):
        return
    if content is not None:
        FileBytes.objects.create(file=file, content=content)
    if content is not None or file.message:
        for message in showing(conversation, file):
            conversation.say_again(message)
    if file.message:
        tell_of_failures(file.message)
    announce.conversation_changed(conversation.pk)


def tell_of_failures(message: Message) -> None:
    """Once all of its files are settled, whoever sent those that are not shown is told at the desk: there they look as sent."""
    states = set(message.files.values_list("state", flat=True))
    if message.transfer and File.State.FAILED in states and File.State.LOADING not in states:
        outbox.owe(message.transfer, message, Delivery.Kind.NOTE)


def showing(conversation: Conversation, file: File) -> list[Message]:
    """The message it belongs to; of a photo, those it stands beside or has a card of."""
    if file.message:
        return [file.message]
    said = conversation.messages.filter(Q(photo=file) | Q(control__kind="cards"), revises=None, gone=False)
    return [message for message in said if message.photo_id == file.pk or str(file.pk) in json.dumps(message.control)]
