"""Proof that the tests can fail: breaks a copy of the tree on purpose, one way at a time, and shows the suite going red.

``python -m tests.sabotage`` prints a table and exits non-zero if one sabotage went unnoticed; with names it tries only these.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv*", "var", "__pycache__", ".*_cache", ".hypothesis", "test-results", "node_modules")


@dataclass(frozen=True)
class Sabotage:
    """``old`` stands exactly once in ``file`` and becomes ``new``; one of ``tests`` must go red."""

    name: str
    file: str
    old: str
    new: str
    tests: str


SABOTAGES = [
    Sabotage(
        "drop the unique key",
        "handoffs/migrations/0001_initial.py",
        "fields=('handoff', 'remote_id'), name='one_message_a_remote_id'",
        "fields=('handoff', 'remote_id', 'seq'), name='one_message_a_remote_id'",
        "tests/handoffs/test_switchboard.py",
    ),
    Sabotage(
        "acknowledge before the commit",
        "webchat/consumers.py",
        "            said = await in_thread(self.store, session, words)\n",
        '            await self.tell({"type": "ack", "cid": str(words.cid), "seq": 0, "id": "", "dup": False})\n'
        "            said = await in_thread(self.store, session, words)\n",
        "tests/webchat/test_socket.py",
    ),
    Sabotage(
        "skip the look-up",
        "handoffs/relay.py",
        "delivery.state != Delivery.State.PENDING:\n",
        "delivery.state == 'never':\n",
        "tests/handoffs/test_relay.py",
    ),
    Sabotage(
        "compare signatures on parsed JSON",
        "handoffs/views.py",
        "handoff.provider().verify(headers, raw, time.time())",
        "handoff.provider().verify(headers, json.dumps(json.loads(raw)).encode(), time.time())",
        "tests/handoffs/test_webhook_door.py",
    ),
    Sabotage(
        "skip the private filter",
        "handoffs/providers/chatwoot/messages.py",
        'if message.get("private") is not False:',
        'if message.get("private") == "never":',
        "tests/handoffs/providers/test_chatwoot_events.py",
    ),
    Sabotage(
        "no fence",
        "handoffs/relay.py",
        "filter(conversation_id=self.conversation_id, conversation__fence=self.fence)",
        "filter(conversation_id=self.conversation_id)",
        "tests/handoffs/test_relay.py",
    ),
    Sabotage(
        "poll without overlap",
        "handoffs/providers/chatwoot/talk.py",
        "OVERLAP = 50",
        "OVERLAP = 0",
        "tests/handoffs/providers",
    ),
    Sabotage(
        "number outside the lock",
        "handoffs/switchboard.py",
        "@transaction.atomic\ndef visitor_says(",
        "def visitor_says(",
        "tests/webchat/test_socket.py",
    ),
    Sabotage(
        "mark sent before sending",
        "handoffs/relay.py",
        "if not claim.mark(delivery, Delivery.State.SENDING, **sending):",
        "if not claim.mark(delivery, Delivery.State.SENT, **sending):",
        "tests/handoffs/test_relay.py",
    ),
    Sabotage(
        "ignore the epoch",
        "webchat/history.py",
        "cursor.epoch == conversation.epoch and cursor.last",
        "cursor.last",
        "tests/webchat/test_api.py",
    ),
    Sabotage(
        "believe unsigned calls",
        "handoffs/inbox.py",
        "if receipt.signed and not isinstance",
        "if not isinstance",
        "tests/handoffs/test_inbox.py",
    ),
    Sabotage(
        "leave late copies",
        "handoffs/outbox.py",
        'return copy_came_back(delivery, remote_id) or f"our',
        'return f"our',
        "tests/handoffs/test_relay.py",
    ),
    Sabotage(
        "let the bot talk over agents",
        "handoffs/switchboard.py",
        "    elif transfer := with_humans(conversation, for_bot=bool(pressed or asked)):\n        owe(transfer, message)\n    else:\n",
        "    elif transfer := with_humans(conversation, for_bot=bool(pressed or asked)):\n        owe(transfer, message)\n    if True:\n",
        "tests/handoffs/test_switchboard.py",
    ),
    Sabotage(
        "let any token open any conversation",
        "webchat/sessions.py",
        "usable(now).filter(digest=digest_of(token))",
        "usable(now).filter(pk__gt=0)",
        "tests/webchat/test_api.py",
    ),
]


def commit(sabotage: Sabotage, tree: Path) -> None:
    path = tree / sabotage.file
    text = path.read_text()
    assert text.count(sabotage.old) == 1, f"“{sabotage.name}” finds its place in {sabotage.file} {text.count(sabotage.old)} times."
    changed = text.replace(sabotage.old, sabotage.new)
    path.write_text(changed.replace("import logging\n", "import json\nimport logging\n", 1) if "json.dumps" in sabotage.new else changed)


def is_noticed(sabotage: Sabotage) -> bool:
    with tempfile.TemporaryDirectory(prefix="handoff-sabotage-") as scratch:
        tree = Path(scratch) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND)
        commit(sabotage, tree)
        run = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *sabotage.tests.split()]
        done = subprocess.run(run, cwd=tree, capture_output=True, text=True)
    # 1: tests were run and some failed. Anything else proves nothing.
    return done.returncode == 1


def main(names: list[str]) -> int:
    chosen = [sabotage for sabotage in SABOTAGES if not names or sabotage.name in names]
    missed = 0
    for sabotage in chosen:
        noticed = is_noticed(sabotage)
        missed += not noticed
        print(f"{sabotage.name:<40} {'red' if noticed else 'NOT NOTICED'}   {sabotage.tests}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
