"""The product's store, read as it is, whichever database it is in."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path
from typing import Any

import psycopg

COLUMNS = {
    "conversation": "id, epoch, last_seq, lease_until, fence",
    "message": "id, conversation_id, seq, ord, author, text, cid, tab, n, undelivered, revises_id, remote_id, transfer_id, said_at",
    "transfer": "id, conversation_id, state, reason, thread_id, cursor",
    "delivery": "id, key, conversation_id, transfer_id, message_id, kind, state, attempts, remote_id, last_error, created_at, sent_at",
    "receipt": "id, state, attempts, effect, error, received_at, applied_at",
    "handoff": "id, name, failures, rests_until, trouble",
}
UUIDS = {"id", "conversation_id", "cid", "tab", "revises_id", "transfer_id", "message_id", "key"}
Rows = list[dict[str, Any]]


def dump(where: str | Path) -> dict[str, Rows]:
    """Every table of interest. ``where``: a PostgreSQL address or a SQLite file."""
    if isinstance(where, Path):
        with sqlite3.connect(f"file:{where}?mode=ro", uri=True, timeout=30) as lite:
            return {table: rows_of(lite.execute(query(table))) for table in COLUMNS}
    with psycopg.connect(where, connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return {table: rows_of(connection.execute(query(table))) for table in COLUMNS}


ACTIVITY = """
    SELECT pid, client_port, state, wait_event, xact_start, state_change, pg_blocking_pids(pid) AS blocked_by, left(query, 300) AS query
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY xact_start"""


def activity(where: str) -> Rows:
    """What PostgreSQL's connections are doing now: for people who wonder why a run did not settle."""
    with psycopg.connect(where, connect_timeout=10) as connection:
        return rows_of(connection.execute(ACTIVITY))


def query(table: str) -> str:
    return f"SELECT {COLUMNS[table]} FROM handoffs_{table} ORDER BY id"


def rows_of(cursor: Any) -> Rows:
    names = [column[0] for column in cursor.description]
    return [{name: plain(name, value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def plain(name: str, value: Any) -> Any:
    """UUIDs as text with hyphens, wherever they come from."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if name in UUIDS and isinstance(value, str) and len(value) == 32:
        return str(uuid.UUID(value))
    return value if isinstance(value, int | float | str | None) else str(value)
