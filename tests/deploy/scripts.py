"""The scripts before anything is installed. These tests install nothing for real; that is what ./test itself does."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
NOBODY = 65534


def load_bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "deploy" / "bootstrap.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bootstrap = load_bootstrap()


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def run(program: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "HANDOFF_DATA"}
    return subprocess.run([program, *arguments], env={**kept, **environment}, capture_output=True, text=True, timeout=60)


def installed(folder: Path, name: str, lock: str, python: str) -> None:
    """Leaves an environment that looks as a finished installation does, whose Python is a script."""
    script(folder / name / "bin" / "python", python)
    stamp = bootstrap.stamp_of(folder / name, folder / lock)
    (folder / name / "handoff.stamp").write_text("\n".join(stamp) + "\n")


@contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions do not bind root, so a test that runs as root steps down for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
