"""The Message Editor writes lines that the server reads: both must mean the same by them."""

from __future__ import annotations

import json
import random
import subprocess
from typing import Any

from handoffs.fields import ButtonsField, ConditionsField, FormFieldsField, LinesField
from tests.hub import ROOT

NAMES = {"Prices": 1, "www.own": 2, "A: b": 3}
AGAIN = """
import * as lines from "{module}";
const names = new Set({names});
const kinds = [
  [(line) => lines.readButton(line, names), lines.writeButton],
  [lines.readField, lines.writeField],
  [lines.readCondition, lines.writeCondition],
];
const all = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(all.map((kind, at) => kind.map((line) => kinds[at][1](kinds[at][0](line))))));
"""
BUTTONS = ["Gold", "größe", "->", "->", "=", "user.plan:", "user.plan", "Prices", "www.own", "https://a.example/", "|", "*", "7"]
FIELDS = ["user.plan", "user.plan*", ":", ":", ":", ":", "text", "select", "select", "größe", "Gold", "|", "->", "="]
CONDITIONS = ["user.plan", "user.visits", "is set", "is not set", "contains", ">", "!=", "=", "7", "Gold:", "->"]


def some_lines(pieces: list[str]) -> list[str]:
    chosen = random.Random(7)
    return sorted({" ".join(chosen.choices(pieces, k=chosen.randint(1, 9))) for _ in range(5000)})


def written_again(*kinds: list[str]) -> list[list[str]]:
    script = AGAIN.format(module=(ROOT / "static/handoffs/lines.mjs").as_uri(), names=json.dumps(list(NAMES)))
    asked = ["node", "--input-type=module", "--eval", script]
    done = subprocess.run(asked, input=json.dumps(kinds), capture_output=True, text=True, check=True)
    answered: list[list[str]] = json.loads(done.stdout)
    return answered


def meaning(field: LinesField, line: str) -> Any:
    try:
        return field.read(line)
    except ValueError:
        return None


def test_a_line_means_the_same_after_the_editor_has_shown_it_as_a_row() -> None:
    buttons = ButtonsField()
    buttons.templates = NAMES
    fields: list[LinesField] = [buttons, FormFieldsField(), ConditionsField()]
    asked = [*map(some_lines, [BUTTONS, FIELDS, CONDITIONS])]
    for field, lines, again in zip(fields, asked, written_again(*asked), strict=True):
        understood = [(line, other) for line, other in zip(lines, again, strict=True) if meaning(field, line) is not None]
        assert len(understood) > 10
        for line, other in understood:
            assert meaning(field, other) == meaning(field, line), f"{line!r} became {other!r}"


def test_what_is_stored_comes_back_the_same() -> None:
    field = ButtonsField()
    field.templates = NAMES
    for button in [
        {"label": "To", "attribute": "trip.way", "value": "Rome -> Bern", "leads_to": None},
        {"label": "A -> b", "attribute": "trip.way", "value": "x", "leads_to": None},
        {"label": "A -> b", "attribute": "trip.way", "value": "x", "leads_to": 1},
    ]:
        assert field.read(field.write(button)) == button
