"""python -m tests.faults: the product under load while things are killed, cut, filled and delayed; then the checker's verdict."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.faults import report
from tests.faults.run import SETTLE, Options, Outcome, judge, run
from tests.services import Missing


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    add = parser.add_argument
    add("--messages", type=int, default=2000, help="how many the visitors say together (default 2000)")
    add("--faults", default="all", help="all, none, or a comma list such as f1,f8 (docs/reliability.md names them)")
    add("--seed", type=int, default=1, help="the same seed gives the same plan")
    add("--shape", choices=("embedded", "production", "both"), default="production")
    add("--minutes", type=float, default=0.0, help="repeat the faults for so long (default: every way of each once)")
    add("--visitors", type=int, default=40)
    add("--brief", action="store_true", help="only one way of each fault")
    add("--settle", type=float, default=SETTLE, help="how many seconds it may take after the last fault until nothing moves (default 120)")
    add("--keep", action="store_true", help="keep history, dumps and logs even if all is well")
    add("--check", type=Path, metavar="FOLDER", help="judge a kept run again, and run nothing")
    return parser.parse_args()


def tell(title: str, outcome: Outcome) -> None:
    print(f"\n{report.table(title, outcome.figures)}\n", flush=True)
    if outcome.violations:
        print(f"{report.complaints(outcome.violations)}\n\nKept in {outcome.folder}", flush=True)


def one(shape: str, options: argparse.Namespace) -> bool:
    more = {"seconds": options.minutes * 60, "brief": options.brief, "visitors": options.visitors, "settle": options.settle}
    outcome = run(Options(shape=shape, messages=options.messages, faults=options.faults, seed=options.seed, **more))
    tell(f"{shape}, seed {options.seed}", outcome)
    if options.keep:
        print(f"Kept in {outcome.folder}")
    elif not outcome.violations:
        shutil.rmtree(outcome.folder, ignore_errors=True)
    return not outcome.violations


def leave(number: int, frame: FrameType | None) -> None:
    """As Ctrl-C does: an event loop ends its tasks first, and everything that was started is ended."""
    signal.raise_signal(signal.SIGINT)


def main() -> int:
    options = read_options()
    signal.signal(signal.SIGTERM, leave)
    if options.check:
        outcome = judge(options.check)
        tell(str(options.check), outcome)
        return int(bool(outcome.violations))
    shapes = ["production", "embedded"] if options.shape == "both" else [options.shape]
    try:
        fine = [one(shape, options) for shape in shapes]
        return int(not all(fine))
    except (Missing, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
