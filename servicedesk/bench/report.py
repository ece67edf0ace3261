"""Figures with their goals and floors, as one JSON and as a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from servicedesk.bench.timing import Times


@dataclass(frozen=True)
class Figure:
    """One measured thing. `goal` is a most, or with `at_least` a least; `value` is what is held against it.

    `floor` is what the machine does at its best in the same unit, `floor_of` says of what.
    """

    name: str
    unit: str
    value: float
    p50: float | None = None
    p95: float | None = None
    goal: float | None = None
    at_least: bool = False
    floor: float | None = None
    floor_of: str = ""

    @property
    def met(self) -> bool | None:
        """None: there is no goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        """The figure with its verdict, numbers rounded to four digits that count."""
        fields = {**asdict(self), "met": self.met}
        return {name: _rounded(value) for name, value in fields.items()}


def of_times(name: str, times: Times, **more: Any) -> Figure:
    """A figure in ms whose value is the 95th percentile."""
    return Figure(name, "ms", times.p95, p50=times.p50, p95=times.p95, **more)


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def markdown(run: dict[str, Any]) -> str:
    """The table of a run's JSON."""
    machine = run["machine"]
    lines = [
        f"Measured {run['date'][:10]} with {run['tickets']:,} tickets ({run['database_gb']} GB) on {machine['cores']}"
        f" cores of {machine['cpu']}, {machine['memory_gb']} GB; PostgreSQL {machine['postgresql']},"
        f" Python {machine['python']}.",
        "",
        "| figure | p50 | value (times: p95) | goal | | floor |",
        "|---|---:|---:|---:|---|---|",
    ]
    return "\n".join([*lines, *map(_row, run["figures"])]) + "\n"


def _row(figure: dict[str, Any]) -> str:
    goal = "" if figure["goal"] is None else f"{'≥' if figure['at_least'] else '≤'} {figure['goal']:g}"
    verdict = {None: "", True: "met", False: "**missed**"}[figure["met"]]
    floor = "" if figure["floor"] is None else f"{figure['floor']:g} ({figure['floor_of']})"
    p50 = "" if figure["p50"] is None or "/s" in figure["unit"] else f"{figure['p50']:g}"
    value = f"{figure['value']:g} {figure['unit']}"
    return f"| {figure['name']} | {p50} | {value} | {goal} | {verdict} | {floor} |"
