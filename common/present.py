"""What pages hand to the shared components: plain values, already worded for the reader.

A view turns its models into these and stays thin; ``common/templatetags/desk.py`` draws them with
the templates in ``templates/components/``. Nothing here knows a ticket or a deadline. Moments are
aware datetimes (the site's zone is chosen when drawing), spans are seconds, positions are per cent
of a bar's width (0 to 100). Words may be lazy translations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from common import wording
from common.bars import Bar

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as Text

ChipState = Literal["ahead", "running", "soon", "over", "paused", "met", "missed", "superseded"]
StepState = Literal["done", "late", "now", "ahead", "skipped"]
LegState = Literal["done", "late", "now", "over", "ahead", "paused", "skipped", "superseded"]
EntryKind = Literal["public", "hospital", "internal", "call", "system"]
Tone = Literal["act", "ok", "warn", "bad", "off"]

CHIP_ICONS: dict[ChipState, str] = {
    "ahead": "circle-dashed",
    "running": "clock",
    "soon": "hourglass",
    "over": "triangle-alert",
    "paused": "pause",
    "met": "check",
    "missed": "x",
    "superseded": "minus",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One clock in one word: icon, text and, while it counts, the instants the browser needs.

    ``due``: the deadline; ``soon``: when its last warning before the breach falls (running turns to
    soon). With ``counts`` the browser keeps the figure and the state current between refreshes.
    """

    state: ChipState
    text: Text
    due: datetime | None = None
    counts: bool = False
    soon: datetime | None = None

    @property
    def icon(self) -> str:
        """Name of the icon that repeats the state."""
        return CHIP_ICONS[self.state]


def open_chip(due: datetime, now: datetime, soon: datetime | None = None) -> Chip:
    """Chip of a running clock: running, soon or over as ``now`` says; exactly at ``due`` is not over."""
    left = (due - now).total_seconds()
    figure = wording.countdown(left)
    if left < 0:
        return Chip("over", pgettext("clock", "over %(time)s") % {"time": figure}, due, True, soon)
    state: ChipState = "soon" if soon is not None and now >= soon else "running"
    return Chip(state, pgettext("clock", "%(time)s left") % {"time": figure}, due, True, soon)


def closed_chip(margin: float) -> Chip:
    """Chip of a clock that stopped ``margin`` seconds before its deadline (negative: after it)."""
    return Chip("met" if margin >= 0 else "missed", wording.margin(margin))


def paused_chip(remaining: float) -> Chip:
    """Chip of a stopped clock with ``remaining`` seconds on it."""
    text = pgettext("clock", "paused · %(time)s left") % {"time": wording.countdown(remaining)}
    return Chip("paused", text)


def ahead_chip(text: Text = "") -> Chip:
    """Chip of a clock that has not started; ``text`` may say what would start it."""
    return Chip("ahead", text or _("not started"))


@dataclass(frozen=True, slots=True)
class Tag:
    """A state or property in a word or two, e.g. "consultation affected"."""

    text: Text
    icon: str = ""
    tone: Tone = "off"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who answers for something: name, role or team, and how to reach them (both may be empty)."""

    name: str
    role: Text = ""
    phone: str = ""
    message_url: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the progress tracker. ``lines``: the time first, then at most one more line.

    For state ``late`` the last line is the plain bad news and is drawn red.
    """

    label: Text
    state: StepState
    icon: str
    lines: tuple[Text, ...] = ()

    @property
    def node_icon(self) -> str:
        """Icon inside the node: the verdict once it is known, else the step's own."""
        return {"done": "check", "late": "check", "skipped": "minus"}.get(self.state, self.icon)


@dataclass(frozen=True, slots=True)
class Action:
    """A button. ``method`` post draws a form; ``primary`` is the one filled button of its place."""

    text: Text
    url: str
    icon: str = ""
    primary: bool = False
    method: Literal["get", "post"] = "get"
    fields: tuple[tuple[str, str], ...] = ()
    shortcut: str = ""
    confirm: Text = ""


