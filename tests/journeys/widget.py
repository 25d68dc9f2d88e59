"""What journeys of the widget share: its settings, the shop around it, and what the browser keeps for it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

from playwright.sync_api import FrameLocator, Page, expect

from tests.hub import ROOT, Hub

USUAL: dict[str, Any] = {
    "title": "Northwind Coffee",
    "accent": "",
    "on_accent": "",
    "scheme": "auto",
    "launcher_text": "",
    "launcher_side": "right",
    "size": "regular",
    "start_new": "minimised",
    "start_returning": "minimised",
    "start_ongoing": "minimised",
    "show_history": True,
    "use_websockets": True,
    "may_restart": True,
    "may_end": True,
    "may_download": True,
    "language": "auto",
    "consent_text": "",
}


def change(hub: Hub, **settings: Any) -> None:
    """The scenario's interface settings; whatever is not named is as usual."""
    values = USUAL | settings
    columns = ", ".join(f"{name} = ?" for name in values)
    with closing(sqlite3.connect(hub.data / "handoff.sqlite3", timeout=20)) as database, database:
        database.execute(f"UPDATE handoffs_interfacesettings SET {columns}", list(values.values()))


def shop(person: Any, hub: Hub) -> Page:
    """The sample shop, with the launcher in its corner."""
    page: Page = person.opens(f"{hub.url}/chat/demo/sample/")
    expect(page.locator("button")).to_be_visible()
    return page


def widget(page: Page) -> FrameLocator:
    page.locator("button").click()
    return page.frame_locator("iframe")


def kept(page: Page) -> Any:
    """All that the browser keeps for this origin."""
    return page.evaluate("({...localStorage, ...sessionStorage})")


def identity_secret(hub: Hub) -> str:
    """Gives the scenario one. Sealed with the hub's own keys, so by a process with its settings."""
    secret = "the website's and ours"
    script = f"from handoffs.models import Scenario; s = Scenario.objects.get(key='demo'); s.identity_secret = {secret!r}; s.save()"
    environment = {"HANDOFF_DATA": str(hub.data), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "manage.py", "shell", "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True)
    return secret
