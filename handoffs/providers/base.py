"""The seam between us and a live-agent system ("desk").

A provider turns our words into one vendor's API and the vendor's payloads into our events. It sees no database and no Django: data
classes in, data classes out. How a call can fail, in full:

    ProviderError
    ├── Refused       permanent: the desk understood and said no; trying the same again is pointless
    │   ├── Locked    the desk no longer accepts us at all (token, account or inbox): stop everything, tell the admin
    │   ├── Gone      the thread is not there any more
    │   └── Rejected  this one message is not acceptable to the desk
    ├── Unavailable   nothing was stored; try later (``retry_after`` seconds if the desk said so)
    │   └── Throttled the desk asks all of us to slow down, not only this thread
    └── Uncertain     no answer, or one that proves nothing: it may or may not have been stored; look before sending again

    BadSignature      a webhook that does not prove where it comes from
    Malformed         a webhook body that cannot be read at all
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal

# What a desk takes as the value of an attribute.
Plain = str | int | float | bool

# Somebody waits for it.
SETTING_UP = 15.0


class ProviderError(Exception):
    """A call to a desk did not do what was asked. ``str()`` is a sentence an admin can act on; it never contains a secret or a body."""


class Refused(ProviderError):
    pass


class Locked(Refused):
    pass


class Gone(Refused):
    pass


class Rejected(Refused):
    pass


class Unavailable(ProviderError):
    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Throttled(Unavailable):
    pass


class Uncertain(ProviderError):
    pass


class BadSignature(Exception):
    """``str()`` says what was wrong: no signature, a stale timestamp, or a mismatch."""


class Malformed(Exception):
    pass


@dataclass(frozen=True)
class Connection:
    """Where a desk is and how we get in. ``domain`` as the admin typed it; ``webhook_secret`` empty when there is none."""

    domain: str
    account_id: int
    inbox_id: int
    access_token: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True)
class Person:
    """The visitor as the desk may know them. ``key`` is ours, unguessable, and the same for every transfer of this visitor.

    ``email`` and ``phone`` are what the visitor or the website told us: they describe, they never decide which person of the desk this is.
    ``named``: somebody told us the name. One we made up must never replace the name that people at the desk have given since.
    """

    key: str
    name: str
    email: str = ""
    phone: str = ""
    attributes: Mapping[str, Plain] = field(default_factory=dict)
    named: bool = True


@dataclass(frozen=True)
class Request:
    """What a thread is opened for, and how the desk is to file it. ``key`` is our transfer's uuid; ``priority`` empty for none."""

    key: str
    labels: tuple[str, ...] = ()
    team: int | None = None
    priority: str = ""
    attributes: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True)
class Thread:
    """The desk's ids of one conversation, as text; kept by us and handed back. ``door``: whatever else the provider wants kept."""

    person_id: str
    conversation_id: str
    person_key: str = ""
    door: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file to send. ``name`` is harmless, ``type`` was sniffed, not believed."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Outgoing:
    """One thing to put into a thread. ``key`` is our uuid and makes it findable; ``private`` is for agents' eyes only."""

    key: str
    text: str
    private: bool = False
    files: tuple[Attachment, ...] = ()
    said_at: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """What the visitor filled into the control of the desk's message ``remote_id``. ``values``: (name, title, value) of each field.

    A choice has one value, without a name; a rating has ``rating`` (1–5) and perhaps a ``comment``; an e-mail address is in ``email``.
    """

    key: str
    remote_id: int
    text: str
    values: tuple[tuple[str, str, str], ...] = ()
    rating: int | None = None
    comment: str = ""
    email: str = ""


@dataclass(frozen=True)
class RemoteFile:
    """A file the desk holds. ``address`` is for ``Provider.fetch``; the rest is what the desk says about it, empty where it does not."""

    address: str
    name: str = ""
    type: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Fetched:
    """A file's bytes, and the type the server that gave them claims."""

    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Recipient:
    """Which account and inbox a webhook claims to be about, read before anything is verified. None where the payload does not say."""

    account_id: int | None
    inbox_id: int | None


@dataclass(frozen=True)
class ThreadRef:
    """Which thread an event belongs to. ``person_key`` is the ``Person.key`` we gave, None if the payload does not carry it."""

    conversation_id: str
    person_key: str | None = None


