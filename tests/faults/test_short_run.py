"""The product under a few hundred messages and the main faults, in both shapes: ``python -m tests.faults`` in short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 400


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """On services of its own: those that the environment names may not be killed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "-m", "tests.faults", "--brief", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("shape", "faults", "messages"),
    [("production", "f1,f2,f4,f5,f6,f8,f9,f10,f11,f12,f13", 250), ("embedded", "f2,f10,f11,f12,f13", 250)],
)
def test_nothing_is_lost_doubled_inverted_or_leaked(shape: str, faults: str, messages: int) -> None:
    done = run("--shape", shape, "--faults", faults, "--messages", str(messages), "--visitors", "16", "--seed", "1")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_an_unknown_fault_is_said_so() -> None:
    done = run("--faults", "f99")
    assert (done.returncode, "f99" in done.stderr) == (2, True)
