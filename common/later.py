"""Packages that few requests need and that are heavy: loaded when something of them is first used.

if TYPE_CHECKING:
    import typst
else:
    typst = Later("typst")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for a package. Threads that come first wait for each other, as at every import."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
