from __future__ import annotations

import time
from collections.abc import Callable


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
