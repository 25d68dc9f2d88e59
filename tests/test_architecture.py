"""The directions of the house, held by reading its imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("handoffs", "webchat", "handoff_project", "sandbox")


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts)


def imports_inside_functions(source: str) -> list[int]:
    """The lines of them."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return sorted({node.lineno for function in functions for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)})


def test_no_imports_inside_functions() -> None:
    hidden = [f"{path.relative_to(ROOT)}:{line}" for path in sources() for line in imports_inside_functions(path.read_text())]
    assert not hidden, (
        f"Imports inside functions: {', '.join(hidden)}. They hide a cycle, and a cycle means that two rooms are one: "
        "import at the top; if that fails, move the shared part to a room below."
    )


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import os\nfrom os import path", []),
        ("def f():\n    import os", [2]),
        ("class A:\n    async def f(self):\n        if self:\n            from os import path", [4]),
        ("def f():\n    def g():\n        import os", [3]),
    ],
)
def test_the_reader_sees_every_hidden_import(source: str, lines: list[int]) -> None:
    assert imports_inside_functions(source) == lines


@pytest.mark.parametrize("app", ["webchat", "handoff_project"])
def test_only_the_house_has_models(app: str) -> None:
    owned = [model.__name__ for model in apps.get_models() if model.__module__.split(".")[0] == app]
    assert not owned, f"{app} defines {', '.join(owned)}: every model and every rule lives in handoffs, so that a porch can be removed."


def test_the_import_contracts_hold() -> None:
    # In a process of its own: the linter imports the packages by name and changes sys.path.
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, (
        f"An import goes against the house's direction (pyproject.toml, [tool.importlinter]):\n{done.stdout}{done.stderr}"
    )
