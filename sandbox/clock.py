"""The ways Chatwoot writes a moment: epoch integers over REST with 0 for never, ISO text in webhooks."""

import time
from datetime import UTC, datetime


def now() -> float:
    return round(time.time(), 6)


def epoch(moment: float | None) -> int:
    return int(moment or 0)


def iso(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(value: object) -> float | None:
    """A datetime column given as text. What is no date becomes null, as Rails casts it."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if parsed is None:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def database_text() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
