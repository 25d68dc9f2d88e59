"""The processes of a rig: started, killed and started again, each with a log of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import requests

from tests.services import NotOurs, listens, wait_until

ROOT = Path(__file__).resolve().parents[2]
# A worker that is told to stop finishes what it does first, and a desk may take its time.
GOODBYE = 45.0


class Process:
    """``port``: where it listens, if it does; then it is up when it answers there, and it is killed only if that port is its own."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], folder: Path, port: int | None = None, alive: str = "/healthz"
    ) -> None:
        self.name, self.command, self.environment, self.port, self.alive = name, command, environment, port, alive
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = False

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        if self.port:
            wait_until(self.is_up, f"{self.name} answers on port {self.port}", 60)
        self.wanted = True

    def died(self) -> bool:
        """By itself, that is."""
        return self.wanted and self.process is not None and self.process.poll() is not None

    def is_up(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended at once:\n{self.log.read_text(errors='replace')[-3000:]}")
        try:
            return requests.get(f"http://127.0.0.1:{self.port}{self.alive}", headers={"Host": "localhost"}, timeout=2).ok
        except requests.RequestException:
            return False

    def own(self) -> subprocess.Popen[bytes]:
        process = self.process
        if process is None or process.poll() is not None or (self.port and not listens(process.pid, self.port)):
            raise NotOurs(f"{self.name} is not running, or its port is somebody else's.")
        self.wanted = False
        return process

    def kill(self) -> None:
        process = self.own()
        process.kill()
        process.wait()

    def kill_a_child(self) -> bool:
        """One of its children dies instead of itself; False if it has none."""
        process = self.own()
        self.wanted = True
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            os.kill(int(children[0]), signal.SIGKILL)
        return bool(children)

    def stop(self) -> bool:
        """As a supervisor would: SIGTERM, and in the end SIGKILL. True if it went by itself."""
        process = self.own()
        process.terminate()
        try:
            process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True

    def remove(self) -> None:
        self.wanted = False
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
