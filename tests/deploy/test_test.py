"""./test: which checks it runs, in which order, and what its exit code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.scripts import ROOT, installed, run, script


@pytest.fixture
def tools(copy: Path) -> Path:
    """An installed .venv-test whose tools only note that they were called. ``$FAILING`` names those that fail."""
    note = 'echo "$*" >> called; case "$*" in $FAILING) echo "why it fails"; exit 1;; esac'
    installed(copy, ".venv-test", "requirements-dev.txt", f'{note}; case "$*" in *pytest*) echo "1 passed in 0.1s";; esac')
    script(copy / ".venv-test/bin/lint-imports", f"set -- lint-imports; {note}")
    return copy


def called(folder: Path) -> list[str]:
    return (folder / "called").read_text().splitlines()


ALL_CHECKS = ["ruff check", "ruff format", "mypy", "lint-imports", "makemigrations --check"]


def assert_called(folder: Path, *names: str) -> None:
    calls = called(folder)
    assert len(calls) == len(names), calls
    assert all(name in call for name, call in zip(names, calls, strict=True)), calls


def test_everything_is_checked_and_pytest_has_the_last_word(tools: Path) -> None:
    done = run(tools / "test")
    assert done.returncode == 0, done.stderr
    assert_called(tools, "tests.browser", *ALL_CHECKS, "-m pytest -n 2")
    assert done.stdout.splitlines()[-1] == "1 passed in 0.1s"


def test_a_failing_check_fails_the_whole_but_nothing_is_left_out(tools: Path) -> None:
    done = run(tools / "test", FAILING="*mypy*")
    assert done.returncode == 1
    assert_called(tools, "tests.browser", *ALL_CHECKS, "-m pytest")
    assert "why it fails" in done.stdout and "Failed: types" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 passed in 0.1s"


def test_a_failing_pytest_fails_the_whole(tools: Path) -> None:
    assert run(tools / "test", FAILING="*pytest*").returncode == 1


def test_fast_leaves_out_what_is_slow(tools: Path) -> None:
    assert run(tools / "test", "fast", "-x").returncode == 0
    assert_called(tools, *ALL_CHECKS, "--ignore=tests/journeys --ignore=tests/faults --ignore=tests/production -x")


def test_lint_checks_and_runs_no_tests(tools: Path) -> None:
    assert run(tools / "test", "lint").returncode == 0
    assert_called(tools, *ALL_CHECKS)
    assert run(tools / "test", "lint", FAILING="*ruff?check*").returncode == 1


def test_a_path_goes_to_pytest_alone(tools: Path) -> None:
    assert run(tools / "test", "tests/webchat", "-k", "socket").returncode == 0
    assert called(tools) == ["-m pytest tests/webchat -k socket"]


def test_ci_runs_the_readmes_command() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1].endswith("exec ./test")
