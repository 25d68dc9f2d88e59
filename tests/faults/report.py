"""What a run came to, as a table for people."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.faults.checker import Violation
from tests.faults.evidence import Run

MOST_ROWS = 12
COUNTED = {"lost": "lost", "doubled": "doubled", "inverted": "inverted", "leaked": "leaked"}


def figures(run: Run, violations: list[Violation], seconds: float) -> dict[str, Any]:
    by_word = {name: sum(word in violation.what for violation in violations) for name, word in COUNTED.items()}
    return {
        "said": len(run.says),
        "acked": len(run.acked),
        "at the desk": len(run.incoming),
        "agents said": len(run.from_agents),
        "notes": sum(1 for _ in run.ops("note")),
        "handovers": len(run.hub["transfer"]),
        **by_word,
        "limbo": sum(violation.invariant == "I6" for violation in violations),
        "parked": len(run.parked),
        "copies removed": sum(row["kind"] == "removal" for row in run.hub["delivery"]),
        "worst lag visitor → desk": f"{worst(to_desk(run)):.1f} s (median {median(to_desk(run)):.2f})",
        "worst lag desk → visitor": f"{worst(to_page(run)):.1f} s (median {median(to_page(run)):.2f})",
        "faults": dict(sorted(Counter(op["fault"] for op in run.ops("begin")).items(), key=lambda pair: int(pair[0][1:]))),
        "settled after": settled(run),
        "seconds": round(seconds),
        "violations": len(violations),
    }


def settled(run: Run) -> str:
    silence, quiesced = (next(run.ops(name), None) for name in ("silence", "quiesced"))
    return f"{quiesced['t'] - silence['t']:.0f} s" if silence and quiesced and not quiesced["reasons"] else "not at all"


def to_desk(run: Run) -> list[float]:
    acked = {run.says[cid]["text"]: op["t"] for cid, op in run.acked.items()}
    return [max(row["created_at"] - acked[row["content"]], 0) for row in run.incoming if row["content"] in acked]


def to_page(run: Run) -> list[float]:
    """Until somebody's page first had it."""
    said = {row["content"]: row["created_at"] for row in run.from_agents}
    seen: dict[str, float] = {}
    for op in run.ops("seen"):
        if op["kind"] == "agent" and op["text"] in said:
            seen.setdefault(op["text"], op["t"])
    return [max(at - said[text], 0) for text, at in seen.items()]


def worst(lags: list[float]) -> float:
    return max(lags, default=0.0)


def median(lags: list[float]) -> float:
    return sorted(lags)[len(lags) // 2] if lags else 0.0


def table(title: str, found: dict[str, Any]) -> str:
    rows = [
        (name, ", ".join(f"{kind} ×{count}" for kind, count in value.items()) or "none" if isinstance(value, dict) else str(value))
        for name, value in found.items()
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join([title, "-" * len(title), *(f"{name:<{width}}  {value}" for name, value in rows)])


def complaints(violations: list[Violation]) -> str:
    lines = []
    for (invariant, what), count in Counter((violation.invariant, violation.what) for violation in violations).items():
        lines.append(f"{invariant}  {what}  ×{count}")
        same = [violation for violation in violations if (violation.invariant, violation.what) == (invariant, what)]
        lines += [f"      {json.dumps(violation.evidence, ensure_ascii=False, default=str)[:700]}" for violation in same[:MOST_ROWS]]
    return "\n".join(lines)
