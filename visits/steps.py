"""The steps of a visit, as they happen or as a phone tells of them afterwards; see `visits.dispatch`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from attachments.models import Attachment
from notifications import outbox
from people import roster
from people.distance import straight_km
from people.models import Role, User
from sla import deadlines
from sla.evidence import NOW, Evidence
from sla.facts import Kind as FactKind
from visits import booking, codes, ways
from visits.models import Visit, VisitRecord
from visits.states import VERBS, Refused, WrongState, allows, is_before
from visits.writing import line, locked, said_before, save

S = Visit.State


@dataclass(frozen=True, slots=True)
class Position:
    """Where the phone says it is, in degrees and metres. Asked for at the check-in, never in between."""

    latitude: float
    longitude: float
    accuracy_m: int | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """How somebody shows that they are at the site. `code`: what the site's QR says; `reason`: why from afar."""

    by: str = Visit.CheckIn.BUTTON
    position: Position | None = None
    code: str = ""
    reason: str = ""


class Step:
    """One step of a locked visit: whether it counts, whether it moves the visit, and what is strange about it."""

    def __init__(self, visit: Visit, verb: str, by: User | None, now: datetime, evidence: Evidence) -> None:
        self.visit, self.verb, self.by, self.now, self.evidence = visit, verb, by, now, evidence
        self.at = evidence.happened(now)
        self.flags: list[str] = ["late"] if evidence.is_late(now) else []
        self.data: dict[str, Any] = {}
        earlier = said_before(visit, by, evidence)
        self.is_repeated = earlier is not None
        self.moves = not self.is_repeated and self._judge()
        if earlier is not None:
            visit.step_line = earlier

    def _judge(self) -> bool:
        if self.at > self.now:
            raise Refused(_("This lies in the future; check the clock of the device."))
        state, told, granted = self.visit.state, self.evidence.is_told, self.evidence.is_granted
        if not granted and (holder := self._taken_by()):
            if not told:
                raise Refused(_("This visit is %(name)s's now.") % {"name": holder.name})
            self.flags.append("reassigned")
            return False
        if allows(state, self.verb):
            return True
        if not told:
            raise WrongState(state, self.verb)
        self.flags.append("cancelled" if state == S.CANCELLED else "order")
        to = VERBS[self.verb].to
        # A lead's word that it took place revives a visit that was called off meanwhile.
        return to is not None and (is_before(state, to) or (granted and state == S.CANCELLED))

    def _taken_by(self) -> User | None:
        """Who has the visit, when an engineer speaks who has it no longer; the desk may speak for anybody."""
        if self.by is None or self.by.role != Role.ENGINEER:
            return None
        crew = list(self.visit.crew.select_related("engineer").order_by("-is_lead", "-pk"))
        standing = [row.engineer for row in crew if row.released_at is None]
        known = standing or [row.engineer for row in crew]
        return None if self.by in known else next(iter(known), None)

    @property
    def is_kept(self) -> bool:
        """Whether it is kept for the record only, since the visit is somebody else's."""
        return "reassigned" in self.flags

    def fill(self, name: str) -> None:
        """Write the moment of the step, unless an earlier word stands or the visit is somebody else's."""
        if not self.is_kept and getattr(self.visit, name) is None:
            setattr(self.visit, name, self.at)

    def fact(self, kind: FactKind, *, disputed: bool = False) -> None:
        """Write the fact on the timeline of the matter, if the visit serves one.

        Of somebody who has lost the visit it counts when a lead says so, and not before.
        """
        if self.visit.timeline is not None:
            deadlines.record(
                self.visit.timeline,
                kind,
                now=self.now,
                by=self.by,
                data={"visit": self.visit.pk, **({"kept": True} if self.is_kept else {})},
                disputed=disputed,
                **self.evidence.as_fact(self.now),
            )

    def book(self, span: booking.Span) -> None:
        """Bring the bookings in line; whom this runs into stands on record."""
        if self.evidence.is_granted:
            # Whoever did it is not booked any more, and who is now was not there.
            return
        if ran_into := booking.stretch(self.visit, span, self.now):
            self.data["ran_into"] = ran_into

    def end(self, *, body: str = "", is_public: bool = False, file: Attachment | None = None) -> Visit:
        """Move, save, and write the line."""
        to = VERBS[self.verb].to
        if self.moves and to is not None:
            self.visit.state = to
        save(self.visit, self.now)
        row = self.visit.step_line = line(
            self.visit,
            VisitRecord.Kind.STEP,
            by=self.by,
            now=self.now,
            evidence=self.evidence,
            body=body,
            file=file,
            is_public=is_public,
            step=self.verb,
            flags=self.flags,
            moved=self.moves,
            **self.data,
        )
        if self.is_kept:
            tell_lead(self.visit, "visit.kept", by=self.by, now=self.now, key=f"line:{row.pk}")
        elif "far" in self.flags:
            said = {"metres": self.visit.distance_m, "reason": self.visit.check_in_reason}
            tell_lead(self.visit, "visit.far", by=self.by, now=self.now, key=f"line:{row.pk}", **said)
        return self.visit


