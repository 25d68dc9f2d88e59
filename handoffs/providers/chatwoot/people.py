"""Visitors as Chatwoot's contacts. Calls: CHATWOOT.md §1.3.

A contact is ours by the ``source_id`` and ``identifier`` we gave it, both unguessable, and unique in Chatwoot. Never by e-mail or phone:
anybody can type those. Where another contact has them already, ours goes without.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from handoffs.providers.base import Gone, Person, Plain, ProviderError, Rejected, Thread, Unavailable, Uncertain
from handoffs.providers.chatwoot.answers import Invalid, unusable
from handoffs.providers.chatwoot.client import Client
from handoffs.providers.chatwoot.shapes import MAX_NAME, Payload, clean, ident, items, mapping, string

log = logging.getLogger(__name__)

E_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
PHONE = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
WRITTEN_IN_PHONES = re.compile(r"[\s().\-/]")
# Limits of Chatwoot's attributes (§8), and bounds of our own.
MAX_VALUE = 1500
MAX_WHOLE = 9_999_999_999
MAX_KEY = 100
MOST_ATTRIBUTES = 100
MERGED = "An agent has merged this visitor into another contact. Look at {where} in Chatwoot, and delete there what is the visitor’s."


class People:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.inbox_id = client.connection.inbox_id

    def contact(self, person: Person) -> int:
        """The id of the visitor's contact, made or brought up to date. Chatwoot refuses a second one, so repeating it is safe."""
        found = self._of_inbox(person.key)
        if found is None:
            try:
                return self._created(person)
            except (Rejected, Uncertain) as error:
                # Somebody was faster: just now, which Chatwoot says with 422 or 500, or long ago in another inbox.
                found = self._of_inbox(person.key) or self._of_account(person.key)
                if found is None:
                    raise error
        self._refreshed(found, person)
        return _id(found)

    def has_email(self, person_key: str, email: str) -> None:
        """The visitor told us their e-mail address; harmless if the contact cannot have it."""
        found = self._of_inbox(person_key) if person_key else None
        if found is not None:
            self._refreshed(found, Person(person_key, "", email))

    def erase(self, person_key: str, threads: Sequence[Thread] = ()) -> None:
        """Delete the contact, and with it their conversations, in whichever inbox of the account. Only administrators may.

        Merging keeps one of two contacts: the other's conversations move, and an identifier moves where there was none. What such a contact
        holds is not ours alone, so it is left to a human.
        """
        found = self._by_identifier(person_key)
        ours = {thread.person_id for thread in threads}
        if others := sorted({str(_id(each)) for each in found} - ours if ours else ()):
            raise Rejected(MERGED.format(where=f"contact {others[0]}"))
        for each in found:
            with suppress(Gone):
                self.client.remove(f"contacts/{_id(each)}", missing=Gone)
        if not found and (left := next(filter(self._is_there, threads), None)):
            raise Rejected(MERGED.format(where=f"conversation {left.conversation_id}"))

    def _is_there(self, thread: Thread) -> bool:
        try:
            self.client.look(f"conversations/{thread.conversation_id}", missing=Gone)
        except Gone:
            return False
        return True

    def _of_inbox(self, key: str) -> Payload | None:
        try:
            # 404 without a body: no such contact. 404 of the inbox itself shows when creating.
            found = mapping(self.client.ask("contact_inboxes/filter", self._in_inbox(key), missing=Gone))
        except Gone:
            return None
        _id(found)
        return found

    def _created(self, person: Person) -> int:
        about = described(person)
        while True:
            try:
                created = self.client.change("contacts", {**self._in_inbox(person.key), "identifier": person.key, **about})
            except Invalid as refusal:
                about = _without(about, refusal)
            else:
                return _id(mapping(mapping(created).get("payload")).get("contact"), changes=True)

    def _of_account(self, key: str) -> Payload | None:
        """The visitor as another inbox of this account knows them, made known to ours."""
        found = next(iter(self._by_identifier(key)), None)
        if found is not None:
            self.client.change(f"contacts/{_id(found)}/contact_inboxes", self._in_inbox(key), missing=Unavailable)
        return found

    def _by_identifier(self, key: str) -> list[Payload]:
        by_key = {"attribute_key": "identifier", "filter_operator": "equal_to", "values": [key], "query_operator": None}
        listing = mapping(self.client.ask("contacts/filter", {"payload": [by_key]})).get("payload")
        if not isinstance(listing, list):
            raise unusable(changes=False)
        # Compared in lower case there.
        return [each for each in map(mapping, items(listing)) if each.get("identifier") == key]

    def _refreshed(self, found: Payload, person: Person) -> None:
        """What was told since. An agent may have merged the contact into another one: that one is not ours to change."""
        if found.get("identifier") != person.key:
            return
        about = changed(found, described(person))
        if not person.named and found.get("name"):
            about.pop("name", None)
        while about:
            try:
                self.client.put(f"contacts/{_id(found)}", about, missing=Gone)
                return
            except Invalid as refusal:
                about = _without(about, refusal)
            except ProviderError as error:
                # Not worth a visitor's waiting: agents can do without.
                log.warning("A contact in Chatwoot keeps its old name and attributes: %s", error)
                return

    def _in_inbox(self, key: str) -> dict[str, object]:
        return {"inbox_id": self.inbox_id, "source_id": key}


def described(person: Person) -> dict[str, object]:
    """What a contact gets; what Chatwoot would refuse is left out."""
    email, phone = clean(person.email).strip(), WRITTEN_IN_PHONES.sub("", person.phone)
    told: dict[str, object] = {
        "name": clean(person.name)[:MAX_NAME],
        "email": email if E_MAIL.fullmatch(email) and len(email) <= MAX_NAME else "",
        "phone_number": phone if PHONE.fullmatch(phone) else "",
        "custom_attributes": plain(person.attributes),
    }
    return {name: value for name, value in told.items() if value}


def changed(found: Payload, about: Mapping[str, object]) -> dict[str, object]:
    """The part of ``about`` that a contact does not have yet. Chatwoot merges attributes and lowers e-mail addresses."""
    has = mapping(found.get("custom_attributes"))
    attributes = {name: value for name, value in mapping(about.get("custom_attributes")).items() if has.get(name) != value}
    same = {**found, "email": about.get("email")} if _lower(found.get("email")) == _lower(about.get("email")) else found
    plainly = {name: value for name, value in about.items() if name != "custom_attributes" and same.get(name) != value}
    return {**plainly, **({"custom_attributes": attributes} if attributes else {})}


def plain(attributes: Mapping[str, Plain]) -> dict[str, object]:
    """Attributes as Chatwoot takes them (§8)."""
    kept = ((clean(str(key))[:MAX_KEY], _value(value)) for key, value in list(attributes.items())[:MOST_ATTRIBUTES])
    return {key: value for key, value in kept if key and value is not None}


def _value(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_WHOLE else str(value)
    return clean(value)[:MAX_VALUE] if isinstance(value, str) else None


def _without(about: dict[str, object], refusal: Invalid) -> dict[str, object]:
    """``about`` without what was refused. Raises the refusal again if it was about something else."""
    left = {name: value for name, value in about.items() if name not in refusal.attributes}
    if left == about:
        raise refusal
    log.info("A contact in Chatwoot goes without its %s: it is taken or not valid there.", " and ".join(sorted(about.keys() - left.keys())))
    return left


def _lower(value: object) -> str:
    return string(value).lower()


def _id(contact: object, changes: bool = False) -> int:
    found = ident(contact)
    if found is None:
        raise unusable(changes)
    return found
