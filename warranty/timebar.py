"""Coverage over the years: the contracts of a hospital and the warranties of its devices as bars on one scale.

A bar and its row of the table are the same `Span`, so chart and figures cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext as _

from devices.models import Device
from warranty.cases import covers
from warranty.coverage import Outcome, Verdict
from warranty.models import Contract

Look = Literal["free", "paid", "warranty", "draft"]
MOST_GROUPS = 8
"""Warranties that end on as many days are drawn apart; further ones are one bar."""
PAST, AHEAD = 8, 8
"""Years before and after today that the scale reaches at most."""
Judged = Sequence[tuple[Device, Verdict]]


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until`, both included, `devices` are covered. `left` and `width`: per cent of the scale."""

    look: Look
    name: str
    clause: str
    since: date
    until: date
    devices: int
    left: float
    width: float
    contract: Contract | None = None
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the scale and where it begins, in per cent."""

    number: int
    left: float


@dataclass(frozen=True, slots=True)
class Timebar:
    """The chart: its years, where today is (per cent), its bars from the top, and devices without any date."""

    years: tuple[Year, ...]
    today: float
    spans: tuple[Span, ...]
    undated: int


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def at(self, day: date) -> float:
        """Where `day` begins, kept on the scale."""
        share = (day - self.first).days / ((self.last - self.first).days + 1) * 100
        return round(min(max(share, 0.0), 100.0), 2)


def draw(contracts: Iterable[Contract], judged: Judged, today: date, *, of: Contract | None = None) -> Timebar:
    """The chart of a hospital's contracts and devices in use; `of` is the contract whose page it stands on."""
    rows = list(contracts)
    groups, undated = _warranties(judged)
    days = [day for one in rows for day in (one.starts_on, one.ends_on)]
    days += [day for _clause, since, until in groups for day in (since, until)]
    scale = _scale(days, today)
    spans = [_of_contract(one, judged, scale, one == of) for one in rows]
    spans += _of_devices(groups, scale)
    numbers = range(scale.first.year, scale.last.year + 1)
    years = tuple(Year(number, scale.at(date(number, 1, 1))) for number in numbers)
    return Timebar(years, scale.at(today), tuple(spans), undated)


def _scale(days: Iterable[date], today: date) -> _Scale:
    """Whole years around every day, but no farther from today than a reader cares for."""
    years = [min(max(day.year, today.year - PAST), today.year + AHEAD) for day in (*days, today)]
    return _Scale(date(min(years), 1, 1), date(max(years), 12, 31))


def _span(scale: _Scale, look: Look, name: str, clause: str, since: date, until: date, devices: int) -> Span:
    left, right = scale.at(since), scale.at(until + timedelta(days=1))
    return Span(look, name, clause, since, until, devices, left, round(right - left, 2))


def _of_contract(contract: Contract, judged: Judged, scale: _Scale, is_current: bool) -> Span:
    look: Look = "draft" if contract.activated_at is None else "free" if contract.phase == "free" else "paid"
    covered = sum(1 for device, _verdict in judged if covers(contract, device))
    span = _span(scale, look, contract.number, contract.clause, contract.starts_on, contract.ends_on, covered)
    return Span(
        *(span.look, f"{span.name} · {contract.get_phase_display()}", span.clause, span.since, span.until),
        *(span.devices, span.left, span.width, contract, is_current),
    )


def _warranties(judged: Judged) -> tuple[Counter[tuple[str, date, date]], int]:
    """Clause, first and last day of a warranty → how many devices have it; and how many have no date on file."""
    groups: Counter[tuple[str, date, date]] = Counter()
    undated = 0
    for _device, verdict in judged:
        links = [link for link in verdict.chain if link.source == "term" and link.outcome == Outcome.FREE]
        dated = [link for link in links if link.until is not None]
        undated += bool(links) and not dated
        for link in dated[:1]:
            assert link.until is not None
            groups[link.clause, link.since or link.until, link.until] += 1
    return groups, undated


def _of_devices(groups: Counter[tuple[str, date, date]], scale: _Scale) -> list[Span]:
    """The largest groups by the day on which they end, and what is left of them as one."""
    largest = groups.most_common(MOST_GROUPS)
    spans = [_span(scale, "warranty", _("Warranty"), *about, count) for about, count in largest]
    spans.sort(key=lambda span: (span.until, span.since))
    rest = groups.most_common()[MOST_GROUPS:]
    if rest:
        since, until = min(about[1] for about, _n in rest), max(about[2] for about, _n in rest)
        count = sum(number for _about, number in rest)
        spans.append(_span(scale, "warranty", _("Warranties of other days"), "", since, until, count))
    return spans
