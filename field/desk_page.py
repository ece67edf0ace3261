"""What the desk sees of the field app: acts that somebody has to decide about, and the phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.wording import clock
from field import edits, phones
from field.models import Held, Phone
from people.models import User
from tickets.models import FaultClass

MOST = 50
"""Acts on the page; the oldest first, so that those behind come up as these are decided."""
LAST = 10
"""Decided acts on the page."""
KINDS: dict[str, Any] = {
    "depart": gettext_lazy("Set out"),
    "arrive": gettext_lazy("Check-in"),
    "start": gettext_lazy("Began to work"),
    "finish": gettext_lazy("End of the work"),
    "leave": gettext_lazy("Left the site"),
    "note": gettext_lazy("Note"),
    "photo": gettext_lazy("Photo"),
    "reading": gettext_lazy("Reading"),
    "part": gettext_lazy("Part used"),
    "unused": gettext_lazy("Part not needed"),
    "ask_part": gettext_lazy("Part needed"),
    "sign": gettext_lazy("Signature"),
    "edit": gettext_lazy("Changed field"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An act to be decided. `mine` and `theirs`: both versions of a field; `link`: its ticket, where it has one."""

    held: Held
    what: str
    words: str
    mine: str
    theirs: str
    link: str

    @property
    def is_edit(self) -> bool:
        """Whether two versions of a field stand against each other."""
        return self.held.kind == "edit"


@dataclass(frozen=True, slots=True)
class FieldPage:
    """The page; `more`: acts that stand behind those of the page; `decided`: the last ones, newest first."""

    lines: tuple[Line, ...]
    more: int
    decided: tuple[Line, ...]
    phones: tuple[Phone, ...]
    lost: tuple[tuple[Phone, tuple[str, ...]], ...]


def read(user: User, now: datetime) -> FieldPage:
    """Five queries at most."""
    seen = Held.objects.for_user(user).select_related("person", "hospital", "visit__timeline", "record", "decided_by")
    rows, done = seen.waiting(), list(seen.filter(decided_at__isnull=False).order_by("-decided_at")[:LAST])
    waiting = list(rows[: MOST + 1])
    edited = any(one.kind == "edit" for one in (*waiting, *done))
    names = dict(FaultClass.objects.values_list("code", "name")) if edited else {}
    known = phones.known()
    return FieldPage(
        lines=tuple(_line(one, names, now) for one in waiting[:MOST]),
        more=rows.count() - MOST if len(waiting) > MOST else 0,
        decided=tuple(_line(one, names, now) for one in done),
        phones=tuple(one for one in known if one.revoked_at is None),
        lost=tuple((one, _lost(one, now)) for one in known if one.revoked_at is not None),
    )


def _line(held: Held, names: dict[str, str], now: datetime) -> Line:
    data, timeline = held.record.data, held.visit.timeline
    name = data.get("field", "")
    what = str(edits.FIELDS[name].label) if name in edits.FIELDS else str(KINDS.get(held.kind, held.kind))

    def text(value: str) -> str:
        if name == "next_visit" and value and (at := parse_datetime(value)) is not None:
            return clock(at, now)
        return names.get(value, value) or _("nothing")

    choice = held.kind == "edit"
    return Line(
        held,
        what,
        held.record.body or _said(held),
        text(str(data.get("new", held.body.get("value", "")))) if choice else "",
        text(str(data.get("old", held.body.get("base", "")))) if choice else "",
        timeline.link if timeline else "",
    )


def _said(held: Held) -> str:
    """The words of an act that has no line of text: what was found and done, a reading's value."""
    names = ("found", "done", "value", "name", "serial")
    return " · ".join(str(held.body[name]) for name in names if held.body.get(name))


def _lost(phone: Phone, now: datetime) -> tuple[str, ...]:
    """What had been announced and never came: each with its hour."""
    return tuple(
        f"{KINDS.get(one['kind'], one['kind'])} {clock(at, now)}"
        for one in phone.pending
        if (at := parse_datetime(one["at"])) is not None
    )
