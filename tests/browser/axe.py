"""What axe finds on an open page, and whether the page fits its screens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Page

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = f"axe.run(document, {{runOnly: {RULES}, preload: false, resultTypes: ['violations']}})"


def wrong(page: Page, name: str, sizes: Iterable[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """Findings at each (width, height) by `name`, width and rule. The page stays open: one visit serves all screens."""
    page.evaluate(AXE.read_text())
    found: list[tuple[Any, ...]] = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        violations = page.evaluate(RUN)["violations"]
        found += [(name, width, one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append((name, width, f"scrolls sideways: {wide}"))
    return found