def tell_lead(visit: Visit, kind: str, *, by: User | None, now: datetime, key: str, **more: Any) -> None:
    """Tell the leads on duty in the visit's region."""
    people = [one for one in roster.on_duty(Role.LEAD, visit.hospital.region_id, now) if one != by]
    place = visit.hospital.short_name or visit.hospital.name
    context = {"who": by.name if by else "", "title": visit.subject, "hospital": place, **more}
    link = visit.timeline.link if visit.timeline else ""
    outbox.tell_many(people, kind, context=context, link=link, dedupe_key=f"visit:{visit.pk}:{key}", now=now)


@transaction.atomic
def depart(
    visit: Visit, *, by: User, now: datetime, evidence: Evidence = NOW, expected_arrival_at: datetime | None = None
) -> Visit:
    """Set out. The expected arrival is the one that is named, else the way from where the engineer is now."""
    step = Step(locked(visit, with_timeline=True), "depart", by, now, evidence)
    row = step.visit
    if step.is_repeated:
        return row
    step.fill("departed_at")
    if step.moves:
        row.expected_arrival_at = expected_arrival_at or _expected(row, step.at)
        end = max(row.ends_at, (row.expected_arrival_at or step.at) + (row.ends_at - row.starts_at))
        step.book((step.at, end))
    if not step.is_kept:
        step.fact(FactKind.DEPARTED)
    return step.end(is_public=True)


def _expected(visit: Visit, at: datetime) -> datetime | None:
    """When the lead engineer is there who sets out at `at`; a figure that was set by hand stays."""
    lead = visit.crew.filter(is_lead=True).select_related("engineer__team__base").order_by("-pk").first()
    if not visit.travel_reason and lead is not None:
        found = ways.way(lead.engineer, visit.site, at, apart_from=visit)
        if found is not None:
            visit.travel_base, visit.travel_from = found.base, found.start_name[:120]
            visit.travel_minutes, visit.travel_km = found.minutes, found.km
            visit.travel_source, visit.travel_is_estimate = found.source[:160], found.is_estimate
    return None if visit.travel_minutes is None else at + timedelta(minutes=visit.travel_minutes)


@transaction.atomic
def arrive(
    visit: Visit,
    *,
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
    presence: Presence | None = None,
    file: Attachment | None = None,
) -> Visit:
    """Check in at the site; the on-site clocks stop (A2, A11). `file`: a photo of the place instead of a position.

    Farther than `settings.CHECK_IN_WITHIN_M` from the site it needs a reason, and the lead is told. A clock that is
    too far off, an arrival that is too old, and one by an engineer who has lost the visit wait for a lead's word.
    """
    step = Step(locked(visit, with_timeline=True), "arrive", by, now, evidence)
    row = step.visit
    if step.is_repeated:
        return row
    disputed = evidence.is_doubtful(now) or step.is_kept
    if disputed:
        step.flags.append("disputed")
    if not step.is_kept:
        if row.arrived_at is None or not row.check_in:
            _check_in(step, presence or Presence(), file)
        # An engineer's own late word is nearer to the truth than what the hospital noticed after it.
        row.arrived_at = min(row.arrived_at or step.at, step.at)
        row.expected_arrival_at = None
    if step.moves:
        step.book((_set_out(row), step.at + (row.ends_at - row.starts_at)))
    step.fact(FactKind.ARRIVED, disputed=disputed)
    return step.end(is_public=True, file=file)


