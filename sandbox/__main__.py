"""python -m sandbox: a stand-in Chatwoot to look at, on this machine only."""

import argparse
import contextlib
import json
import socket
from dataclasses import asdict
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.seed import Credentials, agent_tokens, ensure_demo
from sandbox.server import HOST, DeskServer, listen
from sandbox.store import Store


def main() -> None:
    options = _options()
    store = Store(options.data)
    credentials = ensure_demo(store, options.webhook_url)
    listener = listen(options.port)
    port = listener.getsockname()[1]
    if options.credentials:
        _write(options.credentials, asdict(credentials) | {"agent_tokens": agent_tokens(store, credentials.account_id), "port": port})
    _say(port, credentials)
    _serve(store, listener, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=8001, help="0 takes a free one")
    add("--data", default="var/sandbox.sqlite3", help="the SQLite file that keeps everything, or :memory:")
    add("--webhook-url", default="", help="where the inbox sends its webhooks; kept empty, none are sent")
    add("--seed-demo", action="store_true", help="says what happens in any case: the demo account is made unless it is there")
    add("--credentials", type=Path, metavar="FILE", help="write port, ids and tokens there as JSON, once connections are taken")
    add("--frontend-url", default="", metavar="URL", help="how addresses of files begin, if not with this server's own")
    add("--version", default="4.18.0", help="the Chatwoot to stand in for")
    add("--per-minute", type=int, default=200, metavar="N", help="messages a conversation takes in a minute, 0 for any number")
    add("--faults", action="store_true", help="let PUT /_faults spoil requests and webhooks")
    return parser.parse_args()


def _write(path: Path, found: dict[str, object]) -> None:
    """All of it at once: whoever waits for the file never reads half of it."""
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(found))
    draft.replace(path)


def _say(port: int, credentials: Credentials) -> None:
    print(f"Desk        http://localhost:{port}/desk/")
    print(f"Base URL    http://localhost:{port}")
    print(f"Account id  {credentials.account_id}\nInbox id    {credentials.inbox_id}")
    print(f"Token       {credentials.admin_token}\nSecret      {credentials.inbox_secret}", flush=True)


def _serve(store: Store, listener: socket.socket, options: argparse.Namespace) -> None:
    url = options.frontend_url or f"http://{HOST}:{listener.getsockname()[1]}"
    app = create_app(store, frontend_url=url, version=options.version, per_minute=options.per_minute, faults=options.faults)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once it has shut down
        DeskServer(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
