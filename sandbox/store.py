"""Where the stand-in keeps its rows: one SQLite file, or memory. Whatever was answered 200 survives kill -9."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import NotFound, Unhandled
from sandbox.schema import ADDED, BOOL, FIRST_IDS, JSON, TABLES

Row = dict[str, Any]

sqlite3.register_converter(JSON, json.loads)
sqlite3.register_converter(BOOL, b"1".__eq__)


@dataclass(frozen=True)
class Event:
    """What Chatwoot's dispatcher says after a commit. `subject` is the database id of the message or conversation it is about."""

    name: str
    subject: int
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_about_a_message(self) -> bool:
        return self.name.startswith("message_")


Listener = Callable[[Event], None]


class Store:
    """`frontend_url` is FRONTEND_URL: how the addresses of files begin. It may be another host than the one that is called."""

    frontend_url = ""

    def __init__(self, path: str | Path = ":memory:") -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One connection behind one lock: an in-memory database has no second connection, and a demo needs none.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, detect_types=sqlite3.PARSE_DECLTYPES)
        self._db.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._said: list[Event] = []
        self._listeners: list[Listener] = []
        self._prepare()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # safe against kill -9; a power cut may cost a demo its last second
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(TABLES)
        for table, column, definition in ADDED:
            if column not in {row["name"] for row in self.all(f"PRAGMA table_info({table})")}:
                self._db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")
        for table, first in FIRST_IDS.items():
            self._db.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                (table, first - 1, table),
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; what was emitted inside is heard only after the commit. Nested ones join the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._begin()
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            said = self._said
            for event in said:
                self._tell(event)

    def _begin(self) -> None:
        self._said = []
        self._db.execute("BEGIN IMMEDIATE")

    def emit(self, name: str, subject: int, **data: Any) -> None:
        self._said.append(Event(name, subject, data))

    def _tell(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    def all(self, sql: str, *args: object) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, args)]

    def one(self, sql: str, *args: object) -> Row | None:
        return next(iter(self.all(sql, *args)), None)

    def count(self, table: str, where: str, *args: object) -> int:
        row = self.one(f"SELECT COUNT(*) AS n FROM {table} WHERE {where}", *args)
        return int(row["n"]) if row else 0

    def find(self, table: str, **values: object) -> Row:
        """The row with these values, or Chatwoot's 404."""
        where = " AND ".join(f"{column} = ?" for column in values)
        row = self.one(f"SELECT * FROM {table} WHERE {where}", *values.values())
        if row is None:
            raise NotFound
        return row

    def insert(self, table: str, **values: object) -> Row:
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        with self.transaction():
            cursor = self._db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [_bound(v) for v in values.values()])
            return self.find(table, id=cursor.lastrowid)

    def update(self, table: str, row_id: int, **values: object) -> Row:
        columns = ", ".join(f"{column} = ?" for column in values)
        with self.transaction():
            self._db.execute(f"UPDATE {table} SET {columns} WHERE id = ?", [*(_bound(v) for v in values.values()), row_id])
            return self.find(table, id=row_id)

    def delete(self, table: str, where: str, *args: object) -> None:
        with self.transaction():
            self._db.execute(f"DELETE FROM {table} WHERE {where}", args)


def _bound(value: object) -> object:
    """A value as SQLite takes it, refusing the text PostgreSQL would refuse."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
        _refuse_what_postgres_refuses(value.replace("\\u0000", "\0"))
    elif isinstance(value, str):
        _refuse_what_postgres_refuses(value)
    return value


def _refuse_what_postgres_refuses(text: str) -> None:
    if "\0" in text:
        raise Unhandled("string contains null byte")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Unhandled('invalid byte sequence for encoding "UTF8"')
