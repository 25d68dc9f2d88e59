"""What happened, one JSON object a line: ``op`` says what it is, ``t`` when (unix seconds). Written as it happens, judged afterwards.

say      client, cid, i, text           a visitor wants to say this; i counts what this visitor said
acked    client, cid, seq, id           the server has it
refused  client, cid, code              a final nak
seen     client, seq, id, ord, kind, text, cid, delivery      the server told the client
reload   client, why                    the client forgot what it had seen (it crashed, or the server said "reset")
closed   client, code                   the server ended a socket with this code
http     client, status, path           the server answered 5xx
final    client, kept, fresh            at the end: what a client has, and what a fresh load gives
agent_said / note / resolved / foreign  conversation, id, text (id null: no certain answer)
begin / end                             fault, what: a fault, and when it was over
desk                                    applied, webhooks: what the desk did to calls and webhooks since the last such line
quiesced reasons                        what was unsettled when waiting ended; nothing, if all is well
died      process                       a process ended though nobody had told it to
skipped   fault, why                    a fault that could not be injected
traceback process, line, head           an exception in a log
run      shape, seed, faults, messages  what this run was
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Op = Mapping[str, Any]


class History:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("a", encoding="utf-8")
        self.lock = threading.Lock()

    def add(self, op: str, **what: Any) -> None:
        line = json.dumps({"t": round(time.time(), 4), "op": op, **what}, ensure_ascii=False)
        with self.lock:
            self.file.write(line + "\n")
            self.file.flush()


def read(path: Path) -> list[Op]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
