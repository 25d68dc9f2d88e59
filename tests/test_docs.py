"""What the documents say is so: the parts of it that can be read off the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handoff_project.management.commands.serve import LARGEST_SOCKET_MESSAGE
from handoffs.models.conversation import IDLE_LIFE, WHOLE_LIFE
from webchat.api import LONGEST_WAIT
from webchat.frames import BEAT_SECONDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("handoffs/**/*.md"))]
README = (ROOT / "README.md").read_text()
OPERATORS = (ROOT / "docs" / "operators.md").read_text()

LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:", "#")
READ_IN_SETTINGS = re.compile(r"\b(?:env(?:\.\w+)?|listed)\(\s*[\"']([A-Z][A-Z0-9_]*)[\"']")
FIRST_CELL = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \|", re.MULTILINE)
LOG_LINE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
WORD = re.compile(r"^\| \*\*(.+?)\*\* \|", re.MULTILINE)


def local_links(page: Path) -> list[str]:
    return [link.partition("#")[0] for link in LINK.findall(page.read_text()) if not link.startswith(ELSEWHERE)]


def commands() -> list[str]:
    return sorted(path.stem for path in ROOT.glob("hand*/management/commands/*.py") if path.stem != "__init__")


def test_the_operators_table_lists_exactly_the_variables_the_settings_read() -> None:
    read = set(READ_IN_SETTINGS.findall((ROOT / "handoff_project" / "settings.py").read_text()))
    assert set(FIRST_CELL.findall(OPERATORS)) == read


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_local_link_and_image_leads_somewhere(page: Path) -> None:
    assert [link for link in local_links(page) if not (page.parent / link).exists()] == []


def test_every_page_is_linked_from_another() -> None:
    linked = {(page.parent / link).resolve() for page in PAGES for link in local_links(page)}
    # Decisions are found in their folder.
    alone = [page for page in PAGES if page.resolve() not in linked and page.parent.name != "decisions" and page.name != "README.md"]
    assert alone == []


@pytest.mark.parametrize("command", commands())
def test_every_management_command_of_ours_is_explained(command: str) -> None:
    assert f"manage.py {command}" in OPERATORS


def test_every_word_has_one_row() -> None:
    words = [word.lower() for word in WORD.findall((ROOT / "CONTEXT.md").read_text())]
    assert words and len(words) == len(set(words))


def test_the_readmes_commands_are_there_and_its_test_command_is_the_one_ci_runs() -> None:
    commands = [block.strip() for block in SHELL.findall(README)]
    assert commands == ["./start", "./test"]
    assert all((ROOT / command).is_file() for command in commands)
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("exec ./test")


def test_operators_are_told_the_limits_that_the_code_has() -> None:
    assert f"--ws-max-size {LARGEST_SOCKET_MESSAGE} " in OPERATORS
    assert f"a socket is quiet for up to {BEAT_SECONDS} seconds, a long poll for up to {LONGEST_WAIT};" in OPERATORS


def test_visitors_are_told_how_long_a_token_lives() -> None:
    assert (IDLE_LIFE.days, WHOLE_LIFE.days) == (7, 30), "docs/embedding.md and docs/security.md say so"


@pytest.mark.parametrize("line", LOG_LINE.findall(OPERATORS.partition("## Logs")[2]))
def test_the_log_lines_to_watch_for_are_written(line: str) -> None:
    code = "".join(path.read_text() for room in ("handoffs", "webchat") for path in sorted((ROOT / room).rglob("*.py")))
    assert all(part.strip() in code for part in line.split("…"))
