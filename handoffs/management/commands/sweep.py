from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from handoffs.sweeper import sweep_until


class Command(BaseCommand):
    help = "Finds what the nudges missed: owed deliveries, unapplied receipts, threads not read for a while. Runs until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: stop.set())
        sweep_until(stop)
