"""Give Handoff a virtual environment made from a hash-checked lock, then run it, or its checks, in there.

Standard library only: it runs before anything is installed. Registries are never named here; pip and apt know theirs.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import html
import http.client
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
SLOW = ["--ignore=tests/journeys", "--ignore=tests/faults", "--ignore=tests/production"]


class Stop(Exception):
    """We cannot go on; the message is one sentence that says what to do."""


def main(command: str, arguments: list[str]) -> int:
    try:
        return {"start": start, "test": test}[command](arguments)
    except Stop as stop:
        sentence, code = str(stop), 2
    except OSError as error:
        sentence, code = f"{error.filename} cannot be used ({error.strerror}): put that right, and run it again.", 2
    except KeyboardInterrupt:
        sentence, code = "Interrupted; run it again to go on.", 130
    print(sentence, file=sys.stderr)
    return code


# --- ./start ------------------------------------------------------------------------------------------------------------------------------


def start(arguments: list[str]) -> NoReturn:
    data = Path(os.environ.get("HANDOFF_DATA") or ROOT / "var").absolute()
    require_writable(data, "make it writable, or set HANDOFF_DATA to a folder that is")
    python = prepare(ROOT / ".venv", ROOT / "requirements.txt")
    os.chdir(ROOT)
    # Replaces this process, so that Ctrl-C and a supervisor's signals reach the server itself.
    command = [str(python), "-m", "handoff_project.embedded", *arguments]
    os.execve(python, command, {**os.environ, "HANDOFF_DATA": str(data)})  # noqa: S606 - no shell is wanted


# --- ./test -------------------------------------------------------------------------------------------------------------------------------


def test(arguments: list[str]) -> int:
    python = prepare(ROOT / ".venv-test", ROOT / "requirements-dev.txt")
    os.chdir(ROOT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    if arguments[:1] == ["lint"]:
        return int(not passed(lint_steps(python)))
    if arguments[:1] == ["fast"]:
        return everything(python, [*SLOW, *arguments[1:]])
    if arguments:
        return pytest(python, arguments)
    find_browser(python)
    return everything(python, [])


def everything(python: Path, selection: list[str]) -> int:
    """All checks, then pytest: its closing line must be the last one, because machines read it."""
    fine = passed({**lint_steps(python), **widget_step()})
    return pytest(python, ["-n", "2", "--dist", "loadfile", *selection]) or int(not fine)


def lint_steps(python: Path) -> dict[str, list[str]]:
    run = [str(python), "-m"]
    return {
        "lint": [*run, "ruff", "check", "--quiet", "."],
        "format": [*run, "ruff", "format", "--check", "--quiet", "."],
        "types": [*run, "mypy"],
        "import rules": [str(python.with_name("lint-imports")), "--no-logo"],
        "migrations": [str(python), "manage.py", "makemigrations", "--check", "--dry-run"],
    }


def widget_step() -> dict[str, list[str]]:
    units = sorted(str(path) for path in (ROOT / "tests" / "js").rglob("*.test.*js"))
    if not units:
        return {}
    if node_version() < 20:
        print("!! NOT RUN: the widget's units in tests/js need Node 20 or newer, and there is none on this machine.", flush=True)
        return {}
    return {"widget units": ["node", "--test", *units]}


def node_version() -> int:
    node = shutil.which("node")
    told = re.match(r"v(\d+)", output_of([node, "--version"]) or "") if node else None
    return int(told[1]) if told else 0


def passed(steps: dict[str, list[str]]) -> bool:
    """Runs every step, shows the output of those that fail, and closes with one line."""
    failed = [name for name, command in steps.items() if not step_passed(name, command)]
    if failed:
        print(f"Failed: {', '.join(failed)} (see above). The exit code will not be 0, whatever follows.", flush=True)
    return not failed


def step_passed(name: str, command: list[str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"{name:.<16} {'FAILED' if done.returncode else 'ok'} ({time.monotonic() - began:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return done.returncode == 0


def find_browser(python: Path) -> None:
    """Once, before workers start, since it may have to install one. Without one the journeys fail and say why."""
    found = subprocess.run([python, "-m", "tests.browser"], stdout=subprocess.PIPE, text=True)
    if found.returncode == 0:
        os.environ["BROWSER_PATH"] = found.stdout.strip()


def pytest(python: Path, arguments: list[str]) -> int:
    # Ctrl-C is for pytest, which closes with its summary; a handler that does nothing is not inherited, an ignored signal would be.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run([python, "-m", "pytest", *arguments]).returncode


# --- The virtual environment --------------------------------------------------------------------------------------------------------------


def prepare(venv: Path, lock: Path) -> Path:
    """The Python of an environment that holds what the lock names. At once if it did so the last time."""
    python = venv / "bin" / "python"
    if is_current(venv, lock):
        return python
    require_writable(ROOT, "Handoff installs itself into it: make it writable, or work in a copy that is")
    with only_one_at_a_time():
        if not is_current(venv, lock):
            rebuild(venv, lock)
    return python


def rebuild(venv: Path, lock: Path) -> None:
    origin, digest = stamp_of(venv, lock)
    made_here = read_stamp(venv)[:1] == [origin] and (venv / "bin" / "python").exists()
    # An interrupted installation leaves no stamp, and so starts afresh.
    (venv / "handoff.stamp").unlink(missing_ok=True)
    print(f"Installing {lock.name} into {venv.name} (once, a minute or so) …", flush=True)
    if not made_here:
        create(venv)
    install(venv / "bin" / "python", lock)
    (venv / "handoff.stamp").write_text(f"{origin}\n{digest}\n")


def is_current(venv: Path, lock: Path) -> bool:
    return read_stamp(venv) == stamp_of(venv, lock) and (venv / "bin" / "python").exists()


def stamp_of(venv: Path, lock: Path) -> list[str]:
    """What an environment depends on: the Python that made it, where it lies, and the lock."""
    return [f"{platform.python_version()} {venv}", hashlib.sha256(lock.read_bytes()).hexdigest()]


def read_stamp(venv: Path) -> list[str]:
    stamp = venv / "handoff.stamp"
    return stamp.read_text().splitlines() if stamp.is_file() else []


def create(venv: Path) -> None:
    # Without pip: Debian's Python has venv but, without its package python3-venv, no ensurepip.
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv], capture_output=True, text=True)
    if made.returncode:
        reason = (made.stderr or made.stdout).strip().rpartition("\n")[2]
        raise Stop(f"Python could not create {venv} ({reason}): put that right, and run it again.")


def install(python: Path, lock: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="handoff-pip-") as scratch:
        pip = find_pip(python, Path(scratch))
        arguments = ["install", "-qq", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
        if subprocess.run([*pip, *arguments]).returncode:
            raise Stop(f"pip could not install {lock.name}: see its message above, check the network, and run it again.")


def require_writable(folder: Path, advice: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Stop(f"{folder} cannot be written ({error.strerror}): {advice}.") from error


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two terminals may start at once; the second waits and finds the work done."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


# --- A pip, wherever there is one ---------------------------------------------------------------------------------------------------------


def find_pip(python: Path, scratch: Path) -> list[str]:
    """A command that runs pip for the environment; the first place that has one wins."""
    if output_of([str(python), "-m", "ensurepip"]) is not None:
        return [str(python), "-m", "pip"]
    of_the_system = [sys.executable, "-m", "pip", "--python", str(python)]
    if output_of([*of_the_system, "--version"]) is not None:
        return of_the_system
    wheel = wheel_in(Path("/")) or wheel_from_index(scratch) or wheel_from_debian(scratch)
    if not wheel:
        raise Stop("This Python has no pip and none could be fetched: install it (Debian: apt-get install python3-venv), and run it again.")
    return [str(python), f"{wheel}/pip"]


def wheel_from_index(scratch: Path) -> Path | None:
    """The newest pip of the index that pip's own settings name, checked against the digest the index gives."""
    index = configured_index()
    if not index:
        return None
    page = f"{index.rstrip('/')}/pip/"
    try:
        address, _, digest = urllib.parse.urljoin(page, newest_pip(fetch(page).decode())).partition("#sha256=")
        body = fetch(address)
    except (OSError, ValueError, http.client.HTTPException):
        return None
    if hashlib.sha256(body).hexdigest() != digest:
        raise Stop("The pip that the package index sent does not match its digest: check what stands between, and run it again.")
    wheel = scratch / Path(urllib.parse.urlsplit(address).path).name
    wheel.write_bytes(body)
    return wheel


