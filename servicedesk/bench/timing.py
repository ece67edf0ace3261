"""Times and what is read from them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Times:
    """Milliseconds of the same thing done again and again."""

    ms: list[float]

    def percentile(self, share: float) -> float:
        """The time within which `share` per cent of them stayed (nearest rank)."""
        ranked = sorted(self.ms)
        return ranked[max(math.ceil(len(ranked) * share / 100) - 1, 0)]

    @property
    def p50(self) -> float:
        return self.percentile(50)

    @property
    def p95(self) -> float:
        return self.percentile(95)


def timed(do: Callable[[], Any], repeats: int) -> Times:
    """Do it `repeats` times."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        do()
        found.append((time.perf_counter() - started) * 1000)
    return Times(found)
