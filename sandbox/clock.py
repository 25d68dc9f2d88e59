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


def database_text() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
