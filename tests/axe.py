"""axe-core on a page: what a screen reader or a keyboard would stumble over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

# axe-core 4.14.1, MPL 2.0, from npm.
AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text()
# Preloading would put style sheets into the page, which a strict policy reports.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = f"axe.run(document, {{preload: false, runOnly: {RULES}}}).then(r => r.violations)"
# What fades in has no contrast yet. What goes on for ever is never waited for.
SETTLED = """Promise.all(document.getAnimations().filter((each) => each.effect.getTiming().iterations < 9).map(
  (each) => each.finished.catch(() => {})
)).then(() => null)"""


def complaints(page: Page | Frame) -> list[str]:
    """One line a rule broken, with the elements; empty is good. Works under a strict CSP."""
    page.evaluate(AXE)
    page.evaluate(SETTLED)
    return [line(found) for found in page.evaluate(RUN)]


def line(found: dict[str, Any]) -> str:
    where = "; ".join(node["html"][:120] for node in found["nodes"][:4])
    return f"{found['id']} ({found['impact']}): {found['help']} — {where}"