def _set_out(visit: Visit) -> datetime:
    """When the crew set out; without a word about it, as planned."""
    planned = visit.starts_at - timedelta(minutes=visit.travel_minutes or 0)
    return visit.departed_at or min(planned, visit.arrived_at or planned)


def _check_in(step: Step, presence: Presence, file: Attachment | None) -> None:
    """Note how it was shown that somebody is there, and how far away that was."""
    row, how = step.visit, presence.by
    if presence.code:
        if codes.is_of(presence.code, row.site):
            how = Visit.CheckIn.CODE
        elif not step.evidence.is_told:
            raise Refused(_("This is the code of another place."))
        else:
            step.data["code"] = "other"
    elif file is not None and presence.position is None:
        how = Visit.CheckIn.PHOTO
    row.check_in, row.check_in_reason = Visit.CheckIn(how), presence.reason.strip()[:200]
    if presence.position is None:
        return
    here = (presence.position.latitude, presence.position.longitude)
    row.distance_m = round(1000 * straight_km(here, (row.site.latitude, row.site.longitude)))
    row.accuracy_m = presence.position.accuracy_m
    if row.distance_m <= settings.CHECK_IN_WITHIN_M or how == Visit.CheckIn.CODE:
        return
    if not row.check_in_reason and not step.evidence.is_told:
        words = {"km": f"{row.distance_m / 1000:.1f}"}
        raise Refused(_("That is %(km)s km from the site. Say why you check in there.") % words)
    step.flags.append("far")


@transaction.atomic
def start(visit: Visit, *, by: User, now: datetime, evidence: Evidence = NOW) -> Visit:
    """Begin to work."""
    step = Step(locked(visit), "start", by, now, evidence)
    if step.is_repeated:
        return step.visit
    step.fill("started_at")
    return step.end()


@transaction.atomic
def finish(
    visit: Visit,
    *,
    outcome: str,
    found: str = "",
    done: str = "",
    by: User | None,
    now: datetime,
    evidence: Evidence = NOW,
) -> Visit:
    """The work is over, with what came of it. Whoever was booked is free from that moment.

    Only somebody who could not get in is done without having arrived.
    """
    step = Step(locked(visit), "finish", by, now, evidence)
    row, came_to = step.visit, Visit.Outcome(outcome)
    if step.is_repeated:
        return row
    if row.state == S.TRAVEL and came_to != Visit.Outcome.NO_ACCESS and not evidence.is_told:
        raise Refused(_("Check in first."))
    step.fill("finished_at")
    step.data |= {"outcome": came_to, "found": found, "done": done}
    if step.moves:
        row.outcome, row.expected_arrival_at = came_to, None
        row.found, row.done = found.strip() or row.found, done.strip() or row.done
        if not evidence.is_granted and (begun := _set_out(row)) < step.at:
            step.book((begun, step.at))
        else:
            booking.release(row, now)
    return step.end()


@transaction.atomic
def leave(visit: Visit, *, by: User, now: datetime, evidence: Evidence = NOW) -> Visit:
    """Leave the site."""
    step = Step(locked(visit), "leave", by, now, evidence)
    if step.is_repeated:
        return step.visit
    step.fill("left_at")
    return step.end()


@transaction.atomic
def record(
    visit: Visit,
    kind: str,
    *,
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
    body: str = "",
    file: Attachment | None = None,
    is_public: bool = False,
    data: dict[str, Any] | None = None,
) -> VisitRecord:
    """Write a line: note, photo, reading, part or changed field. It moves nothing and is never refused for its time.

    A line of an engineer who has lost the visit, or of a cancelled one, is kept with the flag that says so.
    """
    row = locked(visit)
    if earlier := said_before(row, by, evidence):
        return earlier
    # Late, but never in the future: a line is no promise, our own time is good enough for it.
    told = evidence if evidence.happened(now) <= now else replace(evidence, at=None, clock_offset_ms=0)
    step = Step(row, "record", by, now, told)
    more = {**(data or {}), "flags": step.flags} if step.flags else data or {}
    return line(row, kind, by=by, now=now, evidence=told, body=body, file=file, is_public=is_public, **more)
