"""The product as it is run, in either shape, with a link that can be spoiled between every two of its processes."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tests import services
from tests.faults import stores
from tests.faults.desk import Desk
from tests.faults.processes import ROOT, Process
from tests.faults.proxy import Network
from tests.hub import Hub
from tests.services import Postgres, Valkey, free_port, wait_until

# Nobody in a rig is to be slowed down for talking much.
LIMITS = {"SESSIONS_PER_MINUTE": "100000", "MESSAGES_PER_TEN_SECONDS": "10000", "HANDOVERS_PER_HOUR": "100000"}


class Rig(ABC):
    """``ports``: where visitors come in. ``links``: what may be spoiled."""

    shape: str
    links: tuple[str, ...]

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.network = Network(seed)
        self.running = ExitStack()
        self.running.callback(self.network.close)
        self.ports: list[int] = []

    def start(self) -> None:
        """Desk and product; the scenario is written between them, so it knows both."""
        self.prepare()
        self.desk = Desk(self.folder, self.network.add("webhooks", *self.web_ports()))
        self.running.callback(self.desk.process.remove)
        self.credentials = self.desk.start()
        self.ports = [self.network.add(f"visitors{number}", port) for number, port in enumerate(self.web_ports())]
        domain = f"http://127.0.0.1:{self.network.add('desk', self.desk.port)}/api/v1/"
        self.launch(domain)

    def write_scenario(self, domain: str) -> None:
        command = [sys.executable, "-m", "tests.faults.scenario", domain, json.dumps(self.credentials)]
        subprocess.run(command, cwd=ROOT, env=self.environment(), check=True)

    def stop(self) -> None:
        self.running.close()

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def web_ports(self) -> list[int]: ...

    @abstractmethod
    def launch(self, domain: str) -> None: ...

    @abstractmethod
    def environment(self) -> dict[str, str]: ...

    @abstractmethod
    def died(self) -> list[tuple[str, Callable[[], object]]]:
        """What ended by itself, and how to start it again, as a supervisor would."""

    @abstractmethod
    def logs(self) -> list[Path]: ...

    def activity(self) -> stores.Rows:
        """What the database is busy with, as far as it says so."""
        return []

    @abstractmethod
    def dump(self) -> dict[str, stores.Rows]: ...


class Production(Rig):
    """PostgreSQL, Valkey, two web processes, two workers (one of each pool), two sweepers: the commands of docs/operators.md."""

    shape = "production"
    links = ("webhooks", "visitors0", "visitors1", "desk", "web-postgres", "work-postgres", "web-redis", "work-redis")
    postgres: Postgres
    valkey: Valkey

    def prepare(self) -> None:
        self.postgres = self.own(services.postgres)
        self.valkey = self.own(services.valkey)
        self.keys = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEYS": f"rig:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        }
        self.doors = {
            f"{who}-{what}": self.network.add(f"{who}-{what}", port)
            for who in ("web", "work")
            for what, port in (("postgres", address_of(self.postgres.url, 5432)), ("redis", address_of(self.valkey.url, 6379)))
        }
        self.webs = [self.web(number) for number in range(2)]
        self.workers = [self.worker("threads", 4), self.worker("prefork", 2)]
        self.sweepers = [self.process(f"sweeper{number}", ["manage.py", "sweep"]) for number in range(2)]

    def own(self, service: object) -> object:
        return self.running.enter_context(service())  # type: ignore[operator]

    def web(self, number: int) -> Process:
        port = free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off", "--log-level", "warning", "--no-server-header"]
        options += ["--timeout-graceful-shutdown", "10", "--ws-max-size", "131072", "--ws-per-message-deflate", "false"]
        return self.process(f"web{number}", ["-m", "uvicorn", "handoff_project.asgi:application", *options], port)

    def worker(self, pool: str, concurrency: int) -> Process:
        options = ["--pool", pool, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle", "--without-heartbeat"]
        options += ["--hostname", f"{pool}@rig", "--loglevel", "WARNING"]
        return self.process(f"worker-{pool}", ["-m", "celery", "-A", "handoff_project", "worker", *options])

    def process(self, name: str, arguments: list[str], port: int | None = None) -> Process:
        process = Process(name, [sys.executable, *arguments], self.environment("web" if port else "work"), self.folder, port)
        self.running.callback(process.remove)
        return process

    def environment(self, who: str = "work") -> dict[str, str]:
        return {
            **LIMITS,
            **self.keys,
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "HANDOFF_DATA": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "handoff_project.settings",
            "DATABASE_URL": moved(self.postgres.url, self.doors[f"{who}-postgres"]),
            "REDIS_URL": moved(self.valkey.url, self.doors[f"{who}-redis"]),
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "HANDOFF_ALLOWED_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "WARNING",
        }

    def web_ports(self) -> list[int]:
        return [web.port for web in self.webs if web.port]

    def launch(self, domain: str) -> None:
        (self.folder / "static").mkdir(exist_ok=True)
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=self.environment(), check=True)
        self.write_scenario(domain)
        for process in self.processes():
            process.start()
        if isinstance(self.valkey, Valkey):
            wait_until(self.workers_listen, "the workers listen")

    def workers_listen(self) -> bool:
        with contextlib.closing(self.valkey.client()) as client:
            return bool(client.info("clients")["blocked_clients"] >= len(self.workers))

    def processes(self) -> list[Process]:
        return [*self.webs, *self.workers, *self.sweepers]

    def died(self) -> list[tuple[str, Callable[[], object]]]:
        return [(process.name, process.start) for process in self.processes() if process.died()]

    def logs(self) -> list[Path]:
        return [process.log for process in self.processes()]

    def activity(self) -> stores.Rows:
        return stores.activity(self.postgres.url)

    def dump(self) -> dict[str, stores.Rows]:
        return stores.dump(self.postgres.url)


class Embedded(Rig):
    """One process, as ``./start`` runs it; its own demo stays beside the rig's scenario."""

    shape = "embedded"
    links = ("webhooks", "visitors0", "desk")
    wanted = False

    def prepare(self) -> None:
        self.hub = Hub(self.folder)
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        kept = {**LIMITS, "SECRET_KEY": secrets.token_urlsafe(48), "FIELD_ENCRYPTION_KEYS": f"rig:{key}"}
        (self.folder / "static").mkdir(exist_ok=True)
        (self.folder / "settings.env").write_text("".join(f"{name}={value}\n" for name, value in kept.items()))

    def web_ports(self) -> list[int]:
        return [self.hub.port]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HANDOFF_DATA": str(self.folder), "HANDOFF_ALLOWED_NETWORKS": "127.0.0.0/8"}

    def launch(self, domain: str) -> None:
        self.start_hub()
        self.running.callback(self.end)
        self.write_scenario(domain)

    def end(self) -> None:
        self.wanted = False
        if self.hub.process.poll() is None:
            self.hub.kill()

    def kill(self) -> None:
        self.wanted = False
        self.hub.kill()

    def stop_hub(self) -> None:
        self.wanted = False
        self.hub.stop()

    def start_hub(self) -> None:
        self.hub.start()
        self.wanted = True

    def died(self) -> list[tuple[str, Callable[[], object]]]:
        return [("hub", self.start_hub)] if self.wanted and self.hub.process.poll() is not None else []

    def logs(self) -> list[Path]:
        return [self.folder / "log.txt"]

    def dump(self) -> dict[str, stores.Rows]:
        return stores.dump(self.folder / "handoff.sqlite3")


def address_of(url: str, usual: int) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or usual


def moved(url: str, port: int) -> str:
    """The same service, reached through a link."""
    parts = urlsplit(url)
    who, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{who}{at}127.0.0.1:{port}").geturl()


RIGS: dict[str, type[Rig]] = {rig.shape: rig for rig in (Production, Embedded)}
