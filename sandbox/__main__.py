"""python -m sandbox: a stand-in Chatwoot to look at, on this machine only."""

import argparse
import contextlib

import uvicorn

from sandbox.app import create_app
from sandbox.seed import ensure_demo
from sandbox.server import HOST, DeskServer
from sandbox.store import Store


def main() -> None:
    options = _options()
    store = Store(options.data)
    credentials = ensure_demo(store, options.webhook_url)
    print(f"Desk        http://localhost:{options.port}/desk/")
    print(f"Base URL    http://localhost:{options.port}")
    print(f"Account id  {credentials.account_id}\nInbox id    {credentials.inbox_id}")
    print(f"Token       {credentials.admin_token}\nSecret      {credentials.inbox_secret}", flush=True)
    config = uvicorn.Config(create_app(store), host=HOST, port=options.port, log_level="warning", timeout_graceful_shutdown=1)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once it has shut down
        DeskServer(config).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data", default="var/sandbox.sqlite3", help="the SQLite file that keeps everything")
    parser.add_argument("--webhook-url", default="", help="where the inbox sends its webhooks; kept empty, none are sent")
    return parser.parse_args()


if __name__ == "__main__":
    main()
