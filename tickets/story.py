"""A ticket's story as the company reads it: words, calls, changes and pages, with filters that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common import wording
from common.present import Attachment, Chip, Entry, EntryKind, Tag, closed_chip
from sla.models import Deadline, Page
from tickets.chain_legs import ICONS
from tickets.clocks import Clocks
from tickets.models import Ticket, TicketEvent
from visits.models import Visit
from warranty.wording import OUTCOMES

E = TicketEvent.EventKind

KINDS: dict[str, EntryKind] = {
    E.FILED: "hospital", E.WORDS: "hospital", E.ANSWER: "public", E.SOLVED: "public", E.NOTE: "internal",
    E.CALL: "call", E.SOLVED_HERE: "hospital",
}  # fmt: skip
"""Events that carry people's words; all others are facts of one line."""

SHOW: dict[str, tuple[Any, frozenset[EntryKind]]] = {
    "all": (pgettext_lazy("events", "All"), frozenset({"public", "hospital", "internal", "call", "system"})),
    "public": (gettext_lazy("Hospital sees"), frozenset({"public", "hospital"})),
    "internal": (gettext_lazy("Internal"), frozenset({"internal"})),
    "call": (gettext_lazy("Calls"), frozenset({"call"})),
    "system": (gettext_lazy("System"), frozenset({"system"})),
}
"""Filter → its name and the kinds of entry it lets through."""

STOPS_LEGS = {E.ANSWER, E.CALL, E.REMOTE_FAILED, E.REMOTE_LIMIT, E.ARRIVED, E.SOLVED}
"""Events that can have stopped a leg of the chain: they carry its verdict."""
MOVES_CLOCKS = {
    E.REMOTE_FAILED, E.REMOTE_LIMIT, E.ARRIVED, E.WAITING, E.RESUMED, E.REOPENED, E.CANCELLED, E.PRIORITY,
    E.FAULT_CLASS, E.RETARGETED, E.EVIDENCE, E.PASSED_ON, E.URGENT,
}  # fmt: skip


def entries(clocks: Clocks, events: Iterable[TicketEvent], now: datetime) -> list[Entry]:
    """Everything that happened, newest first."""
    verdicts = _verdicts(clocks.deadlines)
    told = [_event(clocks.ticket, event, verdicts, now) for event in events]
    sent = [(row, page) for row in clocks.deadlines for page in clocks.pages.get(row.pk, ())]
    paged = [_page(row, page) for row, page in sorted(sent, key=lambda pair: -pair[1].pk)]
    return sorted(told + paged, key=lambda entry: entry.at, reverse=True)


def counted(found: Iterable[Entry]) -> dict[str, int]:
    """Filter → how many entries it lets through."""
    kinds = Counter(entry.kind for entry in found)
    return {show: sum(kinds[kind] for kind in lets) for show, (_name, lets) in SHOW.items()}


def shown(found: Iterable[Entry], show: str) -> list[Entry]:
    """The entries that the filter `show` lets through."""
    return [entry for entry in found if entry.kind in SHOW[show][1]]


def _verdicts(deadlines: Iterable[Deadline]) -> dict[datetime, Chip]:
    """Instant → how early or late the leg was that stopped then."""
    return {
        row.stopped_at: closed_chip(float(row.margin_seconds))
        for row in deadlines
        if row.code in ICONS and row.stopped_at is not None and row.margin_seconds is not None
    }


def _event(ticket: Ticket, event: TicketEvent, verdicts: dict[datetime, Chip], now: datetime) -> Entry:
    stopped = event.kind in STOPS_LEGS
    chip = (verdicts.get(event.at) or verdicts.get(event.recorded_at)) if stopped else None
    kind: EntryKind = KINDS.get(event.kind, "system")
    if kind == "system":
        tone: Literal["", "clock"] = "clock" if event.kind in MOVES_CLOCKS else ""
        return Entry("system", event.at, body=sentence(event, now), chip=chip, tone=tone, attachments=_files(event))
    return Entry(
        kind,
        event.at,
        who=_speaker(ticket, event),
        role=_role(ticket, event),
        body=event.body or (ticket.title if event.kind == E.FILED else ""),
        tags=_tags(event),
        attachments=_files(event),
        chip=chip,
    )


def _speaker(ticket: Ticket, event: TicketEvent) -> str:
    if event.kind == E.FILED:
        return ticket.contact_name or (ticket.reporter.name if ticket.reporter else "")
    return event.by.name if event.by else _("Service desk")


