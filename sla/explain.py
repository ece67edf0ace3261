"""Why this deadline? The rule, its version and clause, the calendar, the travel figure, each pause, the sum.

Read from what the deadline was counted with (`Deadline.inputs`), never counted again: it explains the row
that stands, for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sla.facts import Kind
from sla.models import Deadline, PauseReason


@dataclass(frozen=True)
class Line:
    """One line of the sum. `figure` is a time or an addend as shown; the last line is the result."""

    figure: str
    text: str
    detail: str = ""
    is_result: bool = False


@dataclass(frozen=True)
class Explanation:
    """The whole answer, in the reader's language; `notes` are re-targetings and doubts."""

    code: str
    name: str
    clause: str
    version: int
    calendar: str
    calendar_version: int
    due_at: datetime
    is_provisional: bool
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def explain(deadline: Deadline, *, zone: str | None = None, reasons: dict[str, str] | None = None) -> Explanation:
    """Explain one deadline. Times are shown in `zone` (default: the site's).

    `reasons` maps pause codes to names; hand it in when explaining many, else it is read once here.
    """
    site = deadline.timeline.site
    words = _Words(ZoneInfo(zone or (site.timezone if site else "Asia/Shanghai")), deadline.started_at)
    commitment = deadline.commitment
    if reasons is None:
        reasons = dict(PauseReason.objects.values_list("code", "name")) if deadline.inputs["pauses"] else {}
    version = deadline.inputs["calendar"]["version"]
    lines = (
        _start(deadline, words),
        *_addends(deadline),
        *_pauses(deadline, words, reasons),
        Line(words.moment(deadline.due_at), _("due"), _provisional(deadline), is_result=True),
    )
    return Explanation(
        code=deadline.code,
        name=commitment.name,
        clause=commitment.clause,
        version=commitment.version,
        calendar=commitment.calendar.name,
        calendar_version=version,
        due_at=deadline.due_at,
        is_provisional=deadline.is_provisional,
        lines=lines,
        notes=tuple(_notes(deadline, words)),
    )


@dataclass(frozen=True)
class _Words:
    """Times as the reader sees them: with the date only when it is another day than the start's."""

    zone: ZoneInfo
    start: datetime

    def moment(self, at: datetime) -> str:
        local, start = at.astimezone(self.zone), self.start.astimezone(self.zone)
        if local.date() == start.date():
            return f"{local:%H:%M}" if not local.second else f"{local:%H:%M:%S}"
        return f"{local:%m-%d %H:%M}" if local.year == start.year else f"{local:%Y-%m-%d %H:%M}"

    def iso(self, text: str) -> str:
        return self.moment(datetime.fromisoformat(text))


def _start(deadline: Deadline, words: _Words) -> Line:
    inputs = deadline.inputs
    counts_from = datetime.fromisoformat(inputs["counts_from"])
    if counts_from != deadline.started_at and not (inputs["revised"] or {}).get("fixed"):
        started = words.moment(deadline.started_at)
        return Line(
            words.moment(counts_from),
            _("counted from the change"),
            _("The clock started at %(time)s; the tighter target would already have passed.") % {"time": started},
        )
    return Line(words.moment(deadline.started_at), str(Kind(inputs["started_by"]).label))


def _addends(deadline: Deadline) -> Iterable[Line]:
    inputs = deadline.inputs
    revised = inputs["revised"] or {}
    if revised.get("fixed"):
        yield Line("=", _("target set by a manager"), revised["reason"])
        return
    commitment = deadline.commitment
    rule = _("%(clause)s, rule version %(version)s, calendar %(calendar)s version %(number)s") % {
        "clause": commitment.clause,
        "version": commitment.version,
        "calendar": commitment.calendar.name,
        "number": inputs["calendar"]["version"],
    }
    if inputs["days"] == 1 and not inputs["closes_at"]:
        yield Line("+ " + _("until midnight"), commitment.name, rule)
    elif inputs["days"] is not None:
        closes = f"{inputs['closes_at'] // 60:02}:{inputs['closes_at'] % 60:02}"
        text = ngettext("%(days)s working day", "%(days)s working days", inputs["days"]) % {"days": inputs["days"]}
        detail = _("Civil Code art. 201-203: the first day is not counted, until %(time)s of the last.")
        yield Line("+ " + text, commitment.name, detail % {"time": closes} + " " + rule)
    for kind, minutes in inputs["parts"]:
        figure = "+ " + _("%(minutes)s min") % {"minutes": f"{minutes:g}"}
        if kind == "travel":
            yield Line(figure, *_travel(inputs["travel"]))
        elif kind == "band":
            yield Line(figure, _("outer bound for the distance: %(km)s") % {"km": _km(inputs["travel"])}, rule)
        else:
            yield Line(figure, commitment.name, rule)


def _km(travel: dict[str, Any] | None) -> str:
    return _("%(km)s km") % {"km": travel["km"]} if travel else _("no figure on file, the widest band")


def _travel(travel: dict[str, Any] | None) -> tuple[str, str]:
    if travel is None:
        return _("travel"), _("No travel time on file for this site: nothing was added.")
    text = _("travel from %(base)s, %(km)s km") % {"base": travel["base"], "km": travel["km"]}
    if not travel["source"]:
        return text, _("Estimated by distance, since no travel table knows the way; frozen when the clock started")
    return text, _("%(source)s, frozen when the clock started") % {"source": travel["source"]}


def _pauses(deadline: Deadline, words: _Words, reasons: dict[str, str]) -> Iterable[Line]:
    if not deadline.inputs["pauses"] and not deadline.commitment.pause_reasons:
        yield Line("+ 0", _("pauses"), _("This clock is never paused."))
    for start, end, code in deadline.inputs["pauses"]:
        reason = reasons.get(code, code)
        span = f"{words.iso(start)} – {words.iso(end) if end else '…'}"
        if end is None:
            yield Line("+ …", _("paused: %(reason)s") % {"reason": reason}, span)
            continue
        stood = datetime.fromisoformat(end) - datetime.fromisoformat(start)
        yield Line("+ " + _span(stood), _("paused: %(reason)s") % {"reason": reason}, span)


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def _provisional(deadline: Deadline) -> str:
    if not deadline.is_provisional:
        return ""
    return _("Provisional: the official calendar of a year that this reaches into is not published yet.")


def _notes(deadline: Deadline, words: _Words) -> Iterable[str]:
    inputs = deadline.inputs
    revised = inputs["revised"]
    if revised:
        text = _("Re-targeted at %(time)s: %(cause)s.")
        cause = str(Kind(revised["by"]).label) + (f" – {revised['reason']}" if revised["reason"] else "")
        yield text % {"time": words.iso(revised["at"]), "cause": cause}
    if inputs.get("urgent"):
        yield _("Tightened by an urgent response of the contract (B6).")
    if period := inputs.get("critical"):
        text = _("Warned earlier, since the hospital is in a critical period: %(reason)s until %(time)s.")
        yield text % {"reason": period["reason"], "time": words.iso(period["until"])}
    if deadline.is_late_evidence:
        text = _("Met by late evidence: reported only at %(time)s.")
        yield text % {"time": words.iso(inputs["reported_at"])}
    if deadline.is_disputed:
        yield _("The time of the stop is disputed; a team lead has to confirm it.")
