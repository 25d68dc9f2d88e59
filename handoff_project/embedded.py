"""What ``./start`` runs: prepares this machine for the embedded shape, then hands over to ``manage.py serve``."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import socket
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

HOST = "127.0.0.1"


class CannotStart(Exception):
    """``str()`` is one sentence that says what to do."""


def main() -> None:
    options = read_options()
    try:
        for port in (options.port, options.desk_port):
            expect_free(port)
        set_environment(options.port)
    except CannotStart as problem:
        print(f"handoff: {problem}", file=sys.stderr)
        sys.exit(2)
    empty = ["--empty"] if options.empty else []
    execute_from_command_line(["./start", "serve", "--port", str(options.port), "--desk-port", str(options.desk_port), *empty])


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./start", description="Serves Handoff on this machine, with a demo.")
    parser.add_argument("--port", type=int, default=8000, help="where visitors and admins go (default 8000)")
    parser.add_argument("--desk-port", type=int, help="where the sandbox's agent desk is (default: the next one)")
    parser.add_argument("--empty", action="store_true", help="load no demo: build your own scenario from nothing")
    options = parser.parse_args()
    options.desk_port = options.desk_port or options.port + 1
    return options


def expect_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise CannotStart(f"Port {port} is in use; stop what listens there, or choose another with --port N.") from None


def set_environment(port: int) -> None:
    """What the settings file reads. Keys are made once and kept in the data folder; anything already set wins."""
    data = Path(os.environ.setdefault("HANDOFF_DATA", str(Path(__file__).resolve().parent.parent / "var")))
    try:
        keep_keys(data / "settings.env")
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be written to ({error.strerror}); set HANDOFF_DATA to one that can.") from None
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handoff_project.settings")
    os.environ.setdefault("PUBLIC_URL", f"http://localhost:{port}")
    os.environ.setdefault("ALLOWED_HOSTS", f"localhost,.localhost,{HOST}")
    os.environ.setdefault("HANDOFF_ALLOWED_NETWORKS", "127.0.0.0/8")
    os.environ.setdefault("LOG_LEVEL", "WARNING")


def keep_keys(path: Path) -> None:
    (path.parent / "static").mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(f"SECRET_KEY={secrets.token_urlsafe(48)}\nFIELD_ENCRYPTION_KEYS=first:{key}\n")
    draft.replace(path)


if __name__ == "__main__":
    main()