def _role(ticket: Ticket, event: TicketEvent) -> str:
    if event.kind == E.FILED:
        return str(ticket.get_channel_display())
    if event.by is None:
        return ""
    if event.by_id == ticket.owner_id:
        return _("first contact")
    return event.by.title or str(event.by.get_role_display())


def _tags(event: TicketEvent) -> tuple[Tag, ...]:
    if event.kind == E.SOLVED:
        return (Tag(_("solved"), "circle-check", "ok"),)
    if event.kind != E.CALL:
        return ()
    seconds, reason = event.data.get("seconds"), event.data.get("hang_up_reason")
    tags = [Tag(wording.duration(seconds), "phone")] if seconds else []
    if not event.is_public:
        tags.append(Tag(_("not answered"), "phone-missed", "warn"))
    if reason:
        tags.append(Tag(_("Ended unsolved: %(reason)s") % {"reason": reason}, "phone-off", "warn"))
    return tuple(tags)


def _files(event: TicketEvent) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            file["name"],
            reverse("ticket-file", args=[file["key"]]),
            "image" if file["type"].startswith("image/") else "paperclip",
        )
        for file in event.attached
    )


def _page(row: Deadline, page: Page) -> Entry:
    """A page that went out, as one line; red once the promise was broken."""
    names = "、".join(page.names)
    text = _("%(clock)s, %(label)s: told %(names)s") if names else _("%(clock)s, %(label)s: nobody was on duty")
    body = text % {"clock": row.commitment.name, "label": page.label, "names": names}
    if page.late_seconds >= 60:
        body += " · " + _("%(span)s late") % {"span": wording.duration(page.late_seconds)}
    return Entry("system", page.fired_at, body=body, tone="breach" if page.due_at >= row.due_at else "")


def sentence(event: TicketEvent, now: datetime) -> str:
    """A change in one line: what, who, and the reason that was given."""
    what, by = _what(event, now), event.by.name if event.by else ""
    parts = (what, "" if by in what else by, event.body.replace("\n", " "))
    return " · ".join(part for part in parts if part)


def _what(event: TicketEvent, now: datetime) -> str:
    """The change itself, with its old and new values."""
    data = event.data
    names = {"old": data.get("old") or _("nobody"), "to": data.get("to") or _("nobody")}
    if event.kind == E.OWNER:
        return OWNER_STEPS[data.get("step", "named")] % names
    if event.kind == E.ASSIGNED:
        return (_("Assigned: %(old)s → %(to)s") if data.get("old") else _("Assigned to %(to)s")) % names
    if event.kind in {E.PRIORITY, E.FAULT_CLASS, E.RETARGETED}:
        old, new = (_value(data.get(key), now) for key in ("old", "new"))
        return wording.labelled(event.get_kind_display(), f"{old} → {new}" if old else new)
    if event.kind == E.EDITED:
        fields = " · ".join(f"{FIELDS.get(name, name)}: {old} → {new}" for name, (old, new) in data["changes"].items())
        return f"{event.get_kind_display()} · {fields}"
    if event.kind == E.VERDICT:
        old, new = data.get("old"), str(OUTCOMES[data["new"]])
        said = f"{OUTCOMES[old]} → {new}" if old else new
        return wording.labelled(event.get_kind_display(), f"{said} {data['clause']}".strip())
    if event.kind == E.VISIT:
        return " · ".join((str(event.get_kind_display()), *_visit(data, now)))
    if event.kind == E.PART:
        return " · ".join((str(event.get_kind_display()), *_part(data, now)))
    return str(event.get_kind_display()) + _detail(event, now)


def _part(data: dict[str, Any], now: datetime) -> Iterator[str]:
    """A step of a request for parts: its number, what it is for, what happened, when it is expected."""
    yield data["request"]
    if data["parts"]:
        yield data["parts"]
    yield str(PART_STEPS[data["how"]]) % data
    if at := data["until"] or data["expected_at"]:
        yield (_("by %(time)s") if data["until"] else _("expected %(time)s")) % {"time": _value(at, now)}


def _visit(data: dict[str, Any], now: datetime) -> list[str]:
    """What was planned or done about a visit: who, when, what came of it."""
    at = _("on site at %(time)s") % {"time": _value(data["starts_at"], now)} if data.get("starts_at") else ""
    outcome = Visit.Outcome(data["outcome"]).label if data.get("outcome") else ""
    said = (VISIT_STEPS[data["how"]], data.get("to", ""), at, outcome, data.get("who", ""))
    return [str(part) for part in said if part]