@dataclass(frozen=True, slots=True)
class NextStep:
    """The sentence that says what happens next. ``text`` may be safe HTML with ``<b>`` times.

    ``asks``: it waits for the reader, so it is drawn with a border and carries ``actions``.
    """

    text: Text
    icon: str
    chip: Chip | None = None
    actions: tuple[Action, ...] = ()
    why_url: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class FaultCard:
    """One fault as the hospital sees it, top to bottom."""

    title: str
    place: str
    url: str
    tag: Tag | None
    next: NextStep | None
    steps: tuple[Step, ...]
    owner: Holder | None


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line of "why this deadline?": figure, what it is, where it comes from; ``result`` ends it."""

    figure: str
    text: Text
    detail: Text = ""
    result: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One promise of the chain: name and clause, both times, who holds it, and how far it is.

    ``since``: what it started from. ``why``: the sentence that names what lost the time. ``explanation`` and ``notes``
    (rules that lost, re-targetings) fill "why this deadline?", open under the leg that runs now.
    """

    name: Text
    clause: str
    chip: Chip
    state: LegState
    icon: str
    since: Text = ""
    promised: Text = ""
    actual: Text = ""
    expected: Text = ""
    holder: Holder | None = None
    bar: Bar | None = None
    why: Text = ""
    explanation: tuple[SumLine, ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def node_icon(self) -> str:
        """Icon inside the node: pause and not needed replace the leg's own."""
        return {"paused": "pause", "skipped": "minus", "superseded": "minus"}.get(self.state, self.icon)


@dataclass(frozen=True, slots=True)
class GoverningClock:
    """The clock that bites next, drawn large: its chip, the line from start to deadline, its holder.

    ``bar.reached`` is now, ``bar.expected`` the expected end, ``bar.limit`` the deadline.
    """

    name: Text
    chip: Chip
    bar: Bar
    started: Text
    now: Text
    promised: Text
    expected: Text = ""
    margin: Text = ""
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file hanging on an entry."""

    name: str
    url: str
    icon: str = "paperclip"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timeline. ``tone`` colours the ring of a system fact: ``clock`` changed a
    clock, ``breach`` broke a promise. ``body`` is plain text; line breaks are kept."""

    kind: EntryKind
    at: datetime
    who: str = ""
    role: Text = ""
    body: Text = ""
    tags: tuple[Tag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    chip: Chip | None = None
    tone: Literal["", "clock", "breach"] = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice of a filter row, with how many it holds (``None``: not counted; "999+": counted so far)."""

    text: Text
    url: str
    count: int | str | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """The wall's line of one promise, in per cent of the window's width.

    ``now`` is the same in every row; ``due`` lies left of it when the deadline has passed;
    ``expected`` is ``None`` while nobody has said when it will be done. ``on_axis`` gives them.
    """

    now: float
    due: float
    expected: float | None = None
    label: Text = ""

    @property
    def start(self) -> float:
        """Left end of the solid or striped line."""
        return min(self.now, self.due)

    @property
    def end(self) -> float:
        """Right end of the line: the forecast, or the deadline (or now, when that has passed)."""
        if self.due < self.now:
            return self.now
        return self.due if self.expected is None else min(self.expected, self.due)

    @property
    def label_at(self) -> float:
        """Where the label starts: behind everything drawn."""
        return max(self.now, self.due, self.expected or 0.0)


# Room left of "now" for what is overdue, and right of the last tick for its label.
AXIS_NOW, AXIS_END = 6.0, 94.0


def on_axis(moment: datetime, now: datetime, window: float = 3600.0) -> float:
    """Where ``moment`` stands on the wall's axis: ``now`` at 6 %, ``window`` seconds later at 94 %."""
    share = (moment - now).total_seconds() / window
    return round(min(max(AXIS_NOW + share * (AXIS_END - AXIS_NOW), 0.0), 100.0), 1)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many a contract year: how many are used, booked, and left; `done`: all that was owed is done.

    `note` stands under the pips: the last use, the next booking.
    """

    name: Text
    used: int
    granted: int
    booked: int = 0
    done: bool = False
    note: Text = ""

    @property
    def left(self) -> int:
        """What nobody has used or booked."""
        return max(self.granted - self.used - self.booked, 0)


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking on a board of hours, with `at`, the time from which somebody is there.

    `left` and `width` are in per cent of the board, `way` (there) in per cent of the slot.
    """

    url: str
    at: Text
    text: Text
    tag: Tag
    left: float
    width: float
    way: float


WallVerdict = Literal["over", "late", "risk", "ok", "unknown"]
WALL_ICONS: dict[WallVerdict, str] = {
    "over": "triangle-alert",
    "late": "triangle-alert",
    "risk": "hourglass",
    "ok": "check",
    "unknown": "circle-question-mark",
}


@dataclass(frozen=True, slots=True)
class WallRow:
    """One promise on the wall: what, the axis, the verdict in words, who can save it, one act."""

    title: str
    promise: Text
    url: str
    verdict: WallVerdict
    verdict_text: Text
    rescue: Text
    axis: Axis
    action: Action | None = None
    followed_by: Text = ""
    followed_since: Text = ""

    @property
    def icon(self) -> str:
        """Name of the icon that repeats the verdict."""
        return WALL_ICONS[self.verdict]


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the main navigation."""

    text: Text
    url: str
    icon: str
    current: bool = False
    count: int | None = None
    shortcut: str = ""
