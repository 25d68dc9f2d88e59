"""The product itself, as ``./start`` runs it: one process on free ports, with a data folder of its own. Can be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Hub:
    def __init__(self, data: Path, *options: str) -> None:
        self.data, self.options = data, options
        self.port, self.desk_port = free_ports(2)
        self.url, self.desk = f"http://localhost:{self.port}", f"http://127.0.0.1:{self.desk_port}"
        self.greeting = ""

    def start(self) -> Hub:
        command = [
            sys.executable,
            "-m",
            "handoff_project.embedded",
            "--port",
            str(self.port),
            "--desk-port",
            str(self.desk_port),
            *self.options,
        ]
        environment = {
            "HANDOFF_DATA": str(self.data),
            "PATH": os.environ["PATH"],
            "SESSIONS_PER_MINUTE": "1000",
            "HANDOVERS_PER_HOUR": "1000",
        }
        self.log = (self.data / "log.txt").open("a")
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.greeting += line
            if "Ctrl-C stops" in line:
                return self
        raise AssertionError(f"The hub did not start: {(self.data / 'log.txt').read_text()}")

    @property
    def password(self) -> str:
        return (self.data / "admin-password.txt").read_text()

    def kill(self) -> None:
        """As a crash would: no goodbye, nothing flushed."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
