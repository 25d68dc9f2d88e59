"""Chatwoot as a desk: one API-channel inbox of one account. Calls and answers: CHATWOOT.md §1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from handoffs.providers import outbound
from handoffs.providers.base import (
    Connection,
    Event,
    Gone,
    Ignored,
    Outgoing,
    Person,
    Provider,
    Reading,
    Recipient,
    Rejected,
    Thread,
    ThreadRef,
    Unavailable,
)
from handoffs.providers.chatwoot import addresses, events, signatures
from handoffs.providers.chatwoot.client import Client, unusable
from handoffs.providers.chatwoot.shapes import clean, items, mapping, string, whole

Payload = Mapping[str, object]

TRANSFER = "handoff_transfer"  # the custom attribute that makes a conversation findable by our key
MAX_NAME = 255

# Chatwoot's message ids come from a sequence: a message with a lower id may become visible after one with a higher id. So we look a little
# further back than we have read.
OVERLAP = 50
PAGE = 100
MOST_PAGES = 1000

# Chatwoot runs outgoing text, notes included, through Liquid. A visitor's "{{…}}" quoted in a note must stay what the visitor typed.
LIQUID = re.compile(r"\{(?=[{%])")
ZERO_WIDTH_SPACE = "\u200b"


class Chatwoot(Provider):
    kind = "chatwoot"
    label = "Chatwoot"
    default_domain = "https://app.chatwoot.com/api/v1/"
    delivery_header = "X-Chatwoot-Delivery"
    # A visitor's "identifier" and "source_id" are our Person.key: with it their chat can be read through Chatwoot's public API.
    secret_names = frozenset({"access_token", "hmac_token", "identifier", "pubsub_token", "source_id"})

    def __init__(self, connection: Connection, limits: outbound.Limits = outbound.LIMITS) -> None:
        super().__init__(connection)
        self.client = Client(connection, limits)

    @classmethod
    def normalise_domain(cls, domain: str) -> str:
        return f"{addresses.base_url(domain)}/api/v1/"

    def open(self, person: Person, key: str) -> Thread:
        contact = self._contact(person)
        conversation = self._existing(contact, key) or self._created(contact, person, key)
        number = _id(conversation, changes=True)
        self._mark(number, conversation, key)
        if conversation.get("status") != "open":
            # Forced to "pending" by an agent bot on the inbox, or an old one that the inbox keeps for this person.
            self._toggle(number, "open")
        return Thread(str(contact), str(number))

    def send(self, thread: Thread, outgoing: Outgoing) -> int:
        text = clean(outgoing.text)
        body = {
            "content": LIQUID.sub("{" + ZERO_WIDTH_SPACE, text) if outgoing.private else text,
            "message_type": "outgoing" if outgoing.private else "incoming",
            "private": outgoing.private,
            "source_id": events.SOURCE_PREFIX + outgoing.key,
        }
        return _id(self.client.change(f"conversations/{thread.conversation_id}/messages", body, Gone), changes=True)

    def find(self, thread: Thread, key: str, after: int) -> int | None:
        sent = (whole(message.get("id")) for message in self._messages(thread, after) if events.ours(message) == key)
        return next((remote_id for remote_id in sent if remote_id is not None), None)

    def read(self, thread: Thread, after: int) -> Reading:
        ref = ThreadRef(thread.conversation_id)
        # Status first: whatever was said before the thread was closed is then surely among the messages read after it.
        status = mapping(self.client.look(f"conversations/{thread.conversation_id}", missing=Gone)).get("status")
        if not isinstance(status, str):
            raise unusable(changes=False)
        messages = list(self._messages(thread, after))
        found: list[Event] = [event for message in messages if not isinstance(event := events.said(message, ref), Ignored)]
        closed = events.closed(status, ref)
        return Reading((*found, closed) if closed else tuple(found), max([after, *map(_order, messages)]))

    def remove(self, thread: Thread, remote_id: int) -> None:
        # Chatwoot keeps the row, empties it and marks it deleted; doing so again is fine.
        with suppress(Gone):
            self.client.delete(f"conversations/{thread.conversation_id}/messages/{remote_id}", Gone)

    def close(self, thread: Thread) -> None:
        self._toggle(thread.conversation_id, "resolved")

    def verify(self, headers: Mapping[str, str], raw: bytes, now: float) -> None:
        signatures.check(self.connection.webhook_secret, headers, raw, now)

    @classmethod
    def meaning(cls, raw: bytes) -> str:
        """A new message is told by its id: an account webhook and the inbox's own tell of the same one in other bytes."""
        return events.new_message(raw) or super().meaning(raw)

    @classmethod
    def recipient(cls, raw: bytes) -> Recipient:
        return events.recipient(raw)

    @classmethod
    def parse(cls, raw: bytes) -> tuple[Event, ...]:
        return events.parse(raw)

    # --- the person -----------------------------------------------------------------------------------------------------------------------

    def _contact(self, person: Person) -> int:
        """The contact's id. Chatwoot has unique indexes on both of our keys, so creating is safe to repeat: a second one is refused."""
        found = self._contact_of_inbox(person)
        if found is not None:
            return found
        try:
            return self._new_contact(person)
        except Rejected:
            return self._contact_of_inbox(person) or self._contact_of_account(person)

    def _contact_of_inbox(self, person: Person) -> int | None:
        try:
            # 404 without a body: no such contact. 404 of the inbox itself shows when creating.
            found = self.client.ask("contact_inboxes/filter", self._in_inbox(person), missing=_NoContact)
        except _NoContact:
            return None
        return _id(found, changes=False)

    def _new_contact(self, person: Person) -> int:
        about = {"identifier": person.key, "name": clean(person.name)[:MAX_NAME]}
        created = self.client.change("contacts", self._in_inbox(person) | about)
        return _id(mapping(mapping(created).get("payload")).get("contact"), changes=True)

    def _contact_of_account(self, person: Person) -> int:
        """The person as another inbox of this account knows them, made known to ours."""
        by_key = {"attribute_key": "identifier", "filter_operator": "equal_to", "values": [person.key], "query_operator": None}
        found = _payload(self.client.ask("contacts/filter", {"payload": [by_key]}))
        ids = [whole(contact.get("id")) for contact in found if contact.get("identifier") == person.key]
        if not ids or ids[0] is None:
            raise Rejected("Chatwoot does not accept this visitor as a contact (422).")
        self.client.change(f"contacts/{ids[0]}/contact_inboxes", self._in_inbox(person), missing=Unavailable)
        return ids[0]

    def _in_inbox(self, person: Person) -> dict[str, object]:
        return {"inbox_id": self.connection.inbox_id, "source_id": person.key}

    # --- the conversation -----------------------------------------------------------------------------------------------------------------

    def _existing(self, contact: int, key: str) -> Payload | None:
        """The conversation of this transfer; the oldest, so that everybody takes the same one if two were created at once."""
        listing = _payload(self.client.look(f"contacts/{contact}/conversations", missing=Unavailable))
        ours = [each for each in listing if each.get("inbox_id") == self.connection.inbox_id and _transfer(each) == key]
        return min(ours, key=_order, default=None)

    def _created(self, contact: int, person: Person, key: str) -> Payload:
        about = {"contact_id": contact, "status": "open", "custom_attributes": {TRANSFER: key}}
        # The inbox is there, it just knew the contact: a 404 says that somebody deleted the contact in between.
        return mapping(self.client.change("conversations", self._in_inbox(person) | about, missing=Unavailable))

    def _mark(self, number: int, conversation: Payload, key: str) -> None:
        """An inbox that keeps one conversation per person gives us the old one and drops our attributes without a word."""
        if _transfer(conversation) == key:
            return
        # Chatwoot replaces the whole set.
        merged = {**mapping(conversation.get("custom_attributes")), TRANSFER: key}
        self.client.change(f"conversations/{number}/custom_attributes", {"custom_attributes": merged}, Gone)

    def _toggle(self, number: int | str, status: str) -> None:
        self.client.change(f"conversations/{number}/toggle_status", {"status": status}, Gone)

    # --- the messages ---------------------------------------------------------------------------------------------------------------------

    def _messages(self, thread: Thread, after: int) -> Iterator[Payload]:
        """Every message from ``OVERLAP`` ids before ``after`` on, by id, private ones too."""
        cursor = max(after - OVERLAP, 0)
        for _ in range(MOST_PAGES):
            page = self._page(thread, cursor)
            yield from page
            if len(page) < PAGE:
                return
            cursor = _order(page[-1])
        raise Unavailable("Chatwoot lists more messages than a conversation can have.")

    def _page(self, thread: Thread, cursor: int) -> list[Payload]:
        listing = _payload(self.client.look(f"conversations/{thread.conversation_id}/messages", {"after": cursor}, Gone))
        # What does not come after the cursor was not asked for; without this a repeated page would be read for ever.
        return sorted((message for message in listing if _order(message) > cursor), key=_order)


class _NoContact(Unavailable):
    """No contact has this source id in this inbox."""


def _payload(answer: object) -> list[Payload]:
    """The objects of ``{"payload": [...]}``."""
    payload = mapping(answer).get("payload")
    if not isinstance(payload, list):
        raise unusable(changes=False)
    return [mapping(each) for each in items(payload)]


def _id(answer: object, changes: bool) -> int:
    found = whole(mapping(answer).get("id"))
    if found is None:
        raise unusable(changes)
    return found


def _order(row: Payload) -> int:
    return whole(row.get("id")) or 0


def _transfer(conversation: Payload) -> str:
    return string(mapping(conversation.get("custom_attributes")).get(TRANSFER))
