"""The same contract, held by a desk that has no network, no typing and no files: the seam fits more than one system."""

from __future__ import annotations

import json

import pytest

from handoffs.providers.base import Connection, Provider, Thread
from tests.handoffs.providers.contract import ProviderContract
from tests.handoffs.providers.desk import Desk, Webhook
from tests.paper import PaperDesk, Sheet, seal

SECRET = "wax"
NOW = 1_789_899_330.0


class OfficeDesk(Desk):
    """Somebody at the desk who writes on the sheet and sends us a copy."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        sheet.key, sheet.trays = "brass key", {7}
        self.connection = Connection("paper://desk", 1, 7, "brass key", SECRET)
        self.copies: list[dict[str, object]] = []

    def agent_says(self, thread: Thread, text: str, name: str = "Jane") -> None:
        said = self.sheet.agent_says(thread.conversation_id, text, name)
        self.copy(thread, id=said.remote_id, said=text, name=name)

    def agent_takes(self, thread: Thread, name: str) -> None:
        self.sheet.assigned[thread.conversation_id] = name

    def agent_asks(self, thread: Thread, text: str, options: list[str]) -> int:
        return self.sheet.agent_says(thread.conversation_id, f"{text} {' or '.join(options)}").remote_id

    def answers(self, thread: Thread) -> list[str]:
        return self.visitor_texts(thread)

    def agent_notes(self, thread: Thread, text: str) -> None:
        self.copy(thread, note=text)

    def agent_resolves(self, thread: Thread) -> None:
        self.sheet.closed.add(thread.conversation_id)
        self.copy(thread, closed=True, stamp="status_changed")

    def visitor_texts(self, thread: Thread) -> list[str]:
        return self.texts(thread, private=False)

    def private_texts(self, thread: Thread) -> list[str]:
        return self.texts(thread, private=True)

    def texts(self, thread: Thread, private: bool) -> list[str]:
        mine = (note for _, at, note in self.sheet.notes if at == thread.conversation_id)
        return [note.text for note in mine if note.private is private]

    def copy(self, thread: Thread, **words: object) -> None:
        self.copies.append({"tray": 7, "thread": thread.conversation_id, "who": thread.person_key, **words})

    def webhook(self, containing: str) -> Webhook:
        ours = [{"tray": 7, "thread": at, "ours": note.key, "id": number, "text": note.text} for number, at, note in self.sheet.notes]
        raw = next(raw for copy in reversed([*ours, *self.copies]) if containing in (raw := json.dumps(copy)))
        return Webhook({"X-Paper-Date": str(NOW), "X-Paper-Seal": seal(SECRET, str(NOW), raw.encode())}, raw.encode(), NOW)


class TestPaperContract(ProviderContract):
    @pytest.fixture
    def desk(self, monkeypatch: pytest.MonkeyPatch) -> OfficeDesk:
        monkeypatch.setattr(PaperDesk, "sheet", Sheet())
        return OfficeDesk(PaperDesk.sheet)

    def connect(self, connection: Connection) -> Provider:
        return PaperDesk(connection)
