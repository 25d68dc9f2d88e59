"""The desk of a rig: the sandbox as a process of its own, and the agents at it."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import requests

from tests.faults.history import History
from tests.faults.processes import Process
from tests.faults.visitor import CANARY
from tests.faults.wire import NoAnswer, ask
from tests.services import free_port, wait_until

GLANCE = 0.4


class Desk:
    def __init__(self, folder: Path, webhook_port: int, version: str = "4.18.0") -> None:
        self.port = free_port()
        self.file = folder / "credentials.json"
        options = {"port": self.port, "data": folder / "desk.sqlite3", "credentials": self.file, "per-minute": 0, "version": version}
        options["webhook-url"] = f"http://127.0.0.1:{webhook_port}/w/demo/incoming-chatwoot"
        command = [sys.executable, "-m", "sandbox", "--faults", "--seed-demo"]
        command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self.process = Process("desk", command, {"PATH": "/usr/bin:/bin"}, folder, self.port, alive="/_faults")

    def start(self) -> dict[str, Any]:
        """Ids and tokens, once it takes connections."""
        self.process.start()
        wait_until(self.file.exists, "the desk's credentials")
        credentials: dict[str, Any] = json.loads(self.file.read_text())
        return credentials

    def plan(self, seed: int = 0, rules: list[dict[str, Any]] | None = None, webhooks: dict[str, Any] | None = None) -> None:
        """What goes wrong from now on; nothing, without rules and webhooks."""
        plan = {"seed": seed, "rules": rules or [], "webhooks": webhooks or {}}
        answer = requests.put(f"http://127.0.0.1:{self.port}/_faults", json=plan, timeout=30)
        if not answer.ok:
            raise ValueError(f"The sandbox does not take this plan: {answer.text}")

    def look(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def dump(self) -> dict[str, Any]:
        return self.look("/_store") | self.look("/_store/conversations")


class Agents:
    """They answer, write notes nobody else may see, and resolve. The desk's own page is safe from the faults, so every answer counts."""

    def __init__(self, desk: Desk, history: History, seed: int) -> None:
        self.desk, self.history = desk, history
        self.dice = random.Random(f"{seed} agents")
        self.count = 0
        self.working = True
        self.ids: list[int] = []

    async def work(self) -> None:
        self.ids = [agent["id"] for agent in await self.call("GET", "/agents") if agent["role"] == "agent"]
        since = 0
        while True:
            heard = (await ask(self.desk.port, "GET", f"/_store?since={since}", patience=30)).body["messages"]
            for message in heard:
                since = message["id"]
                if message["message_type"] == "incoming" and self.working:
                    await self.react(message["conversation_id"])
            await asyncio.sleep(GLANCE)

    async def react(self, conversation: int) -> None:
        chance = self.dice.random()
        if chance < 0.55:
            await self.say(conversation, "agent_said")
        if chance < 0.08:
            await self.say(conversation, "agent_said")
        if 0.5 < chance < 0.6:
            await self.say(conversation, "note")
        if chance > 0.96:
            await self.call("POST", f"/conversations/{conversation}/toggle_status", {"status": "resolved"})
            self.history.add("resolved", conversation=conversation)

    async def say(self, conversation: int, op: str) -> None:
        self.count += 1
        text = f"[a{conversation}.{self.count}]" + (f" {CANARY} between us" if op == "note" else " Good day")
        said = await self.call("POST", f"/conversations/{conversation}/messages", {"content": text, "private": op == "note"})
        self.history.add(op, conversation=conversation, id=said["id"] if said else None, text=text)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"X-Desk-Agent": str(self.dice.choice(self.ids))} if self.ids else {}
        try:
            answer = await ask(self.desk.port, method, f"/desk/api{path}", body, headers, patience=30)
        except NoAnswer:
            return None
        return answer.body if answer.status == 200 else None


def open_foreign_thread(desk: Desk, credentials: dict[str, Any], history: History) -> None:
    """A conversation in the same inbox that has nothing to do with us; no visitor of ours may ever see a word of it."""
    api, headers = (
        f"http://127.0.0.1:{desk.port}/api/v1/accounts/{credentials['account_id']}",
        {"api-access-token": credentials["admin_token"]},
    )
    place = {"inbox_id": credentials["inbox_id"], "source_id": "somebody-else"}

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(f"{api}/{path}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    contact = post("contacts", {**place, "name": "Somebody else"})["payload"]["contact"]["id"]
    thread = post("conversations", {**place, "contact_id": contact})["id"]
    for text in (f"{CANARY} of a stranger {number}" for number in range(3)):
        said = post(f"conversations/{thread}/messages", {"content": text, "message_type": "outgoing"})
        history.add("foreign", conversation=thread, id=said["id"], text=text)
