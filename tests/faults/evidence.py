"""What was written down of a run, indexed for the checker."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.faults.history import Op

Row = dict[str, Any]
OWNER = re.compile(r"^\[(?:(v\d+)|a(\d+))\.\d+\]")
CANARY = "CANARY"


@dataclass
class Run:
    """Everything that was written down, indexed."""

    history: list[Op]
    hub: dict[str, list[Row]]
    desk: dict[str, list[Row]]
    clients: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.clients = self.conversations_by_client()

    def ops(self, *names: str) -> Iterator[Op]:
        return (op for op in self.history if op["op"] in names)

    @cached_property
    def says(self) -> dict[str, Op]:
        return {op["cid"]: op for op in self.ops("say")}

    @cached_property
    def acked(self) -> dict[str, Op]:
        return {op["cid"]: op for op in self.ops("acked")}

    @cached_property
    def said(self) -> dict[str, list[Row]]:
        """The hub's messages of each conversation by seq, changes left out."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.hub["message"], key=lambda each: each["seq"]):
            if not row["revises_id"]:
                found[row["conversation_id"]].append(row)
        return found

    def conversations_by_client(self) -> dict[str, str]:
        owners = {row["cid"]: row["conversation_id"] for row in self.hub["message"] if row["cid"] in self.says}
        return {self.says[cid]["client"]: conversation for cid, conversation in owners.items()}

    @cached_property
    def public(self) -> list[Row]:
        """What people at the desk see of both sides, deleted copies left out."""
        alive = (row for row in self.desk["messages"] if not (row["content_attributes"] or {}).get("deleted"))
        return sorted((row for row in alive if not row["private"] and row["message_type"] != "activity"), key=lambda each: each["id"])

    @cached_property
    def incoming(self) -> list[Row]:
        return [row for row in self.public if row["message_type"] == "incoming"]

    @cached_property
    def owner_of_thread(self) -> dict[int, str]:
        """Whose thread it is, by the words in it."""
        return {row["conversation_id"]: client for row in self.incoming if (client := client_of(row["content"]))}

    @cached_property
    def from_agents(self) -> list[Row]:
        return [row for row in self.public if row["message_type"] == "outgoing" and row["conversation_id"] in self.owner_of_thread]

    @cached_property
    def parked(self) -> dict[str, Row]:
        """By message: what the desk refused for a reason."""
        rows = (row for row in self.hub["delivery"] if row["state"] == "parked" and row["kind"] == "message" and row["last_error"])
        return {row["message_id"]: row for row in rows}

    @cached_property
    def owed(self) -> set[str]:
        """Messages that may still come: not lost, but undecided (I6)."""
        return {row["message_id"] for row in self.hub["delivery"] if row["state"] not in ("sent", "parked")}


def client_of(text: str | None) -> str | None:
    found = OWNER.match(text or "")
    return found[1] if found else None
