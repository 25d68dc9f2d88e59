from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.scripts import ROOT


@pytest.fixture
def copy() -> Iterator[Path]:
    """The scripts in a folder of their own, which anybody may enter (pytest's tmp_path is its owner's alone)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "deploy").mkdir()
        for file in ("start", "test", "deploy/bootstrap.py"):
            shutil.copy(ROOT / file, folder / file)
        for lock in ("requirements.txt", "requirements-dev.txt"):
            (folder / lock).write_text("")
        yield folder
