"""What is said in a conversation: sending, finding, reading on, and what visitors do to messages. Calls: CHATWOOT.md §1.5, §2, §5, §6."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

from handoffs.providers.base import Answer, Gone, Outgoing, Refused, Rejected, Thread, Unavailable
from handoffs.providers.chatwoot import messages
from handoffs.providers.chatwoot.answers import NotAllowed, unusable
from handoffs.providers.chatwoot.client import Client
from handoffs.providers.chatwoot.door import Door
from handoffs.providers.chatwoot.shapes import Payload, clean, ident, items, mapping

# Chatwoot's message ids come from a sequence: a message with a lower id may become visible after one with a higher id. So we look a little
# further back than we have read.
OVERLAP = 50
PAGE = 100
MOST_PAGES = 1000

# Chatwoot runs outgoing text, notes included, through Liquid. A visitor's "{{…}}" quoted in a note must stay what the visitor typed.
LIQUID = re.compile(r"\{(?=[{%])")
ZERO_WIDTH_SPACE = "\u200b"

# Chatwoot dates a message when it gets it. Later than this, it is told when it was said.
LATE = 60.0
MAX_COMMENT = 10_000


class Talk:
    """One conversation."""

    def __init__(self, client: Client, thread: Thread) -> None:
        self.client = client
        self.thread = thread
        self.path = f"conversations/{thread.conversation_id}"

    def send(self, outgoing: Outgoing) -> int:
        if outgoing.files:
            fields = {name: _field(value) for name, value in _body(outgoing).items()}
            return _id(self.client.upload(f"{self.path}/messages", fields, outgoing.files, Gone))
        return _id(self.client.change(f"{self.path}/messages", _body(outgoing), Gone))

    def answer(self, answer: Answer) -> None:
        """Fill in a control, as the visitor. Raises ``Gone`` if the public API does not know the message or is not to be had."""
        self._as_visitor("PATCH", f"messages/{answer.remote_id}", {"submitted_values": _submitted(answer)})

    def typing(self, on: bool) -> None:
        with suppress(Refused):
            self._as_visitor("POST", "toggle_typing", {"typing_status": "on" if on else "off"})

    def seen(self) -> None:
        with suppress(Refused):
            self._as_visitor("POST", "update_last_seen", {})

    def delivered(self, remote_id: int) -> None:
        """Also takes the red mark of a failed webhook away. Before 4.2 there is no such call; a message that was read stays read."""
        with suppress(NotAllowed, Gone, Rejected):
            self.client.put(f"{self.path}/messages/{remote_id}", {"status": "delivered"}, Gone, "PATCH")

    def remove(self, remote_id: int) -> None:
        # Chatwoot keeps the row, empties it and marks it deleted; doing so again is fine.
        with suppress(Gone):
            self.client.delete(f"{self.path}/messages/{remote_id}", Gone)

    def after(self, remote_id: int) -> Iterator[Payload]:
        """Every message from ``OVERLAP`` ids before ``remote_id`` on, by id, private ones too."""
        cursor = max(remote_id - OVERLAP, 0)
        for _ in range(MOST_PAGES):
            page = self._page(cursor)
            yield from page
            if len(page) < PAGE:
                return
            cursor = order(page[-1])
        raise Unavailable("Chatwoot lists more messages than a conversation can have.")

    def _page(self, cursor: int) -> list[Payload]:
        listing = mapping(self.client.look(f"{self.path}/messages", {"after": cursor}, Gone)).get("payload")
        if not isinstance(listing, list):
            raise unusable(changes=False)
        # What does not come after the cursor was not asked for; without this a repeated page would be read for ever.
        return sorted((message for message in map(mapping, items(listing)) if order(message) > cursor), key=order)

    def _as_visitor(self, method: str, path: str, body: Mapping[str, object]) -> None:
        inbox = Door.of(self.thread.door).inbox
        if not inbox or not self.thread.person_key:
            raise Gone("The inbox has no identifier for Chatwoot's public API.")
        self.client.as_visitor(method, inbox, self.thread.person_key, f"{self.path}/{path}", body, Gone)


def order(message: Payload) -> int:
    return ident(message) or 0


def _body(outgoing: Outgoing) -> dict[str, object]:
    text = clean(outgoing.text)
    body: dict[str, object] = {
        "content": LIQUID.sub("{" + ZERO_WIDTH_SPACE, text) if outgoing.private else text,
        "message_type": "outgoing" if outgoing.private else "incoming",
        "private": outgoing.private,
        "source_id": messages.SOURCE_PREFIX + outgoing.key,
    }
    if outgoing.said_at is not None and time.time() - outgoing.said_at.timestamp() > LATE:
        body["external_created_at"] = int(outgoing.said_at.timestamp())
    return body


def _field(value: object) -> str:
    """A value of a multipart form, as Rails reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _submitted(answer: Answer) -> object:
    """``submitted_values`` of a rating, else of a choice or form (§5)."""
    if answer.rating is not None:
        return {"csat_survey_response": {"rating": answer.rating, "feedback_message": clean(answer.comment)[:MAX_COMMENT]}}
    keys = ("name", "title", "value")
    return [{key: clean(part) for key, part in zip(keys, value, strict=True) if part} for value in answer.values]


def _id(answer: object) -> int:
    found = ident(answer)
    if found is None:
        raise unusable(changes=True)
    return found
