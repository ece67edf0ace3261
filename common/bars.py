"""The bar of a clock: how much of it is used, and where its words stand. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """Drawn parts of a bar, each the per cent where that part ends; ``limit`` carries the flag.

    Done runs from 0, the forecast (stripes) from done, the late part (hatched) from the limit. ``reached`` and
    ``expected`` are where the moments themselves lie, beyond the limit too: words beside the bar stand there.
    """

    done: float = 0.0
    forecast: float = 0.0
    late: float = 0.0
    limit: float = 100.0
    reached: float = 0.0
    expected: float = 0.0


def bar_between(start: datetime, due: datetime, reached: datetime | None, expected: datetime | None = None) -> Bar:
    """Bar of a clock from ``start`` to ``due``, used up to ``reached``, expected to end at ``expected``.

    It is scaled to its own limit, or to the later of the other two when that lies beyond.
    """
    end = max(moment for moment in (due, reached, expected) if moment is not None)
    whole = max((end - start).total_seconds(), 1.0)

    def position(moment: datetime | None) -> float:
        """Per cent of the way from start to end, kept on the bar."""
        if moment is None:
            return 0.0
        return round(min(max((moment - start).total_seconds() / whole * 100, 0.0), 100.0), 1)

    limit, done, forecast = position(due), position(reached), position(expected)
    late = max(done, forecast) if max(done, forecast) > limit else 0.0
    return Bar(min(done, limit), min(forecast, limit), late, limit, reached=done, expected=forecast)
