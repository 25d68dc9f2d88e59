"""The core's own tests once more, on what production stands on: everywhere else they run on SQLite and in memory.

By hand, a part of it: ``.venv-test/bin/python -m tests.production tests/webchat -k order``.
"""

from __future__ import annotations

from tests.production.shape import in_production

CORE = ("tests/handoffs", "tests/webchat")
# !! NOT RUN HERE: what speaks to desks sees no database and no Redis (an import rule holds that): it would run twice, not differently.
LEFT_OUT = ("tests/handoffs/providers",)


def test_the_core_holds_on_postgresql_and_valkey() -> None:
    done = in_production([*CORE, *(f"--ignore={path}" for path in LEFT_OUT)])
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "on postgresql and RedisCache" in done.stdout, "The tests ran on something else, which proves nothing."
