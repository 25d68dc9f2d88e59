"""Several at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def raised_by(*acts: Callable[[], object]) -> list[Exception]:
    """Everybody starts together; what they raised."""
    ready, raised = threading.Barrier(len(acts)), list[Exception]()

    def run(act: Callable[[], object]) -> None:
        try:
            ready.wait(10)
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


def at_once(*acts: Callable[[], object]) -> None:
    """Everybody starts together, and nothing goes wrong in any thread."""
    assert raised_by(*acts) == []
