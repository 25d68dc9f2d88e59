"""pytest on a PostgreSQL and a Valkey of its own, whatever services the environment names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.services import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[2]
# Two idle cores need a minute and a half.
PATIENCE = 900
BOTH_CORES = ("-n", "2", "--dist", "loadfile")
# The services vanish with the database in them; dropping it first would wait for connections that the tests' threads still hold.
KEEP_DATABASE = ("--reuse-db", "--create-db")


def in_production(selection: Sequence[str]) -> subprocess.CompletedProcess[str]:
    with Postgres() as postgres, Valkey() as valkey:
        environment = {**inherited(), "DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *BOTH_CORES, *KEEP_DATABASE, *selection]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)


def inherited() -> dict[str, str]:
    """The environment without what belongs to the pytest we may run in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
