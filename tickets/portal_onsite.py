"""What the hospital reads of a visit's parts and its report: what comes, with whom, by when, and the paper (A6, A8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from common import wording
from common.present import Chip, Tag
from people.models import User
from sla import present
from sla.models import Deadline
from spares.models import PartRequest
from tickets.clocks import LINES
from tickets.models import Ticket
from visits.models import ServiceReport

P = PartRequest.State
PREPARED = Tag(pgettext_lazy("parcel, for the hospital", "Being prepared"), "package", "act")
TAGS: dict[str, Tag] = {
    P.PACKED: Tag(pgettext_lazy("parcel, for the hospital", "Packed"), "package", "act"),
    P.SHIPPED: Tag(pgettext_lazy("parcel, for the hospital", "On the way to you"), "truck", "act"),
    P.DELIVERED: Tag(pgettext_lazy("parcel, for the hospital", "At your site"), "package-check", "ok"),
    P.FITTED: Tag(pgettext_lazy("parcel, for the hospital", "Fitted"), "circle-check", "ok"),
    P.UNUSED: Tag(pgettext_lazy("parcel, for the hospital", "Not needed, we take it back"), "undo-2", "off"),
}
"""State of a request → what the hospital calls it."""

NOT_NAMED = gettext_lazy("Spare part")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request for parts: what it holds, where it is, the promise with its chip, and who brings it."""

    what: str
    tag: Tag
    number: str
    carrier: str
    waybill: str
    times: tuple[str, ...]
    chip: Chip | None


@dataclass(frozen=True, slots=True)
class Paper:
    """The report of the last signed visit: in the reader's language, and in the other."""

    report: ServiceReport
    other: ServiceReport | None
    signed_by: str


def parcels(ticket: Ticket, user: User, now: datetime) -> tuple[Parcel, ...]:
    """What comes or came for a ticket read `with_onsite`, the newest first; withdrawn ones are not told."""
    if not ticket.has_parts:
        return ()
    rows = PartRequest.objects.for_user(user).filter(ticket_link__ticket=ticket).exclude(state=P.CANCELLED)
    clocks = list(ticket.timeline.deadlines.all())
    return tuple(_parcel(row, clocks, now) for row in rows.annotate(wanted=LINES.inside()).order_by("-pk"))


def _parcel(row: Any, clocks: Iterable[Deadline], now: datetime) -> Parcel:
    clock = _clock(row, clocks)
    names = [
        _("%(part)s × %(count)s") % {"part": line.part.name, "count": line.quantity} for line in LINES.rows(row.wanted)
    ]
    return Parcel(
        what=wording.listed(names) or str(NOT_NAMED),
        tag=TAGS.get(row.state, PREPARED),
        number=row.number,
        carrier=row.carrier,
        waybill=row.waybill,
        times=tuple(_times(row, clock, now)),
        chip=present.chip(clock, now) if clock else None,
    )


def _clock(row: PartRequest, clocks: Iterable[Deadline]) -> Deadline | None:
    """The promise to be there; a draft of the engine has no name of its own yet."""
    gone = {Deadline.State.SUPERSEDED, Deadline.State.WITHDRAWN, Deadline.State.CANCELLED}
    named = str(row.pk) if row.state != P.DRAFT else ""
    rows = [one for one in clocks if one.code == "spare_delivered" and one.subject == named and one.state not in gone]
    return max(rows, key=lambda one: (one.turn, one.revision), default=None)


def _times(row: PartRequest, clock: Deadline | None, now: datetime) -> Iterable[str]:
    """Promised, sent, expected, and who signed for it when."""
    if clock is not None:
        yield _("Promised by %(time)s") % {"time": wording.clock(clock.due_at, now)}
    if row.shipped_at is not None:
        yield _("sent %(time)s") % {"time": wording.clock(row.shipped_at, now)}
    if row.delivered_at is not None:
        values: dict[str, Any] = {"time": wording.clock(row.delivered_at, now), "name": row.received_by}
        yield (_("signed for %(time)s by %(name)s") if row.received_by else _("signed for %(time)s")) % values
    elif row.expected_at is not None:
        yield _("expected %(time)s") % {"time": wording.clock(row.expected_at, now)}


def paper(ticket: Ticket, user: User) -> Paper | None:
    """The report of the last signed visit of a ticket read `with_onsite`; None before its papers are made."""
    if not ticket.has_visits:
        return None
    rows = ServiceReport.objects.for_user(user).filter(visit__ticket_link__ticket=ticket, file__isnull=False)
    found = list(rows.select_related("file").order_by("-visit_id", "pk")[:2])
    if not found:
        return None
    ours = [one for one in found if one.visit_id == found[0].visit_id]
    wanted = (get_language() or "").partition("-")[0]
    ours.sort(key=lambda one: one.language.partition("-")[0] != wanted)
    signature = ours[0].content["signature"] or {}
    return Paper(ours[0], ours[1] if len(ours) > 1 else None, signature.get("name", ""))
