"""Chatwoot as a desk: one API-channel inbox of one account. Who does what: the modules beside this one; the contract: CHATWOOT.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handoffs.providers import fetching, outbound
from handoffs.providers.base import (
    Answer,
    Arrangement,
    Connection,
    Diagnosis,
    Event,
    Fetched,
    Finding,
    Gone,
    Ignored,
    Locked,
    Outgoing,
    Pasted,
    Person,
    Provider,
    Reading,
    Recipient,
    Refused,
    Request,
    Surroundings,
    Thread,
    ThreadRef,
)
from handoffs.providers.chatwoot import addresses, door, events, messages, probe, signatures
from handoffs.providers.chatwoot.asking import Asking
from handoffs.providers.chatwoot.client import Client
from handoffs.providers.chatwoot.conversations import Conversations
from handoffs.providers.chatwoot.people import People
from handoffs.providers.chatwoot.setup import SetUp
from handoffs.providers.chatwoot.talk import Talk, order


class Chatwoot(Provider):
    kind = "chatwoot"
    label = "Chatwoot"
    default_domain = "https://app.chatwoot.com/api/v1/"
    delivery_header = "X-Chatwoot-Delivery"
    # A visitor's "identifier" and "source_id" are our Person.key: with it their chat can be read through Chatwoot's public API.
    secret_names = frozenset({"access_token", "hmac_token", "identifier", "pubsub_token", "secret", "source_id"})

    def __init__(self, connection: Connection, limits: outbound.Limits = outbound.LIMITS) -> None:
        super().__init__(connection)
        self.limits = limits
        self.client = Client(connection, limits)

    @classmethod
    def normalise_domain(cls, domain: str) -> str:
        return f"{addresses.base_url(domain)}/api/v1/"

    @classmethod
    def pasted(cls, text: str) -> Pasted:
        return Pasted(cls.normalise_domain(text), *addresses.numbers(text))

    def open(self, person: Person, request: Request) -> Thread:
        entrance = door.find(self.client)
        contact = People(self.client).contact(person)
        number = Conversations(self.client).open(contact, person.key, request, entrance)
        return Thread(str(contact), str(number), person.key, entrance.text())

    def send(self, thread: Thread, outgoing: Outgoing) -> int:
        return Talk(self.client, thread).send(outgoing)

    def find(self, thread: Thread, key: str, after: int) -> int | None:
        sent = (order(message) for message in Talk(self.client, thread).after(after) if messages.ours(message) == key)
        return next(sent, None)

    def read(self, thread: Thread, after: int) -> Reading:
        # State first: whatever was said before the thread was closed is then surely among the messages read after it.
        state = Conversations(self.client).state(thread.conversation_id, door.Door.of(thread.door).user)
        ref = ThreadRef(thread.conversation_id, thread.person_key or None)
        held = list(Talk(self.client, thread).after(after))
        told = (messages.read(message, ref) for message in held)
        return Reading(tuple(event for event in told if not isinstance(event, Ignored)), max([after, *map(order, held)]), state)

    def remove(self, thread: Thread, remote_id: int) -> None:
        Talk(self.client, thread).remove(remote_id)

    def close(self, thread: Thread) -> None:
        Conversations(self.client).toggle(thread.conversation_id, "resolved")

    def answer(self, thread: Thread, answer: Answer) -> int | None:
        """Choices, forms and ratings are filled in where they were asked; what cannot be is said instead, so that agents see it."""
        if answer.email:
            People(self.client).has_email(thread.person_key, answer.email)
        elif answer.values or answer.rating is not None:
            try:
                Talk(self.client, thread).answer(answer)
                return None
            except (Gone, Locked):
                # An agent may have deleted the question, a proxy may keep the public API shut.
                pass
        return self.send(thread, Outgoing(answer.key, answer.text))

    def typing(self, thread: Thread, on: bool) -> None:
        Talk(self.client, thread).typing(on)

    def delivered(self, thread: Thread, remote_id: int) -> None:
        Talk(self.client, thread).delivered(remote_id)

    def seen(self, thread: Thread) -> None:
        Talk(self.client, thread).seen()

    def fetch(self, address: str, most: int) -> Fetched:
        try:
            absolute = addresses.absolute(self.connection.domain, address)
        except ValueError:
            raise Refused("The file has no valid address.") from None
        return fetching.fetch(absolute, most, self.connection.allowed_networks, self.limits)

    def places(self) -> Surroundings:
        return SetUp(Asking(self.connection)).places()

    def diagnose(self, webhook_url: str) -> Diagnosis:
        return SetUp(Asking(self.connection)).diagnose(webhook_url)

    def arrange(self, webhook_url: str, name: str, mark: str, replace: bool) -> Arrangement:
        return SetUp(Asking(self.connection)).arrange(webhook_url, name, mark, replace)

    def why_not_back(self, thread: Thread, remote_id: int) -> Finding | None:
        return probe.why_not_back(Talk(self.client, thread), remote_id)

    def erase(self, person_key: str, threads: Sequence[Thread] = ()) -> None:
        People(self.client).erase(person_key, threads)

    def verify(self, headers: Mapping[str, str], raw: bytes, now: float) -> None:
        signatures.check(self.connection.webhook_secret, headers, raw, now)

    @classmethod
    def meaning(cls, raw: bytes) -> str:
        """A new message is told by its id: an account webhook and the inbox's own tell of the same one in other bytes.

        A changed one is not: every change of it is another meaning, and may come while the first is still under way.
        """
        return events.new_message(raw) or super().meaning(raw)

    @classmethod
    def recipient(cls, raw: bytes) -> Recipient:
        return events.recipient(raw)

    @classmethod
    def parse(cls, raw: bytes) -> tuple[Event, ...]:
        return events.parse(raw)
