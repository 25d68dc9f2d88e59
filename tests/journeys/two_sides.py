"""A visitor and an agent without browsers: the widget's HTTP doors on one side, Chatwoot's application API on the other."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from tests.hub import Hub

Json = dict[str, Any]
# A busy machine is not a broken product.
PATIENCE = 40


def eventually(look: Callable[[], Any], what: str) -> Any:
    """What ``look`` finds as soon as it finds something; the caller's looks wait by themselves or are cheap."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := look():
            return found
    raise AssertionError(f"It did not come to this: {what}")


class Visitor:
    """Somebody in the chat, who reads by long polling."""

    def __init__(self, hub: Hub, **about: Any) -> None:
        self.hub, self.tab, self.n = hub, str(uuid.uuid4()), 0
        opened = self.post("session", {"scenario": "demo", **about}, headers={"Origin": hub.url})
        self.headers = {"Authorization": f"Bearer {opened.json()['token']}"}
        self.epoch, self.last = None, 0
        self.messages: dict[str, Json] = {}
        self.floor: Json = {}
        self.read()

    def post(self, path: str, body: Json, headers: Json | None = None) -> requests.Response:
        answer = requests.post(f"{self.hub.url}/webchat/{path}", json=body, headers=headers or self.headers, timeout=30)
        assert answer.status_code < 500, answer.text
        return answer

    def read(self, wait: int = 0) -> None:
        query: Json = {"after": self.last, "wait": wait, "tab": self.tab} | ({} if self.epoch is None else {"epoch": self.epoch})
        page = requests.get(f"{self.hub.url}/webchat/events", query, headers=self.headers, timeout=40).json()
        if page["reset"]:
            self.messages.clear()
        self.epoch, self.floor = page["epoch"], page["floor"]
        for message in page["messages"]:
            self.messages[message["id"]] = message
            self.last = message["seq"]

    def shown(self, kind: str = "") -> list[Json]:
        shown = [message for message in self.messages.values() if not message["gone"] and kind in ("", message["author"]["kind"])]
        return sorted(shown, key=lambda message: (message["ord"], message["seq"]))

    def texts(self, kind: str = "") -> list[str]:
        return [message["text"] for message in self.shown(kind)]

    def says(self, text: str = "", **more: Any) -> Json:
        self.n += 1
        body = {"cid": str(uuid.uuid4()), "tab": self.tab, "n": self.n, "text": text, **more}
        answer = self.post("messages", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def uploads(self, name: str, kind: str, content: bytes) -> Json:
        answer = requests.post(
            f"{self.hub.url}/webchat/files", params={"name": name}, data=content, headers={**self.headers, "Content-Type": kind}, timeout=30
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def downloads(self, file: str) -> requests.Response:
        return requests.get(f"{self.hub.url}/webchat/files/{file}", headers=self.headers, timeout=30)

    def until(self, look: Callable[[], Any], what: str) -> Any:
        return eventually(lambda: (self.read(wait=1), look())[1], f"{what}; shown are {self.texts()}, the floor is {self.floor}")

    def sees(self, text: str) -> Json:
        return self.until(lambda: next((each for each in self.shown() if text in each["text"]), None), f"the visitor sees {text!r}")

    def asks_for_a_human(self, text: str) -> None:
        self.says("talk to a human")
        self.says(text)

    def marks(self) -> None:
        self.post("mark", {"got": self.last, "seen": self.last})


class Agent:
    """Somebody at the desk, with one conversation at a time before them."""

    def __init__(self, hub: Hub, role: str = "agent", api: str = "") -> None:
        self.api = api or f"{hub.desk}/desk/api"
        everybody = requests.get(f"{self.api}/agents", timeout=10).json()
        self.me = next(each for each in everybody if each["role"] == role)
        self.headers = {"X-Desk-Agent": str(self.me["id"])}
        self.thread = 0

    def call(self, method: str, path: str, body: Json | None = None, **more: Any) -> Any:
        more = more or {"json": body or {}}
        answer = requests.request(method, f"{self.api}/{path}", headers=self.headers, timeout=30, **({} if method == "GET" else more))
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def conversations(self) -> list[Json]:
        return list(self.call("GET", "conversations?status=all&assignee_type=all")["data"]["payload"])

    def said(self) -> list[Json]:
        return list(self.call("GET", f"conversations/{self.thread}/messages?after=0")["payload"])

    def texts(self, private: bool = False) -> list[str]:
        return [each["content"] for each in self.said() if each["private"] is private and each["message_type"] in (0, 1)]

    def takes(self, text: str) -> Json:
        """Opens the conversation in which somebody says this."""

        def look() -> Json | None:
            for found in self.conversations():
                self.thread = found["id"]
                if any(text in (each["content"] or "") for each in self.said() if not each["private"]):
                    return found
            return None

        return dict(eventually(look, f"{text!r} is at the desk"))

    def conversation(self) -> Json:
        return dict(self.call("GET", f"conversations/{self.thread}"))

    def contact(self) -> Json:
        return dict(self.call("GET", f"contacts/{self.conversation()['meta']['sender']['id']}")["payload"])

    def replies(self, text: str, **more: Any) -> Json:
        return dict(self.call("POST", f"conversations/{self.thread}/messages", {"content": text, "message_type": "outgoing", **more}))

    def attaches(self, name: str, kind: str, content: bytes) -> Json:
        files = {"attachments[]": (name, content, kind)}
        form = {"content": "", "message_type": "outgoing"}
        return dict(self.call("POST", f"conversations/{self.thread}/messages", data=form, files=files))

    def sets(self, status: str, **more: Any) -> None:
        self.call("POST", f"conversations/{self.thread}/toggle_status", {"status": status, **more})

    def sees(self, text: str, private: bool = False) -> Json:
        return dict(
            eventually(
                lambda: next((each for each in self.said() if text in (each["content"] or "") and each["private"] is private), None),
                f"the agent sees {text!r}",
            )
        )
