"""Axe in a page that stands already: put into it once, and asked for no more than what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
ASK = """([within, options]) => !("axe" in window) ? null : axe.run(within || document, {resultTypes: ["violations"], selectors: false, ...options})
  .then((said) => said.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html.slice(0, 200))]))"""


def violations(page: Page, within: str | None = None, **options: Any) -> list[tuple[str, list[str]]]:
    """The rules that are broken, each with the HTML of what breaks it; ``within`` a part of the page, with axe's own ``options``."""
    found = page.evaluate(ASK, [within, options])
    if found is None:
        page.evaluate(AXE)
        found = page.evaluate(ASK, [within, options])
    return [(rule, nodes) for rule, nodes in found]