@dataclass(frozen=True)
class AgentSaid:
    """A public message of a human, or of the desk itself (``name`` None).

    ``name`` is the name the agent shows to the public, ``photo`` an address for ``Provider.fetch``. ``control`` is something to fill in, in
    the shape of docs/protocol.md (images are addresses). ``failed``: the desk shows its agent that it did not reach the visitor.
    """

    thread: ThreadRef
    remote_id: int
    text: str
    name: str | None
    at: datetime | None = None
    photo: str = ""
    files: tuple[RemoteFile, ...] = ()
    control: Mapping[str, Any] | None = None
    failed: bool = False


@dataclass(frozen=True)
class MessageRemoved:
    """An agent took back what they had said."""

    thread: ThreadRef
    remote_id: int


@dataclass(frozen=True)
class AgentTyping:
    """A human is writing to the visitor, or has stopped. Worth nothing a few seconds later."""

    thread: ThreadRef
    on: bool


@dataclass(frozen=True)
class OurEcho:
    """Something we sent came back: the proof that it was stored."""

    thread: ThreadRef
    key: str
    remote_id: int


@dataclass(frozen=True)
class ThreadChanged:
    """Something about the thread may be otherwise now (``what``, in words): who has it, whether it is closed, a message we cannot read yet.

    It does not say how, because calls arrive in any order: whoever hears it reads the thread.
    """

    thread: ThreadRef
    what: str


@dataclass(frozen=True)
class Ignored:
    """Understood and of no consequence; ``why`` in words for the receipt."""

    why: str


Event = AgentSaid | MessageRemoved | AgentTyping | OurEcho | ThreadChanged | Ignored


@dataclass(frozen=True)
class ThreadState:
    """How a thread stands. ``closed``: None while it is with the humans, else ``resolved`` or ``given_back`` (handed to the bot).

    ``agent``: the public name of the human who has it, None if nobody has. ``at`` orders two readings (the desk's clock); None if there is
    none.
    """

    closed: str | None = None
    agent: str | None = None
    photo: str = ""
    at: float | None = None


@dataclass(frozen=True)
class Reading:
    """What a thread holds after a remote id: its events in the desk's order, the highest remote id seen (``after`` if none), its state."""

    events: tuple[Event, ...]
    last: int
    state: ThreadState = ThreadState()


# --- Setting up: what an admin is told ---


@dataclass(frozen=True)
class Pasted:
    """What an address out of a browser tells: the domain, and the account and inbox if it names them."""

    domain: str
    account_id: int | None = None
    inbox_id: int | None = None