def _detail(event: TicketEvent, now: datetime) -> str:
    """What some changes add: an expected arrival, a reason to wait, how it was closed, which round."""
    data = event.data
    if at := data.get("expected_at"):
        return " · " + _("expected %(time)s") % {"time": _value(at, now)}
    if event.kind == E.WAITING:
        until = _("until %(time)s") % {"time": _value(data["until"], now)} if data.get("until") else ""
        return "".join(f" · {part}" for part in (data.get("reason", ""), until) if part)
    if event.kind == E.ARRIVED and data.get("disputed"):
        return " · " + _("late evidence, to be confirmed")
    if event.kind == E.CLOSED:
        return f" · {CLOSED_BY[data['how']]}" if data.get("how") in CLOSED_BY else ""
    if event.kind == E.REOPENED:
        return " · " + _("round %(number)s") % {"number": data.get("cycle", "")}
    if event.kind == E.QUOTE:
        said = (data["quote"], f"CNY {data['total']}", str(QUOTE_STEPS[data["how"]]), data.get("name", ""))
        return " " + " · ".join(part for part in said if part)
    if event.kind == E.REPORT:
        return f" · {data['code']}"
    if event.kind == E.URGENT:
        return f" · {URGENT[data['how']] % data}"
    if event.kind == E.EVIDENCE:
        return " · " + (_("it counts") if data.get("accepted") else _("it does not count"))
    return ""


OWNER_STEPS = {
    "named": gettext_lazy("First-contact owner: %(to)s"),
    "offered": gettext_lazy("First contact offered to %(to)s"),
    "accepted": gettext_lazy("First contact: %(old)s → %(to)s, accepted"),
    "declined": gettext_lazy("%(to)s declined first contact"),
}
QUOTE_STEPS = {
    "drafted": gettext_lazy("draft saved"),
    "discarded": gettext_lazy("draft discarded"),
    "sent": gettext_lazy("sent"),
    "accepted": gettext_lazy("accepted"),
    "declined": gettext_lazy("declined"),
    "expired": gettext_lazy("expired without an answer"),
    "withdrawn": gettext_lazy("taken back"),
}
VISIT_STEPS = {
    "planned": gettext_lazy("planned"),
    "moved": gettext_lazy("moved"),
    "reassigned": gettext_lazy("given to somebody else"),
    "called_off": gettext_lazy("called off"),
    "started": gettext_lazy("work began"),
    "finished": gettext_lazy("work ended"),
    "signed": gettext_lazy("signed"),
    "unsigned": gettext_lazy("not signed"),
    "kept": gettext_lazy("told by somebody who no longer has it"),
}
PART_STEPS = {
    "drafted": gettext_lazy("two hours on site ran out: drafted by itself"),
    "asked": gettext_lazy("asked for"),
    "more": gettext_lazy("more parts asked for"),
    "depot": gettext_lazy("sent from %(depot)s"),
    "shipped": gettext_lazy("handed to the carrier: %(parcel)s"),
    "delivered": gettext_lazy("signed for by %(received_by)s"),
    "split": gettext_lazy("sent apart from the others"),
    "again": gettext_lazy("the parcel did not get there, another one is sent"),
    "fitted": gettext_lazy("fitted"),
    "unused": gettext_lazy("not needed, goes back to the depot"),
    "withdrawn": gettext_lazy("withdrawn"),
}
URGENT = {
    "granted": gettext_lazy("%(used)s of %(granted)s this contract year"),
    "billable": gettext_lazy("billable"),
    "returned": gettext_lazy("given back"),
}
CLOSED_BY = {
    "silence": gettext_lazy("confirmed by silence"),
    "confirmed": gettext_lazy("confirmed by the hospital"),
}
"""How it was closed; of another desk's history nobody knows."""
FIELDS = {"title": gettext_lazy("Title"), "description": gettext_lazy("Description"), "place": gettext_lazy("Place")}


def _value(value: Any, now: datetime) -> str:
    """A stored value as people read it: moments as times, the rest as it is."""
    try:
        return wording.clock(datetime.fromisoformat(value), now)
    except (TypeError, ValueError):
        return "" if value is None else str(value)
