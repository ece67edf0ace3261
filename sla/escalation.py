"""Who is told when a clock runs down (promise book, Escalation), and how a person takes a page on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from notifications import outbox
from people.models import Role, User
from people.roster import Roster
from sla import deadlines, derived, pages
from sla.facts import Kind
from sla.models import Deadline, EngineEvent, Page, Timeline
from sla.pages import Written

DIGEST_FROM = 10
"""More pages than this for one person in one batch become one message: after an outage nobody reads 3,000."""

GRACE = timedelta(seconds=1)
"""A stop that is being committed while its milestone falls due must be able to win (I4, F26)."""

WATCHERS = (Role.MANAGER, Role.ADMIN)
"""Who hears when the ladder finds nobody, or when a row has to be set aside."""


@dataclass(frozen=True)
class Firing:
    """A milestone that is reached now: whom it tells, and the earlier ones that it makes pointless."""

    deadline: Deadline
    milestone: dict[str, Any]
    skipped: tuple[dict[str, Any], ...]
    people: tuple[User, ...]
    roles: tuple[str, ...]
    fell_through: bool
    late: timedelta

    @property
    def label(self) -> str:
        return label(self.milestone)


def label(milestone: dict[str, Any]) -> str:
    """ "80 %" of the target, or "+30 min" past the due time."""
    return f"{milestone['percent']} %" if "percent" in milestone else f"+{milestone['after']} min"


def reached(deadline: Deadline, now: datetime) -> list[dict[str, Any]]:
    """Milestones of a running clock that lie at or before `now` and were not reached before, in order."""
    return [m for m in deadline.milestones if m["step"] > deadline.last_step and datetime.fromisoformat(m["at"]) <= now]


class Duty:
    """Finds people for the roles of a ladder; one instance serves a batch and asks the roster once."""

    def __init__(self, now: datetime, roster: Roster | None = None) -> None:
        self.now = now
        self._roster = roster
        self._watchers: list[User] | None = None

    def on_duty(self, role: str, timeline: Timeline) -> list[User]:
        if self._roster is None:
            self._roster = Roster.load(self.now)
        return self._roster.on_duty(role, timeline.region_id, self.now)

    def watchers(self) -> list[User]:
        """Every active manager and administrator: the last resort, and who hears loud events."""
        if self._watchers is None:
            self._watchers = list(User.objects.filter(role__in=WATCHERS, is_active=True))
        return self._watchers

    def people(self, roles: Iterable[str], timeline: Timeline) -> list[User]:
        """The people behind `roles`, each once. No assignee, or a disabled one: the operator on duty."""
        found: dict[int, User] = {}
        for role in roles:
            person = {"assignee": timeline.assignee, "owner": timeline.owner}.get(role)
            if person is not None and person.is_active:
                found[person.pk] = person
            elif role in {"assignee", "owner"}:
                found.update((p.pk, p) for p in self.on_duty(Role.OPERATOR, timeline))
            else:
                found.update((p.pk, p) for p in self.on_duty(role, timeline))
        return list(found.values())


def firing(deadline: Deadline, now: datetime, duty: Duty) -> Firing | None:
    """What the sweep has to say about one clock: the highest milestone reached, or None.

    Nobody on duty for it: the next rung's people at once, at last every manager and administrator.
    """
    due = reached(deadline, now - GRACE)
    if not due:
        return None
    milestone = due[-1]
    roles: list[str] = list(milestone["roles"])
    people = duty.people(roles, deadline.timeline)
    fell_through = not people
    for later in deadline.milestones:
        if people:
            break
        if later["step"] > milestone["step"]:
            roles += [role for role in later["roles"] if role not in roles]
            people = duty.people(later["roles"], deadline.timeline)
    late = now - datetime.fromisoformat(milestone["at"])
    return Firing(
        deadline, milestone, tuple(due[:-1]), tuple(people or duty.watchers()), tuple(roles), fell_through, late
    )


def fire(firings: Sequence[Firing], now: datetime, duty: Duty) -> None:
    """Write the pages and the messages in sets, inside the caller's transaction.

    The clocks' new step and next action are set on the rows only: `save_progress` writes them.
    """
    written, told = [], []
    for f in firings:
        written += [Written(_page(f, m, Page.State.SKIPPED, now)) for m in f.skipped]
        page = _page(f, f.milestone, Page.State.SENT, now)
        written.append(Written(page, f.people))
        told.append((page, f))
        f.deadline.last_step = f.milestone["step"]
        f.deadline.next_action_at = next_look(f.deadline, now)
    pages.write(written)
    _report_gaps([f for f in firings if f.fell_through], now, duty)
    outbox.tell_batch(_messages(told), now)


def next_look(deadline: Deadline, now: datetime) -> datetime | None:
    """When a running clock whose milestones were just handled needs the sweep again."""
    milestone = derived.next_milestone(deadline)
    runs_out = deadline.due_at + derived.TICK
    if not deadline.commitment.expiry_fact or runs_out <= now:
        return milestone
    return min(filter(None, [milestone, runs_out]))


PROGRESS = """
UPDATE sla_deadline SET
    last_step = handled.last_step, next_action_at = handled.next_action_at,
    acknowledged_by_id = handled.by_id, acknowledged_at = handled.at, acknowledged_until = handled.until,
    failures = 0, failure = ''
FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
     AS handled (id, last_step, next_action_at, by_id, at, until)
WHERE sla_deadline.id = handled.id
"""


def save_progress(rows: Sequence[Deadline]) -> None:
    """Write what the sweep changed of clocks that it handled soundly; one statement, whatever their number.

    `bulk_update` spells each value of each row out as a CASE and takes most of a sweep's time.
    """
    if not rows:
        return
    values = [
        (d.pk, d.last_step, d.next_action_at, d.acknowledged_by_id, d.acknowledged_at, d.acknowledged_until)
        for d in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, [list(column) for column in zip(*values, strict=True)])


def pass_over(timeline: Timeline, now: datetime) -> None:
    """Count the milestones of running clocks that lie behind as reached, and tell nobody: imported history.

    The caller holds the timeline's lock, or nobody else can see the timeline yet.
    """
    rows = timeline.deadlines.filter(state=Deadline.State.RUNNING).select_related("commitment")
    behind = [(row, past) for row in rows if (past := reached(row, now))]
    pages.write([Written(_skipped(row, milestone, now)) for row, past in behind for milestone in past])
    for row, past in behind:
        row.last_step = past[-1]["step"]
        row.next_action_at = next_look(row, now)
    save_progress([row for row, _past in behind])


def _skipped(row: Deadline, milestone: dict[str, Any], now: datetime) -> Page:
    at = datetime.fromisoformat(milestone["at"])
    return Page(
        deadline=row,
        cycle=row.cycle,
        step=milestone["step"],
        label=label(milestone),
        due_at=at,
        fired_at=now,
        late_seconds=max(int((now - at).total_seconds()), 0),
        state=Page.State.SKIPPED,
        roles=milestone["roles"],
        note="imported",
    )


def _page(f: Firing, milestone: dict[str, Any], state: str, now: datetime) -> Page:
    at = datetime.fromisoformat(milestone["at"])
    sent = state == Page.State.SENT
    return Page(
        deadline=f.deadline,
        cycle=f.deadline.cycle,
        step=milestone["step"],
        label=label(milestone),
        due_at=at,
        fired_at=now,
        late_seconds=max(int((now - at).total_seconds()), 0),
        state=state,
        roles=list(f.roles) if sent else milestone["roles"],
        note="nobody on duty" if sent and f.fell_through else "",
    )


def _messages(told: Sequence[tuple[Page, Firing]]) -> list[outbox.Message]:
    """One message a page; a person with too many at once gets one digest instead."""
    of_person: dict[int, list[tuple[Page, Firing]]] = defaultdict(list)
    for page, f in told:
        for person in f.people:
            of_person[person.pk].append((page, f))
    flooded = {pk for pk, theirs in of_person.items() if len(theirs) > DIGEST_FROM}
    messages = [
        outbox.Message(
            persons=persons,
            kind="sla.page",
            dedupe_key=f"page:{f.deadline.pk}:{f.deadline.cycle}:{f.milestone['step']}",
            context=_context(f),
            link=f.deadline.timeline.link,
            urgent=f.deadline.timeline.is_urgent,
        )
        for _, f in told
        if (persons := [p for p in f.people if p.pk not in flooded])
    ]
    people = {p.pk: p for _, f in told for p in f.people}
    for pk in sorted(flooded):
        theirs = of_person[pk]
        first = min(page.pk for page, _ in theirs)
        items = [_context(f) for _, f in theirs[:DIGEST_FROM]]
        context = {"count": len(theirs), "items": items, "pages": [page.pk for page, _ in theirs]}
        messages.append(
            outbox.Message([people[pk]], "sla.digest", f"digest:{first}:{len(theirs)}", context, "/desk/wall/", True)
        )
    return messages


def _context(f: Firing) -> dict[str, Any]:
    deadline, at = f.deadline, datetime.fromisoformat(f.milestone["at"])
    return {
        "ticket": deadline.timeline.subject,
        "promise": deadline.commitment.name,
        "clause": deadline.commitment.clause,
        "label": f.label,
        "due_at": deadline.due_at.isoformat(),
        "over": at >= deadline.due_at,
        "over_seconds": max(int((at - deadline.due_at + f.late).total_seconds()), 0),
        "late_seconds": max(int(f.late.total_seconds()), 0),
        "nobody_on_duty": f.fell_through,
    }


def _report_gaps(fallen: Sequence[Firing], now: datetime, duty: Duty) -> None:
    """Say loudly that a rung found nobody: an event row, and a message to managers and administrators."""
    kind = EngineEvent.EventKind.NOBODY_ON_DUTY
    EngineEvent.objects.bulk_create(
        EngineEvent(at=now, kind=kind, deadline=f.deadline, detail=f"{f.label}: {', '.join(f.milestone['roles'])}")
        for f in fallen
    )
    outbox.tell_batch(
        [
            outbox.Message(
                persons=duty.watchers(),
                kind="sla.nobody_on_duty",
                dedupe_key=f"nobody:{f.deadline.pk}:{f.deadline.cycle}:{f.milestone['step']}",
                context={**_context(f), "roles": f.milestone["roles"]},
                link="/desk/roster/",
                urgent=True,
            )
            for f in fallen
        ],
        now,
    )


# Acknowledging


@transaction.atomic
def acknowledge(deadline: Deadline, *, by: User, now: datetime) -> Deadline:
    """Take the pages of a running clock on: paging stops, the clock does not (N14).

    It lapses by itself after `ack_minutes` without any act of a person on the matter.
    """
    timeline = deadlines.lock(deadline.timeline)
    row = Deadline.objects.select_related("commitment").get(pk=deadline.pk)
    if row.state not in deadlines.OPEN_STATES:
        raise deadlines.Refused("this clock has stopped; there is nothing left to acknowledge")
    deadlines.record(timeline, Kind.ACKNOWLEDGED, at=now, now=now, by=by, data={"code": row.code})
    row.refresh_from_db()
    row.acknowledged_by, row.acknowledged_at = by, now
    row.acknowledged_until = now + timedelta(minutes=row.ack_minutes)
    if row.state == Deadline.State.RUNNING:
        row.next_action_at = next_look(row, now)
    row.save(update_fields=["acknowledged_by", "acknowledged_at", "acknowledged_until", "next_action_at"])
    return row


def lapse(deadlines_due: Sequence[Deadline], last_acts: dict[int, datetime], now: datetime) -> list[Deadline]:
    """End acknowledgements that fell silent; returns the clocks whose acknowledgement goes on instead.

    `last_acts`: timeline id → when a person last did something there. Each act holds it for another
    `ack_minutes`.
    """
    kept = []
    for row in deadlines_due:
        if row.acknowledged_until is None:
            continue
        last = last_acts.get(row.timeline_id)
        until = last + timedelta(minutes=row.ack_minutes) if last else row.acknowledged_until
        if until > now:
            row.acknowledged_until = until
            row.next_action_at = next_look(row, now)
            kept.append(row)
        else:
            row.acknowledged_by = row.acknowledged_at = row.acknowledged_until = None
    return kept