@dataclass(frozen=True)
class Place:
    """An account or an inbox, with the name people know it by. An account has its inboxes; ``note`` says why there are none."""

    id: int
    name: str
    inboxes: tuple[Place, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One step of a test: what was looked at, how it is, and what to do if it is not good. Never a secret, never a body."""

    name: str
    state: Literal["good", "warn", "bad"]
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """``inbox_name``: what people call the inbox, if it was found."""

    findings: tuple[Finding, ...]
    inbox_name: str = ""

    @property
    def works(self) -> bool:
        return all(finding.state != "bad" for finding in self.findings)


@dataclass(frozen=True)
class Surroundings:
    """Where one may go with a token."""

    findings: tuple[Finding, ...]
    accounts: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Arrangement:
    """What was set up. ``inbox_id`` 0: none. ``asks``: the inbox tells another address now, and only an admin may decide to replace it."""

    findings: tuple[Finding, ...]
    inbox_id: int = 0
    inbox_name: str = ""
    webhook_secret: str = field(default="", repr=False)
    asks: bool = False

    @property
    def done(self) -> bool:
        return self.inbox_id > 0 and Diagnosis(self.findings).works


class Provider(ABC):
    """One desk's language. Built per call from a ``Connection``; holds no state between calls."""

    kind: str
    label: str
    default_domain: str
    # The header in which the desk names a webhook call; unsigned, so only for people to read.
    delivery_header: str = ""
    # Names in webhook bodies whose values open something at the desk: admins see the bodies without them.
    secret_names: frozenset[str] = frozenset()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @classmethod
    def normalise_domain(cls, domain: str) -> str:
        """One way of writing what an admin may type in several. Raises ``ValueError`` with a sentence for the admin."""
        return domain.strip()

    @classmethod
    def pasted(cls, text: str) -> Pasted:
        """What an address out of the desk's own pages tells. Raises ``ValueError`` like ``normalise_domain``."""
        return Pasted(cls.normalise_domain(text))

    @abstractmethod
    def open(self, person: Person, request: Request) -> Thread:
        """Find or create the person and the thread for ``request.key``. Safe to repeat, also at once: one person, one thread a key."""

    @abstractmethod
    def send(self, thread: Thread, outgoing: Outgoing) -> int:
        """Put ``outgoing`` into the thread once; returns its remote id. Never looks first: the caller does (``find``)."""

    @abstractmethod
    def find(self, thread: Thread, key: str, after: int) -> int | None:
        """The remote id of what was sent with ``key``, looking at what came after remote id ``after``; None if it is not there."""

    @abstractmethod
    def read(self, thread: Thread, after: int) -> Reading:
        """What a lost webhook would have said, private content left out, and how the thread stands, read before the messages."""

    @abstractmethod
    def remove(self, thread: Thread, remote_id: int) -> None:
        """Take one of our own messages out of the thread, a copy that was stored late. Safe to repeat."""

    @abstractmethod
    def close(self, thread: Thread) -> None:
        """Close the thread at the desk. Safe to repeat."""

    # --- What a desk may not be able to do. Repeating any of these does no harm. ---

    def answer(self, thread: Thread, answer: Answer) -> int | None:
        """Give what the visitor filled in; the remote id, if it made a message of its own (the caller looks for that one with ``find``).

        By default it is sent like anything they say.
        """
        return self.send(thread, Outgoing(answer.key, answer.text))

    def typing(self, thread: Thread, on: bool) -> None:  # noqa: B027 — a desk may leave it out
        """The visitor is writing, or has stopped."""

    def delivered(self, thread: Thread, remote_id: int) -> None:  # noqa: B027 — a desk may leave it out
        """The visitor's page has this message of an agent."""

    def seen(self, thread: Thread) -> None:  # noqa: B027 — a desk may leave it out
        """The visitor has seen everything in the thread."""

    def fetch(self, address: str, most: int) -> Fetched:
        """A file or photo the desk holds, at most ``most`` bytes. ``Unavailable``: it is not there yet; ``Refused``: it never will be."""
        raise Refused("This desk has no files.")

    # --- Setting up. None of these raises: what goes wrong is a finding. Each ends within ``SETTING_UP`` seconds. ---

    @abstractmethod
    def places(self) -> Surroundings:
        """The accounts and inboxes this token may use, by name. The connection's account and inbox are not looked at."""

    @abstractmethod
    def diagnose(self, webhook_url: str) -> Diagnosis:
        """Everything that may keep this connection from working, and what to do about it. Changes nothing."""

    def arrange(self, webhook_url: str, name: str, mark: str, replace: bool) -> Arrangement:
        """Make the inbox (of the connection; without one, a new one called ``name``) send its webhooks to us, and read its secret.

        Safe to repeat: an inbox made for ``mark`` before is found again. ``replace``: also if it sends them elsewhere now.
        """
        return Arrangement((Finding("Set-up", "warn", f"{self.label} cannot be set up from here.", "Enter the values by hand."),))

    def why_not_back(self, thread: Thread, remote_id: int) -> Finding | None:
        """Why a message we sent did not come back by webhook, if the desk knows."""
        return None

    def erase(self, person_key: str, threads: Sequence[Thread] = ()) -> None:
        """Delete a person we made, with all their threads. Safe to repeat. Raises ``ProviderError``.

        ``threads``: those we had with them. Who is somebody else's by now (people at a desk merge persons) is not deleted: ``Refused``.
        """
        raise Refused("This desk deletes nobody.")

    @abstractmethod
    def verify(self, headers: Mapping[str, str], raw: bytes, now: float) -> None:
        """Raise ``BadSignature`` unless the exact bytes were signed with our webhook secret at most 300 s from ``now`` (unix seconds)."""

    @classmethod
    def meaning(cls, raw: bytes) -> str:
        """What makes two webhook calls the same one; at most 100 characters. By default the exact bytes."""
        return hashlib.sha256(raw).hexdigest()

    @classmethod
    @abstractmethod
    def recipient(cls, raw: bytes) -> Recipient:
        """Which account and inbox these bytes claim to be for. Raises ``Malformed``."""

    @classmethod
    @abstractmethod
    def parse(cls, raw: bytes) -> tuple[Event, ...]:
        """The events of a webhook body; an unknown one is ``Ignored``. Raises ``Malformed`` only where ``recipient`` would."""
