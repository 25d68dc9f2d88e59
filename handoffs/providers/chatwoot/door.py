"""What a thread needs besides its ids: the way into the public API, and who we are ourselves. Kept as text in ``Thread.door``."""

from __future__ import annotations

import json
from dataclasses import dataclass

from handoffs.providers.base import Locked
from handoffs.providers.chatwoot.client import Client
from handoffs.providers.chatwoot.shapes import NotJson, Payload, decoded, items, mapping, string, whole

MAX_IDENTIFIER = 200
NOT_API = "This inbox is not an API inbox. Make one in Chatwoot (Settings, Inboxes, Add Inbox, API) and enter its number."


@dataclass(frozen=True)
class Door:
    """``inbox``: the inbox's identifier in the public API, empty if unknown. ``user``: whose token we have; ``role``: theirs."""

    inbox: str = ""
    user: int | None = None
    role: str = ""

    def text(self) -> str:
        return json.dumps({"inbox": self.inbox, "user": self.user})

    @classmethod
    def of(cls, text: str) -> Door:
        """What ``text`` says; a door that leads nowhere if it says nothing."""
        try:
            kept = mapping(decoded(text.encode()))
        except NotJson:
            return cls()
        return cls(string(kept.get("inbox")), whole(kept.get("user")))


def find(client: Client) -> Door:
    """Asks Chatwoot. Raises ``Locked`` if the inbox is of another kind: nothing else here would work then."""
    inbox = mapping(client.look(f"inboxes/{client.connection.inbox_id}"))
    if inbox.get("channel_type") not in (None, "Channel::Api"):
        raise Locked(NOT_API)
    identifier = string(inbox.get("inbox_identifier"))
    profile = mapping(client.profile())
    return Door(
        identifier if len(identifier) <= MAX_IDENTIFIER else "", whole(profile.get("id")), _role(profile, client.connection.account_id)
    )


def _role(profile: Payload, account: int) -> str:
    here = (mapping(each) for each in items(profile.get("accounts")))
    return next((string(each.get("role")) for each in here if each.get("id") == account), string(profile.get("role")))
