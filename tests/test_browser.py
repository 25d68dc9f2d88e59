"""Where the journeys' Chromium comes from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import browser
from tests.deploy.scripts import script


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any browser, on which nothing may be fetched. Returns the one folder on its PATH."""
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for source in ("playwrights_own", "from_debian", "from_npm"):
        monkeypatch.setattr(browser, source, lambda: None)
    # Without the cache, which may hold this machine's answer.
    monkeypatch.setattr(browser, "executable", browser.executable.__wrapped__)
    return tmp_path


def test_the_given_browser_comes_first(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(fresh / "chromium", "")
    given = script(fresh / "elsewhere" / "mine", "")
    monkeypatch.setenv("BROWSER_PATH", str(given))
    assert browser.executable() == str(given)


def test_a_given_browser_that_does_not_run_is_not_passed_over(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(fresh / "chromium", "")
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    with pytest.raises(browser.NoBrowser, match="BROWSER_PATH is /nowhere/chromium"):
        browser.executable()


def test_a_name_on_the_path_that_only_talks_is_passed_over(fresh: Path) -> None:
    script(fresh / "chromium-browser", "echo please install the snap; exit 1")
    shell = script(fresh / "chromium-headless-shell", "")
    assert browser.launch_options()["executable_path"] == str(shell)


def test_no_browser_is_a_failure_that_says_what_to_do(fresh: Path) -> None:
    with pytest.raises(browser.NoBrowser, match=r"apt-get install chromium-headless-shell.*BROWSER_PATH"):
        browser.executable()


def test_only_root_gives_up_the_browsers_sandbox(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(fresh / "chromium", "")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "--no-sandbox" not in browser.launch_options()["args"]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--no-sandbox" in browser.launch_options()["args"]
