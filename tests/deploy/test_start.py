"""./start, and what both scripts say when they cannot go on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.scripts import bootstrap, installed, run, script, unprivileged


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, f"more than one line: {done.stderr}"
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


# --- Which Python -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def old_pythons(tmp_path: Path) -> Path:
    """A PATH on which every Python is 3.8: the question for 3.11 is answered with no."""
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        script(tmp_path / "old" / name, "exit 1")
    # The script itself needs dirname alone.
    os.symlink(shutil.which("dirname") or "", tmp_path / "old" / "dirname")
    return tmp_path / "old"


@pytest.mark.parametrize("program", ["start", "test"])
def test_an_old_python_is_told_in_one_sentence(copy: Path, old_pythons: Path, program: str) -> None:
    assert_one_sentence(run(copy / program, PATH=str(old_pythons)), "Python 3.11 or newer", f"./{program}")


def test_no_python_at_all_is_told_in_the_same_sentence(copy: Path, tmp_path: Path) -> None:
    assert_one_sentence(run(copy / "start", PATH=str(tmp_path)), "Python 3.11 or newer")


def test_a_newer_python_under_its_own_name_is_taken(copy: Path, old_pythons: Path) -> None:
    script(old_pythons / "python3.12", '[ "$1" = -c ] || echo "took 3.12: $2 $3 $4"')
    done = run(copy / "start", "--port", "8123", PATH=str(old_pythons))
    assert (done.returncode, done.stdout.strip()) == (0, "took 3.12: start --port 8123")


# --- Where it may write -------------------------------------------------------------------------------------------------------------------


def test_a_data_folder_that_cannot_be_made_is_told_in_one_sentence(copy: Path) -> None:
    (copy / "var").write_text("in the way")
    assert_one_sentence(run(copy / "start"), f"{copy / 'var'} cannot be written", "HANDOFF_DATA")


def test_the_data_folder_may_be_elsewhere(copy: Path, tmp_path: Path) -> None:
    assert_one_sentence(run(copy / "start", HANDOFF_DATA="/dev/null/handoff"), "/dev/null/handoff cannot be written")


def test_something_in_place_of_the_environment_is_told_in_one_sentence(copy: Path) -> None:
    (copy / ".venv").write_text("in the way")
    assert_one_sentence(run(copy / "start"), f"{copy / '.venv'}", "Not a directory")


def test_a_read_only_folder_is_told_in_one_sentence(copy: Path) -> None:
    (copy / "closed").mkdir(mode=0o555)
    with unprivileged(), pytest.raises(bootstrap.Stop, match=r"cannot be written \(Permission denied\): do so\.$"):
        bootstrap.require_writable(copy / "closed" / "var", "do so")
    with unprivileged(), pytest.raises(bootstrap.Stop, match="Permission denied"):
        bootstrap.require_writable(copy / "closed", "do so")


def test_a_read_only_checkout_serves_from_a_data_folder_elsewhere(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(copy, ".venv", "requirements.txt", "")
    copy.chmod(0o555)
    monkeypatch.setattr(bootstrap, "ROOT", copy)
    with unprivileged():
        assert bootstrap.prepare(copy / ".venv", copy / "requirements.txt") == copy / ".venv/bin/python"


# --- Starting -----------------------------------------------------------------------------------------------------------------------------


def test_start_becomes_the_server_with_its_arguments(copy: Path) -> None:
    installed(copy, ".venv", "requirements.txt", 'echo "$PWD|$HANDOFF_DATA|$*"; exit 7')
    done = run(copy / "start", "--port", "8123")
    assert done.stdout.strip() == f"{copy}|{copy / 'var'}|-m handoff_project.embedded --port 8123"
    assert done.returncode == 7


def test_start_replaces_itself_so_that_signals_reach_the_server(copy: Path) -> None:
    installed(copy, ".venv", "requirements.txt", "echo $$")
    with subprocess.Popen([copy / "start"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert int(process.stdout.read()) == process.pid
