"""The plan in force, its dice, and what was done so far."""

import random
import threading
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sandbox.faults.plan import Plan, Rule

FILE_COUNTS = ("not_found", "left_out")
WEBHOOK_COUNTS = ("sent", "dropped", "doubled", "delayed", "reordered", "failed")


class Tally:
    """Counts from any thread."""

    def __init__(self, names: Iterable[str]) -> None:
        self._counts = dict.fromkeys(names, 0)
        self._lock = threading.Lock()

    def add(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


class Fate(NamedTuple):
    """What becomes of one webhook. A delay of 0 is none."""

    drop: bool
    double: bool
    delay: float
    reorder: bool


class _Armed:
    """A rule with dice of its own, so that the nth request it looks at fares alike in every run of a seed."""

    def __init__(self, rule: Rule, seed: str) -> None:
        self.rule = rule
        self._dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._left = rule.times

    def strikes(self, method: str, path: str) -> bool:
        if not self.rule.matches(method, path) or self._dice.random() >= self.rule.share or self._left == 0:
            return False
        if self._left is not None:
            self._left -= 1
        return True


class Faults:
    """`late` is how many requests are yet to be carried out. It and the rules belong to the event loop, fates to any thread."""

    def __init__(self) -> None:
        self.late = 0
        self._lock = threading.Lock()
        self._begin_counting(Plan())
        self.set(Plan())

    def set(self, plan: Plan) -> None:
        """Counts begin anew with something to count: an empty plan ends the faults and leaves them to be read."""
        self._plan = plan
        self._asked: Counter[str] = Counter()
        self._left_out = 0
        self._armed = [_Armed(rule, f"{plan.seed} rule {place}") for place, rule in enumerate(plan.rules)]
        if not plan.is_empty:
            self._begin_counting(plan)

    def _begin_counting(self, plan: Plan) -> None:
        self.applied = Tally(rule.name for rule in plan.rules)
        self.webhooks = Tally(WEBHOOK_COUNTS)
        self.files = Tally(FILE_COUNTS)

    def strike(self, method: str, path: str) -> Rule | None:
        """The first rule that strikes this request."""
        rule = next((armed.rule for armed in self._armed if armed.strikes(method, path)), None)
        if rule:
            self.applied.add(rule.name)
        return rule

    def hides(self, path: str) -> bool:
        """Whether the file behind this link is not there yet."""
        if self._asked[path] >= self._plan.files.not_found:
            return False
        self._asked[path] += 1
        self.files.add("not_found")
        return True

    def leaves_out(self) -> bool:
        """Whether the next webhook comes without what is attached."""
        with self._lock:
            if self._left_out >= self._plan.files.left_out:
                return False
            self._left_out += 1
        self.files.add("left_out")
        return True

    def fate(self, number: int) -> Fate:
        """Of the webhook with this number: always the same with the same seed."""
        plan, chances = self._plan, self._plan.webhooks
        dice = random.Random(f"{plan.seed} webhook {number}")  # noqa: S311 - to be repeated, not to be secret
        shares = (chances.drop, chances.double, chances.delay, chances.reorder)
        drop, double, delay, reorder = (dice.random() < share for share in shares)
        return Fate(drop, double, dice.uniform(*chances.delay_seconds) if delay else 0.0, reorder)
