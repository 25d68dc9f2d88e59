"""Finds what the nudges missed. A plain database loop that shares no fate with the broker and may safely run twice."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import close_old_connections
from django.utils import timezone

from handoffs import files, inbox, reconcile, rehearsal
from handoffs.models import Delivery, File, Receipt
from handoffs.relay import relay

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
TIDY_SECONDS = 600.0
AT_ONCE = 500
THREADS = 8


@dataclass(frozen=True)
class Job:
    do: Callable[[Any], object]
    thing: Any

    def run(self) -> None:
        """One that fails does not keep the others waiting."""
        try:
            self.do(self.thing)
        except Exception:
            log.exception("Sweeping %s %s failed; it stays due.", self.do.__name__, self.thing)


def jobs() -> Iterator[Job]:
    """Whatever is due now: owed deliveries, unapplied receipts, files to fetch, threads not read for a while."""
    now = timezone.now()
    owed = Delivery.objects.due(now).order_by("conversation_id").values_list("conversation_id", flat=True).distinct()
    yield from (Job(relay, conversation_id) for conversation_id in list(owed[:AT_ONCE]))
    stored = Receipt.objects.due(now).order_by("id").values_list("pk", flat=True)
    yield from (Job(inbox.apply, receipt_id) for receipt_id in list(stored[:AT_ONCE]))
    yield from (Job(files.fetch, file_id) for file_id in list(File.objects.due(now).values_list("pk", flat=True)[:AT_ONCE]))
    yield from (Job(reconcile.read, transfer) for transfer in reconcile.due()[:AT_ONCE])


def sweep() -> None:
    """Do once, one after the other, whatever is due."""
    for job in jobs():
        job.run()


class Crew:
    """Does jobs side by side, so that a desk that is slow to answer delays only its own. A job under way is not taken twice."""

    def __init__(self, threads: int = THREADS) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="sweep")
        self.under_way: set[Job] = set()

    def take(self, job: Job) -> None:
        if job not in self.under_way:
            self.under_way.add(job)
            self.pool.submit(self.work, job)

    def work(self, job: Job) -> None:
        try:
            job.run()
        finally:
            self.under_way.discard(job)
            close_old_connections()

    def leave(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


def sweep_until(stop: threading.Event) -> None:
    crew, tidied = Crew(), 0.0
    while not stop.wait(EVERY_SECONDS):
        try:
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                files.sweep_away()
                rehearsal.sweep_away_previews()
            reconcile.listen_for_echoes()
            for job in jobs():
                crew.take(job)
        except Exception:
            log.exception("The sweep failed; trying again.")
        finally:
            close_old_connections()
    crew.leave()
