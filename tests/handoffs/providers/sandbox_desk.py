"""The agents' side of the stand-in, reached as agents reach it, and the webhooks it sends."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import requests

from handoffs.providers.base import Connection, Thread
from sandbox.seed import ensure_demo
from sandbox.server import SandboxServer
from tests.handoffs.providers.desk import Desk, Webhook
from tests.handoffs.providers.servers import Listener, Seen

INCOMING = 0
TOLD_BY = ("message_created", "conversation_status_changed")


class SandboxDesk(Desk):
    def __init__(self, server: SandboxServer, hub: Listener) -> None:
        credentials = ensure_demo(server.store, f"{hub.url}/incoming-chatwoot")
        self.server = server
        self.hub = hub
        self.connection = Connection(
            server.url,
            credentials.account_id,
            credentials.inbox_id,
            credentials.admin_token,
            credentials.inbox_secret,
            (ip_network("127.0.0.0/8"),),
        )

    def agent_says(self, thread: Thread, text: str, name: str = "Jane") -> None:
        """As agents do: take the conversation, then answer. Only an assigned agent's public name is in a webhook."""
        self.agent_takes(thread, name)
        self.server.agent_replies(int(thread.conversation_id), text, agent=name)

    def agent_takes(self, thread: Thread, name: str) -> None:
        self.api("POST", f"conversations/{thread.conversation_id}/assignments", {"assignee_id": self.agent_id(name)})

    def agent_asks(self, thread: Thread, text: str, options: list[str]) -> int:
        choice = {"items": [{"title": option, "value": option} for option in options]}
        asked = self.server.agent_replies(int(thread.conversation_id), text, content_type="input_select", content_attributes=choice)
        return int(asked["id"])

    def answers(self, thread: Thread) -> list[str]:
        told = (message["content_attributes"].get("submitted_values", []) for message in self.server.messages(int(thread.conversation_id)))
        return [value["value"] for values in told for value in values] + self.visitor_texts(thread)

    def agent_notes(self, thread: Thread, text: str) -> None:
        self.server.agent_notes(int(thread.conversation_id), text)

    def agent_resolves(self, thread: Thread) -> None:
        self.server.agent_resolves(int(thread.conversation_id))

    def visitor_texts(self, thread: Thread) -> list[str]:
        messages = self.server.messages(int(thread.conversation_id))
        return [message["content"] for message in messages if message["message_type"] == INCOMING]

    def private_texts(self, thread: Thread) -> list[str]:
        return [message["content"] for message in self.server.messages(int(thread.conversation_id)) if message["private"]]

    def agent_id(self, name: str) -> object:
        return next(agent["id"] for agent in self.api("GET", "agents") if name in (agent["name"], agent["available_name"]))

    def api(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.server.url}/api/v1/accounts/{self.connection.account_id}/{path}"
        answer = requests.request(method, url, json=body, headers={"api_access_token": self.connection.access_token}, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def webhook(self, containing: str) -> Webhook:
        self.server.drain()
        seen = next(seen for seen in reversed(self.hub.seen) if tells(seen, containing))
        return Webhook(seen.headers, seen.body, float(seen.headers["x-chatwoot-timestamp"]))


def tells(seen: Seen, words: str) -> bool:
    """Whether a call is about these words itself: nested messages and other events repeat them."""
    payload = json.loads(seen.body)
    return payload["event"] in TOLD_BY and words in (payload.get("content") or payload["event"])
