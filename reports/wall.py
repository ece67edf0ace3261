"""The wall: what breaks in the next 60 minutes, whether it can still be kept, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.present import AXIS_NOW, Action, Axis, WallRow, WallVerdict, on_axis
from common.wording import duration
from people.access import may
from people.models import User
from people.roster import Duty as Post
from people.roster import Roster, who
from reports import figures
from sla.escalation import Duty, label
from sla.models import Deadline, Page
from sla.present import is_over, soon_at
from tickets import priorities, urgent
from tickets.board import counted
from tickets.models import Ticket
from tickets.queue import Tab

TICK = timedelta(minutes=10)


@dataclass(frozen=True)
class Figure:
    """One box above the table. `tone` is bad, warn, ok or act; `count` may end in "999+"."""

    tone: str
    icon: str
    count: int | str | None
    text: str
    small: str
    url: str = ""


@dataclass(frozen=True)
class Call:
    """A past or coming call: when, whose clock, who; `answered` None: not asked."""

    at: datetime
    text: str
    people: str
    answered: bool | None = None


@dataclass(frozen=True)
class Wall:
    """Everything on the page."""

    figures: tuple[Figure, ...]
    ticks: tuple[tuple[float, datetime], ...]
    rows: tuple[WallRow, ...]
    last_pages: tuple[Call, ...]
    next_calls: tuple[Call, ...]
    duty: tuple[Post, ...]


@dataclass(frozen=True)
class Clock:
    """A pressing deadline with its ticket and the forecast of its end (None: nobody has said one)."""

    row: Deadline
    ticket: Ticket | None
    now: datetime

    @property
    def over(self) -> bool:
        return is_over(self.row, self.now)

    @property
    def expected(self) -> datetime | None:
        if self.row.code in {"onsite", "onsite_bound", "urgent"} and self.ticket is not None:
            return self.ticket.expected_arrival_at
        return None

    @property
    def margin(self) -> float | None:
        """Seconds between the forecast and the deadline; negative: it will be missed."""
        return (self.row.due_at - self.expected).total_seconds() if self.expected else None

    @property
    def left(self) -> float:
        return (self.row.due_at - self.now).total_seconds()

    @property
    def holder(self) -> User | None:
        return self.row.timeline.assignee or self.row.timeline.owner


def build(user: User, now: datetime) -> Wall:
    """The wall as `user` may see it at `now`: a bounded number of queries and rows."""
    pressing, calling = figures.clocks(now)
    tickets = figures.tickets_of(pressing)
    clocks = [Clock(row, tickets.get(row.timeline_id), now) for row in pressing]
    roster = Roster.load(now, now + timedelta(days=1))
    duty = Duty(now, roster)
    return Wall(
        figures=_figures(clocks, now),
        ticks=tuple((on_axis(now + TICK * n, now), now + TICK * n) for n in range(7)),
        rows=tuple(_row(clock, duty, user) for clock in clocks),
        last_pages=tuple(_past(page) for page in figures.last_pages()),
        next_calls=tuple(call for row in calling if (call := _coming(row, duty))),
        duty=tuple(who(now, roster)),
    )


def _figures(clocks: Sequence[Clock], now: datetime) -> tuple[Figure, ...]:
    local = timezone.localtime(now)
    count = figures.load(now, local.replace(hour=23, minute=59, second=59))
    margins = [clock.margin for clock in clocks if clock.margin is not None and not clock.over]
    kept, lost = [m for m in margins if m >= 0], [m for m in margins if m < 0]
    followed = sum(clock.over and clock.row.acknowledged_by_id is not None for clock in clocks)
    queue = reverse("console:queue")
    soonest = count.next_unfollowed_at
    return (
        Figure(
            "bad" if count.over else "ok",
            "triangle-alert",
            counted(count.over),
            _("over"),
            _("%(count)s followed up") % {"count": followed},
            f"{queue}?tab={Tab.OVER}",
        ),
        Figure(
            "warn",
            "hourglass",
            counted(count.soon),
            _("due within 60 min"),
            _("%(count)s more today") % {"count": counted(count.later_today)},
            f"{queue}?tab={Tab.SOON}",
        ),
        Figure(
            "bad" if count.unfollowed else "ok",
            "hand",
            counted(count.unfollowed),
            _("nobody on it"),
            _("the nearest in %(time)s") % {"time": duration((soonest - now).total_seconds())} if soonest else "",
            f"{queue}?tab={Tab.UNASSIGNED}",
        ),
        Figure("bad" if lost else "ok", "x", len(lost), _("will be missed"), _("by the forecast")),
        Figure(
            "ok",
            "check",
            len(kept),
            _("will be kept"),
            _("smallest margin %(time)s") % {"time": duration(min(kept))} if kept else _("no forecast yet"),
        ),
        Figure(
            "act", "pause", counted(count.paused), _("paused"), _("each with a reason"), f"{queue}?tab={Tab.WAITING}"
        ),
    )


def _row(clock: Clock, duty: Duty, user: User) -> WallRow:
    row, verdict = clock.row, _verdict(clock)
    ticket, timeline = clock.ticket, clock.row.timeline
    hospital = timeline.hospital.short_name or timeline.hospital.name
    words = [row.commitment.name, row.commitment.clause]
    if ticket is not None:
        flag = str(urgent.NAME) if ticket.is_urgent else ""
        words += [ticket.number, flag, priorities.critical_words(ticket, clock.now)]
    follower = row.acknowledged_by
    since = f"{timezone.localtime(row.acknowledged_at):%H:%M}" if row.acknowledged_at else ""
    return WallRow(
        title=f"{hospital} · {ticket.title if ticket else timeline.subject}",
        promise=" · ".join(word for word in words if word),
        url=timeline.link,
        verdict=verdict,
        verdict_text=_verdict_text(clock, verdict),
        rescue=_rescue(clock, duty),
        axis=_axis(clock),
        action=None if follower or not may(user, "sla.acknowledge") else _follow(row, verdict),
        followed_by=_("%(name)s follows up") % {"name": follower.name} if follower else "",
        followed_since=_("acknowledged %(time)s") % {"time": since} if follower else "",
    )


def _follow(row: Deadline, verdict: WallVerdict) -> Action:
    return Action(
        text=_("I take it on"),
        url=reverse("sla:acknowledge", args=[row.pk]),
        icon="hand",
        primary=verdict in {"over", "late", "risk"},
        method="post",
        fields=(("next", reverse("wall")),),
    )


def _verdict(clock: Clock) -> WallVerdict:
    if clock.over:
        return "over"
    if clock.margin is not None:
        return "ok" if clock.margin >= 0 else "late"
    soon = soon_at(clock.row)
    if soon is not None and clock.now >= soon:
        return "risk"
    return "unknown"


def _verdict_text(clock: Clock, verdict: WallVerdict) -> str:
    span = duration(abs(clock.left))
    if verdict == "over":
        if clock.expected is not None and clock.expected > clock.now:
            arrival = f"{timezone.localtime(clock.expected):%H:%M}"
            return _("%(time)s over, expected %(arrival)s") % {"time": span, "arrival": arrival}
        return _("%(time)s over") % {"time": span}
    if clock.margin is not None:
        text = _("will be kept, %(time)s to spare") if verdict == "ok" else _("will be missed by %(time)s")
        return text % {"time": duration(abs(clock.margin))}
    if clock.holder is None:
        return _("nobody on it, %(time)s left") % {"time": span}
    return _("%(time)s left, no result yet") % {"time": span} if verdict == "risk" else _("no forecast yet")


def _rescue(clock: Clock, duty: Duty) -> str:
    """Who can still keep the promise, and by what act."""
    acts = {
        "response": _("one call or answer keeps it"),
        "remote": _("solve it, or declare the remote repair failed"),
        "onsite": _("send whoever is nearest, then check in"),
        "onsite_bound": _("an engineer has to be at the door"),
        "urgent": _("an engineer has to be at the door, or it has to be solved"),
        "update": _("write one update that the hospital can see"),
        "fix": _("solve it, or ask for a spare part"),
    }
    act = acts.get(clock.row.code, "")
    holder = clock.holder
    if holder is not None:
        return f"{holder.name} · {act}"
    names = "、".join(person.name for person in duty.on_duty("operator", clock.row.timeline))
    if not names:
        return _("nobody is on duty")
    return _("on duty: %(names)s") % {"names": names} + f" · {act}"


def _axis(clock: Clock) -> Axis:
    due = timezone.localtime(clock.row.due_at)
    expected = on_axis(clock.expected, clock.now) if clock.expected and not clock.over else None
    words = f"{due:%H:%M}"
    if clock.over:
        words = _("due %(time)s") % {"time": words}
    elif clock.margin is not None and clock.margin < 0 and clock.expected:
        arrival = f"{timezone.localtime(clock.expected):%H:%M}"
        words = _("due %(due)s · expected %(expected)s") % {"due": words, "expected": arrival}
    return Axis(now=AXIS_NOW, due=on_axis(clock.row.due_at, clock.now), expected=expected, label=words)


def _past(page: Page) -> Call:
    deadline = page.deadline
    hospital = deadline.timeline.hospital
    text = f"{hospital.short_name or hospital.name} {deadline.commitment.name} {page.label}"
    names = "、".join(page.names)
    stopped = deadline.state not in {Deadline.State.RUNNING, Deadline.State.PAUSED}
    return Call(page.fired_at, text, names, answered=stopped or deadline.acknowledged_by_id is not None)


def _coming(row: Deadline, duty: Duty) -> Call | None:
    """The next milestone of a clock, and whom it would reach with the roster of now."""
    ahead = next((m for m in row.milestones if m["step"] > row.last_step), None)
    if ahead is None or row.next_action_at is None:
        return None
    hospital = row.timeline.hospital
    names = "、".join(person.name for person in duty.people(ahead["roles"], row.timeline))
    text = f"{hospital.short_name or hospital.name} {row.commitment.name} {label(ahead)}"
    return Call(row.next_action_at, text, names or _("nobody on duty"))
