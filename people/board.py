"""The roster as a picture: days across, one row per post, a bar per stretch of duty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from people.models import Region, Role
from people.roster import Gap, Roster, Segment, gaps_of

DAYS = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of duty; `left` and `width` are per cent of the board's width. `kind`: duty, override, gap, off."""

    names: str
    start: datetime
    end: datetime
    left: float
    width: float
    kind: str
    reason: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether a name hardly fits into the bar."""
        return self.width < 5


@dataclass(frozen=True, slots=True)
class Row:
    """A post and its bars in order. `region` None: every region without its own roster."""

    role: str
    region: Region | None
    bars: tuple[Bar, ...]

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


@dataclass(frozen=True, slots=True)
class Board:
    """`days` are local midnights; `now` is per cent of the width, None when it lies outside."""

    start: datetime
    end: datetime
    days: tuple[datetime, ...]
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    now: float | None


def draw(first: datetime, now: datetime, regions: Iterable[Region]) -> Board:
    """The board of `DAYS` days from the local midnight of `first`; gaps that are over are not counted."""
    regions = list(regions)
    start = timezone.localtime(first).replace(hour=0, minute=0, second=0, microsecond=0)
    days = tuple(start + timedelta(days=number) for number in range(DAYS))
    end = start + timedelta(days=DAYS)
    roster = Roster.load(start, end)
    rows = tuple(
        Row(role, region, tuple(_bars(roster, role, region, start, end))) for role, region in roster.posts(regions)
    )
    ahead = max(start, now)
    found = gaps_of(roster, regions, ahead, end) if ahead < end else []
    here = (now - start) / (end - start) * 100
    return Board(start, end, days, rows, tuple(found), here if 0 <= here < 100 else None)


def _bars(roster: Roster, role: str, region: Region | None, start: datetime, end: datetime) -> Iterable[Bar]:
    always_on = roster.is_always_on(role)
    for segment in roster.segments(role, region.pk if region else None, start, end):
        yield Bar(
            names=" · ".join(person.name for person in segment.people),
            start=timezone.localtime(segment.start),
            end=timezone.localtime(segment.end),
            left=(segment.start - start) / (end - start) * 100,
            width=(segment.end - segment.start) / (end - start) * 100,
            kind=_kind(segment, always_on),
            reason=" · ".join(row.reason for row in segment.overrides if row.reason),
        )


def _kind(segment: Segment, always_on: bool) -> str:
    if not segment.people:
        return "gap" if always_on else "off"
    return "override" if segment.overrides else "duty"
