"""The embedded shape: everything in one process on this machine; no root, no services.

uvicorn in the main thread; a Celery worker, the sweeper and the sandbox in threads. Rows are the queue, so a kill -9 loses nothing.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import uvicorn
from celery.worker import state as worker_state
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from handoff_project.celery import app as celery_app
from handoffs.models import Conversation
from handoffs.sweeper import sweep_until
from sandbox.seed import Credentials, ensure_demo
from sandbox.server import SandboxServer
from sandbox.store import Store

HOST = "127.0.0.1"
# A frame of the widget has at most 64 KiB; beyond this uvicorn itself closes the socket (1009).
LARGEST_SOCKET_MESSAGE = 128 * 1024


class Command(BaseCommand):
    help = "Serves Handoff with the demo and its desk from this one process. ./start prepares the environment it needs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--desk-port", type=int, default=8001)
        parser.add_argument("--empty", action="store_true", help="load no demo")

    def handle(self, *args: Any, port: int, desk_port: int, empty: bool, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        forget_leases()
        with ExitStack() as running:
            demo = running.enter_context(sandbox(desk_port, "" if empty else f"{own_address(port)}/w/demo/incoming-chatwoot"))
            if not empty:
                load_demo(demo, port, desk_port)
            rehearse_there(demo, port, desk_port)
            running.enter_context(sweeper())
            running.enter_context(worker())
            password = ensure_admin()
            greeting = empty_welcome(demo, port, desk_port, password) if empty else welcome(port, desk_port, password)
            # uvicorn has shut down cleanly by then, and passes the Ctrl-C on.
            with suppress(KeyboardInterrupt):
                web_server(port, lambda: print(greeting, flush=True)).run()


# --- The demo -----------------------------------------------------------------------------------------------------------------------------


@contextmanager
def sandbox(desk_port: int, webhook_url: str) -> Iterator[Credentials]:
    """The stand-in Chatwoot on its own port, as any other desk would be: only its address tells it from a real one.

    ``webhook_url``: empty leaves the one of its inbox as it is.
    """
    store = Store(settings.DATA_DIR / "sandbox.sqlite3")
    credentials = ensure_demo(store, webhook_url)
    server = SandboxServer(store=store, port=desk_port)
    server.start()
    try:
        yield credentials
    finally:
        server.stop()


def own_address(port: int) -> str:
    """As “Test connection” expects it, wherever that is surely reached from here: not through a proxy, nor another port of a container."""
    usual = f"http://localhost:{port}"
    return usual if usual == settings.PUBLIC_URL else f"http://{HOST}:{port}"


def load_demo(demo: Credentials, port: int, desk_port: int) -> None:
    call_command(
        "load_demo",
        domain=f"http://{HOST}:{desk_port}/api/v1/",
        account=demo.account_id,
        inbox=demo.inbox_id,
        token=demo.admin_token,
        secret=demo.inbox_secret,
        origin=[settings.PUBLIC_URL, f"http://{HOST}:{port}"],
    )


def rehearse_there(demo: Credentials, port: int, desk_port: int) -> None:
    """In Preview admins rehearse with the same sandbox, unless the environment names another one."""
    if not settings.REHEARSAL_DESK:
        settings.REHEARSAL_DESK, settings.REHEARSAL_HUB = f"http://{HOST}:{desk_port}", f"http://{HOST}:{port}"
        settings.REHEARSAL_TOKEN, settings.REHEARSAL_AGENT_TOKEN = demo.admin_token, demo.agent_token


def ensure_admin() -> str:
    """The admin's password as last generated, or a word that it was changed since."""
    note = settings.DATA_DIR / "admin-password.txt"
    admin = get_user_model().objects.filter(username="admin").first()
    if admin is None:
        note.touch(mode=0o600)
        note.write_text(secrets.token_urlsafe(9))
        get_user_model().objects.create_superuser("admin", password=note.read_text())
        return note.read_text()
    written = note.read_text() if note.exists() else ""
    return written if written and admin.check_password(written) else "(the one you set)"


def welcome(port: int, desk_port: int, password: str) -> str:
    hub = settings.PUBLIC_URL
    return f"""
  Handoff is running.

    Chat page     {hub}/chat/demo/
    Sample shop   {hub}/chat/demo/sample/     (the widget on a website)
    Agent desk    http://{HOST}:{desk_port}/desk/     (stands in for Chatwoot)
    Admin         {hub}/admin/     admin · {password}

  Say “I want to talk to a human” in the chat, and answer in the desk. Ctrl-C stops.
"""


def empty_welcome(demo: Credentials, port: int, desk_port: int, password: str) -> str:
    return f"""
  Handoff is running, without the demo.

    Admin         {settings.PUBLIC_URL}/admin/     admin · {password}
    Agent desk    http://{HOST}:{desk_port}/desk/     (stands in for Chatwoot)

  For a handoff to that desk: Domain http://{HOST}:{desk_port}/api/v1/ and Access Token {demo.admin_token}. Ctrl-C stops.
"""


# --- What runs ----------------------------------------------------------------------------------------------------------------------------


def forget_leases() -> None:
    """This process is the only one: whoever held a lease is dead, and nobody need wait until it runs out."""
    Conversation.objects.exclude(lease_until=None).update(lease_until=None)


@contextmanager
def thread(run: Callable[[], object], name: str, stop: Callable[[], object]) -> Iterator[None]:
    """Runs beside the web server. A daemon: whatever it does not finish in time is found again after the next start."""
    runner = threading.Thread(target=run, name=name, daemon=True)
    runner.start()
    try:
        yield
    finally:
        stop()
        runner.join(timeout=5)


def sweeper() -> AbstractContextManager[None]:
    told = threading.Event()
    return thread(lambda: sweep_until(told), "sweeper", told.set)


def worker() -> AbstractContextManager[None]:
    """A Celery worker on the in-memory broker. Left to itself it would take over signals and logs; a bare controller does not."""
    controller = celery_app.WorkController(
        pool_cls="threads", concurrency=4, without_gossip=True, without_mingle=True, without_heartbeat=True, send_events=False
    )
    return thread(controller.start, "worker", stop_worker)


def stop_worker() -> None:
    """What the worker's own signal handler would set."""
    worker_state.should_stop = 0  # type: ignore[assignment]  # celery-types thinks it is always None


class WebServer(uvicorn.Server):
    """Says when it can be reached."""

    def __init__(self, config: uvicorn.Config, up: Callable[[], None]) -> None:
        super().__init__(config)
        self.up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up()


def web_server(port: int, up: Callable[[], None]) -> uvicorn.Server:
    config = uvicorn.Config(
        "handoff_project.asgi:application",
        host=HOST,
        port=port,
        lifespan="off",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        ws_max_size=LARGEST_SOCKET_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
    )
    return WebServer(config, up)
