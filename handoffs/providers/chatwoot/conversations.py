"""Threads as Chatwoot's conversations: opening, filing, closing, and how one stands. Calls: CHATWOOT.md §1.4."""

from __future__ import annotations

import logging
from collections.abc import Callable

from handoffs.providers.base import Gone, Refused, Rejected, Request, ThreadState, Unavailable, Uncertain
from handoffs.providers.chatwoot import senders
from handoffs.providers.chatwoot.answers import unusable
from handoffs.providers.chatwoot.client import Client
from handoffs.providers.chatwoot.door import Door
from handoffs.providers.chatwoot.people import plain
from handoffs.providers.chatwoot.shapes import Payload, clean, ident, items, mapping, string, whole

log = logging.getLogger(__name__)

TRANSFER = "handoff_transfer"  # the custom attribute that makes a conversation findable by our key
CLOSED = {"resolved": "resolved", "pending": "given_back"}
PRIORITIES = ("low", "medium", "high", "urgent")  # any other one is a 500 (§0)
ELSEWHERE = "This conversation is in another inbox of Chatwoot than the one of this handoff."


class Conversations:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.inbox_id = client.connection.inbox_id

    def open(self, contact: int, person_key: str, request: Request, door: Door) -> int:
        """The number of the open conversation of this request, filed as asked."""
        conversation = self._existing(contact, request.key) or self._created(contact, person_key, request)
        number = _number(conversation, changes=True)
        self._mark(number, conversation, request)
        self._file(number, conversation, request)
        if conversation.get("status") != "open":
            # Forced to "pending" by an agent bot on the inbox, or an old one that the inbox keeps for this person.
            self.toggle(number, "open")
            self._undo_assignment(number, conversation, door)
        return number

    def toggle(self, number: int | str, status: str) -> None:
        self.client.change(f"conversations/{number}/toggle_status", {"status": status}, Gone)

    def state(self, number: str, ourselves: int | None) -> ThreadState:
        """How a conversation stands. One of another inbox is none of this handoff, whatever its number says."""
        conversation = mapping(self.client.look(f"conversations/{number}", missing=Gone))
        if not string(conversation.get("status")) or whole(conversation.get("inbox_id")) is None:
            raise unusable(changes=False)
        if conversation.get("inbox_id") != self.inbox_id:
            raise Gone(ELSEWHERE)
        return state_of(conversation, ourselves)

    # --- finding and making ---------------------------------------------------------------------------------------------------------------

    def _existing(self, contact: int, key: str) -> Payload | None:
        """The conversation of this transfer; the oldest, so that everybody takes the same one if two were created at once."""
        listing = mapping(self.client.look(f"contacts/{contact}/conversations", missing=Unavailable)).get("payload")
        if not isinstance(listing, list):
            raise unusable(changes=False)
        found = (mapping(each) for each in items(listing))
        ours = [each for each in found if each.get("inbox_id") == self.inbox_id and transfer_of(each) == key]
        return min(ours, key=lambda each: ident(each) or 0, default=None)

    def _created(self, contact: int, person_key: str, request: Request) -> Payload:
        about = {
            "inbox_id": self.inbox_id,
            "source_id": person_key,
            "contact_id": contact,
            "status": "open",
            "custom_attributes": _marked(request),
        }
        # The inbox is there, it just knew the contact: a 404 says that somebody deleted the contact in between.
        created = mapping(self.client.change("conversations", about, missing=Unavailable))
        first = self._existing(contact, request.key)
        if first is None or ident(first) == ident(created):
            return created
        # Two were made at once. Nobody has looked at ours yet.
        self.toggle(_number(created, changes=True), "resolved")
        return first

    def _mark(self, number: int, conversation: Payload, request: Request) -> None:
        """An inbox that keeps one conversation per person gives us the old one and drops our attributes without a word."""
        has, wanted = mapping(conversation.get("custom_attributes")), _marked(request)
        if any(has.get(name) != value for name, value in wanted.items()):
            # Chatwoot replaces the whole set.
            self.client.change(f"conversations/{number}/custom_attributes", {"custom_attributes": {**has, **wanted}}, Gone)

    def _undo_assignment(self, number: int, before: Payload, door: Door) -> None:
        """An agent's token that opens a conversation is given it (§1.4), and then no human would see it waiting."""
        if door.role != "agent" or door.user is None:
            return
        now = mapping(self.client.look(f"conversations/{number}", missing=Gone))
        if ident(_assignee(now)) == door.user != ident(_assignee(before)):
            _try("assignee", number, lambda: self._assign(number, assignee_id=ident(_assignee(before))))

    # --- filing: nothing of this may keep a visitor from being handed over ---------------------------------------------------------------

    def _file(self, number: int, conversation: Payload, request: Request) -> None:
        wanted = list(dict.fromkeys(filter(None, (clean(label).strip() for label in request.labels))))
        has = [string(label) for label in items(conversation.get("labels"))]
        if not set(wanted) <= set(has):
            _try("labels", number, lambda: self._label(number, list(dict.fromkeys([*has, *wanted]))))
        if request.team is not None and ident(mapping(conversation.get("meta")).get("team")) != request.team:
            _try("team", number, lambda: self._assign(number, team_id=request.team))
        if request.priority and request.priority != conversation.get("priority"):
            _try("priority", number, lambda: self._prioritise(number, request.priority))

    def _label(self, number: int, labels: list[str]) -> None:
        # Chatwoot replaces the whole set.
        told = mapping(self.client.change(f"conversations/{number}/labels", {"labels": labels}, Rejected)).get("payload")
        if missing := set(labels) - set(map(string, items(told))):
            raise Rejected(f"it does not know {', '.join(sorted(missing))}")

    def _assign(self, number: int, **to: int | None) -> None:
        told = self.client.change(f"conversations/{number}/assignments", to, Rejected)
        if told is None and None not in to.values():
            raise Rejected("it does not know this one")

    def _prioritise(self, number: int, priority: str) -> None:
        if priority not in PRIORITIES:
            raise Rejected(f"it knows {', '.join(PRIORITIES)} only")
        self.client.tell(f"conversations/{number}/toggle_priority", {"priority": priority}, Rejected)


def _try(what: str, number: int, do: Callable[[], None]) -> None:
    try:
        do()
    except (Refused, Uncertain) as error:
        log.warning("Chatwoot did not take the %s of conversation %s: %s", what, number, error)


def state_of(conversation: Payload, ourselves: int | None) -> ThreadState:
    """A conversation of REST's shape (§1.4), where the assignee is told without a type: that stands beside them, in newer versions."""
    who = _assignee(conversation)
    human = mapping(conversation.get("meta")).get("assignee_type") in (None, "User") and ident(who) not in (None, ourselves)
    known = senders.shown(who) if human else senders.DESK
    return ThreadState(CLOSED.get(string(conversation.get("status"))), known.name, known.photo, moment(conversation.get("updated_at")))


def moment(value: object) -> float | None:
    """Seconds since the epoch, if it is a number that can be one."""
    return float(value) if (type(value) is int or type(value) is float) and 0 < value < 2**40 else None


def transfer_of(conversation: Payload) -> str:
    return string(mapping(conversation.get("custom_attributes")).get(TRANSFER))


def _marked(request: Request) -> dict[str, object]:
    return {**plain(request.attributes), TRANSFER: request.key}


def _assignee(conversation: Payload) -> Payload:
    return mapping(mapping(conversation.get("meta")).get("assignee"))


def _number(conversation: Payload, changes: bool) -> int:
    number = ident(conversation)
    if number is None:
        raise unusable(changes)
    return number
