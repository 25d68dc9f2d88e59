"""A listener that answers as a test has written down, for the cases a stand-in has to be brought into first."""

from __future__ import annotations

from typing import Any

from handoffs.providers.base import Person, Request, Thread
from tests.handoffs.providers.servers import Call, Listener

ROOT = "/api/v1/accounts/1/"
ANN = Person("visitor-9b9d46b9c2", "Ann")
KEY = "0b7a1d52-5a3c-4d0b-9f2b-2f1f5b1f9c22"
OTHER = "11111111-5a3c-4d0b-9f2b-2f1f5b1f9c22"
WISH = Request(KEY)
DOOR = '{"inbox": "iDeNt", "user": 9}'
THREAD = Thread("55", "42", ANN.key, DOOR)
AS_ANN = f"/public/api/v1/inboxes/iDeNt/contacts/{ANN.key}/conversations/42"

INBOX = "GET inboxes/7"
PROFILE = "GET /api/v1/profile"
FILTER = "POST contact_inboxes/filter"
NEW_CONTACT = "POST contacts"
CONTACT = "PUT contacts/55"
LISTING = "GET contacts/55/conversations"
CREATE = "POST conversations"
CONVERSATION = "GET conversations/42"
ATTRIBUTES = "POST conversations/42/custom_attributes"
TOGGLE = "POST conversations/42/toggle_status"
MESSAGES = "GET conversations/42/messages"
SEND = "POST conversations/42/messages"

Answer = tuple[int, Any]
DONE: Answer = (200, {})
NOBODY: Answer = (404, b"")
NONE: Answer = (200, {"payload": []})


class Script:
    """Answers by "METHOD path"; several in a row for calls that are repeated, the last one stays."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.answers: dict[str, list[Answer]] = {}
        listener.respond = self.play

    def on(self, call: str, *answers: Answer) -> None:
        self.answers[call] = list(answers)

    def play(self, call: Call) -> None:
        answers = self.answers.get(self.name(call.seen.method, call.seen.path), [(599, b"not in the script")])
        call.answer(*(answers.pop(0) if len(answers) > 1 else answers[0]))

    @staticmethod
    def name(method: str, path: str) -> str:
        return f"{method} {path.removeprefix(ROOT).partition('?')[0]}"

    @property
    def calls(self) -> list[str]:
        return [self.name(seen.method, seen.path) for seen in self.listener.seen]

    def sent(self, call: str) -> list[Any]:
        return [seen.json for seen in self.listener.seen if self.name(seen.method, seen.path) == call]

    # --- what is usual --------------------------------------------------------------------------------------------------------------------

    def a_desk(self, role: str = "administrator") -> None:
        self.on(INBOX, (200, {"id": 7, "channel_type": "Channel::Api", "inbox_identifier": "iDeNt"}))
        self.on(PROFILE, (200, {"id": 9, "role": "agent", "accounts": [{"id": 2, "role": "agent"}, {"id": 1, "role": role}]}))

    def a_new_visitor(self) -> None:
        self.a_desk()
        self.on(FILTER, NOBODY)
        self.on(NEW_CONTACT, (200, {"payload": {"contact": {"id": 55}, "contact_inbox": {"source_id": ANN.key}}}))
        self.on(LISTING, NONE)
        self.on(CREATE, (200, conversation(handoff_transfer=KEY)))
        self.on(TOGGLE, DONE)
        self.on(ATTRIBUTES, DONE)

    def a_known_visitor(self, **known: object) -> None:
        self.a_new_visitor()
        self.on(FILTER, (200, contact(**known)))
        self.on(CONTACT, (200, {"payload": contact()}))


def contact(**known: object) -> dict[str, object]:
    blank = {"id": 55, "identifier": ANN.key, "name": "Ann", "email": None, "phone_number": None, "custom_attributes": {}}
    return blank | known


def conversation(status: str = "open", number: int = 42, inbox: int = 7, **attributes: object) -> dict[str, object]:
    return {"id": number, "inbox_id": inbox, "status": status, "custom_attributes": attributes, "labels": [], "priority": None, "meta": {}}


def taken(*columns: str) -> Answer:
    return 422, {"message": "has already been taken", "attributes": list(columns)}
