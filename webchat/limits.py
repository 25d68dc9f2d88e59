from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Bucket:
    """A token bucket: ``size`` at once, ``per_second`` in the long run."""

    def __init__(self, size: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.size, self.per_second, self.clock = size, per_second, clock
        self.level, self.at = size, clock()

    def take(self) -> bool:
        now = self.clock()
        self.level = min(self.size, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Buckets:
    """A bucket for each of those who came lately, in this process; ``most`` of them are kept."""

    def __init__(self, size: float, per_second: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self.size, self.per_second, self.most, self.clock = size, per_second, most, clock
        self.kept: OrderedDict[Hashable, Bucket] = OrderedDict()
        self.lock = Lock()

    def take(self, whose: Hashable) -> bool:
        with self.lock:
            bucket = self.kept.setdefault(whose, Bucket(self.size, self.per_second, self.clock))
            self.kept.move_to_end(whose)
            if len(self.kept) > self.most:
                self.kept.popitem(last=False)
            return bucket.take()


# Of a visitor, over however many sockets and requests: each is work for a desk, or for us.
typing = Buckets(size=4, per_second=1)
marks = Buckets(size=6, per_second=2)
uploads = Buckets(size=20, per_second=20 / 600)
# Of an address, because somebody may be many visitors: at most 120 MiB a minute in the long run.
uploads_from = Buckets(size=60, per_second=12 / 60)
# What a website tells of its visitor: at every page, and when it changes.
told = Buckets(size=20, per_second=1)