def configured_index() -> str | None:
    settings = configparser.RawConfigParser()
    home = Path.home()
    settings.read(["/etc/pip.conf", home / ".pip/pip.conf", home / ".config/pip/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")])
    places = (settings.get(section, "index-url", fallback=None) for section in ("install", "global"))
    return os.environ.get("PIP_INDEX_URL") or next(filter(None, places), None)


def newest_pip(page: str) -> str:
    """The link to it, of the majors known to run on Python 3.11; ValueError if the page has none."""
    links = re.findall(r'href="([^"]*?pip-(2[56](?:\.\d+)+)-py3-none-any\.whl#sha256=[0-9a-f]{64})"', page)
    newest, _ = max(links, key=lambda link: [int(part) for part in link[1].split(".")])
    return html.unescape(newest)


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - the address is the administrator's own setting
        return bytes(answer.read())


def wheel_from_debian(scratch: Path) -> Path | None:
    """Debian's pip, fetched and unpacked without installing it; its lists go to scratch too, so no root is needed."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    lists = scratch / "lists"
    (lists / "partial").mkdir(parents=True)
    apt = ["apt-get", "-qq", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={scratch}", "-o", "Debug::NoLocking=1"]
    for command in ([*apt, "update"], [*apt, "download", "python3-pip-whl"]):
        subprocess.run(command, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for package in scratch.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, scratch], stdout=subprocess.DEVNULL)
    return wheel_in(scratch)


def wheel_in(system: Path) -> Path | None:
    """The wheel of Debian's package python3-pip-whl."""
    return max(system.glob("usr/share/python-wheels/pip-*.whl"), default=None)


def output_of(command: list[str]) -> str | None:
    """What a command says, or None if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return None if done.returncode else done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
