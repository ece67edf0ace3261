"""What the chain of promises of a ticket is read from: its deadlines, facts, pages, visits and requests for parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KT

from common.nested import Nested
from common.prepared import Given, Prepared
from people.models import User
from people.travel import Roads
from sla import deadlines, projected
from sla.book import Tables, TimelineBook
from sla.facts import Kind as FactKind
from sla.models import Deadline, Edition, Fact, Page, PauseReason
from sla.runs import Run
from spares.models import CarrierEvent, Depot, PartRequest, RequestLine, Return
from tickets.models import Quote, Ticket
from visits.models import Crew, Visit

State = Deadline.State
HIDDEN = {State.SUPERSEDED, State.WITHDRAWN}
LIVE = {State.RUNNING, State.PAUSED}
DECISIONS = {FactKind.EVIDENCE_CONFIRMED, FactKind.EVIDENCE_REJECTED}
SPARES = ("spare_shipped", "spare_delivered")
"""Clocks of which each request has its own pair."""

_PAGES = Nested(
    Page.objects.filter(deadline=OuterRef("pk"), state=Page.State.SENT).with_names().order_by("-pk"), "names"
)
_deadlines: Prepared[Any] = Prepared(
    lambda: (
        Deadline.objects.filter(timeline=Given("timeline"))
        .exclude(state=State.WITHDRAWN)
        .select_related("commitment__calendar", "acknowledged_by")
        .annotate(sent=_PAGES.inside())
    )
)
_facts: Prepared[Any] = Prepared(
    lambda: (
        Fact.objects.filter(timeline=Given("timeline"))
        .select_related("by")
        .annotate(reason=KT("data__reason"))
        .annotate(reason_name=Subquery(PauseReason.objects.filter(code=OuterRef("reason")).values("name")))
        .annotate(edition=Subquery(Edition.objects.values("at")[:1]))
    )
)
_lead = Crew.objects.on_record().filter(visit=OuterRef("pk"), is_lead=True).order_by("-pk")
_VISITS = Nested(
    Visit.objects.filter(timeline=OuterRef("timeline"))
    .exclude(state=Visit.State.CANCELLED)
    .annotate(engineer=Subquery(_lead.values("engineer__name")[:1]))
    .order_by("id"),
    *("engineer", "travel_base__name"),
)
LINES = Nested(RequestLine.objects.filter(request=OuterRef("pk")).order_by("pk"), "part__code", "part__name")
EVENTS = Nested(CarrierEvent.objects.filter(request=OuterRef("pk")).order_by("at", "pk"))
OWED = Nested(
    Return.objects.filter(line__request=OuterRef("pk"), state=Return.State.OWED).order_by("line", "pk"),
    *("part__name", "good_unit__serial"),
)
_clerks = Depot.clerks.through.objects.filter(depot=OuterRef("depot"), user__is_active=True).order_by("user")
_REQUESTS = Nested(
    PartRequest.objects.filter(timeline=OuterRef("timeline"))
    .exclude(state=PartRequest.State.CANCELLED)
    .annotate(clerk=Subquery(_clerks.values("user__name")[:1]))
    .annotate(wanted=LINES.inside(), said=EVENTS.inside(), owed=OWED.inside())
    .order_by("id"),
    *("clerk", "wanted", "said", "owed", "depot__name"),
)
_QUOTES = Nested(
    Quote.objects.filter(ticket=OuterRef("pk")).order_by("-pk"), "document__key", "answered_by__name", "sent_by__name"
)
_beside: Prepared[Any] = Prepared(
    lambda: (
        Ticket.objects.filter(pk=Given("ticket"))
        .only("pk")
        .annotate(visits_of=_VISITS.inside(), requests_of=_REQUESTS.inside(), quotes_of=_QUOTES.inside())
    )
)


class Clocks:
    """A ticket's clocks and what moved them: two queries, and one for visits, requests and quotes where there are any.

    `ticket` was read `with_onsite` and `with_quotes`; `roads` are those of its site, when they are read anyway.
    `pages`: those that were sent, the last one first.
    """

    def __init__(self, ticket: Ticket, now: datetime, roads: Roads | None = None) -> None:
        self.ticket, self.now, self.roads = ticket, now, roads
        timeline = ticket.timeline
        timeline.site = ticket.site
        found = _deadlines(timeline=timeline.pk)
        self.deadlines: list[Deadline] = found
        for row in found:
            row.timeline = timeline
        self.pages: dict[int, list[Page]] = {row.pk: _PAGES.rows(row.sent) for row in found if row.sent}
        facts = _facts(timeline=timeline.pk)
        self.facts: list[Fact] = facts
        self._edition: datetime | None = facts[0].edition if facts else None
        self.who = {(fact.kind, fact.at): fact.by for fact in self.facts if fact.by is not None}
        self.reasons: dict[str, str] = {fact.reason: fact.reason_name for fact in facts if fact.reason_name}
        has_any = ticket.has_visits or ticket.has_parts or ticket.has_quotes
        beside = _beside.first(ticket=ticket.pk) if has_any else None
        self.visits: list[Any] = _VISITS.rows(beside.visits_of) if beside else []
        self.requests: list[Any] = _REQUESTS.rows(beside.requests_of) if beside else []
        self.quotes: list[Quote] = _QUOTES.rows(beside.quotes_of) if beside else []

    def of(self, code: str, cycle: int, subject: str | None = None) -> Deadline | None:
        """The run of a clock that counts in a cycle: its last turn's last target; of one `subject`, if given."""
        rows = [
            row
            for row in self.deadlines
            if row.code == code and row.cycle == cycle and row.state not in HIDDEN and subject in {None, row.subject}
        ]
        return max(rows, key=lambda row: (row.turn, row.revision), default=None)

    def parcels(self, cycle: int) -> list[tuple[Deadline, ...]]:
        """The clocks of each request of a cycle, the request that bites first in front.

        What is still owed from an earlier cycle stands in the present one.
        """
        runs: dict[tuple[int, str], list[Deadline]] = {}
        for row in self.deadlines:
            if row.code in SPARES and row.state not in HIDDEN:
                here = self.ticket.cycle if row.state in LIVE else row.cycle
                runs.setdefault((here, row.subject), []).append(row)
        pairs = [_pair(rows) for (here, _subject), rows in runs.items() if here == cycle]
        return sorted(pairs, key=_bites)

    def live(self) -> list[Deadline]:
        """Clocks that run or stand still, the one that falls due first on top."""
        return sorted((row for row in self.deadlines if row.state in LIVE), key=lambda row: row.due_at)

    def earlier(self, row: Deadline) -> list[Deadline]:
        """The targets that `row` replaced, oldest first."""
        run = (row.code, row.cycle, row.turn)
        rows = [one for one in self.deadlines if (one.code, one.cycle, one.turn) == run and one.revision < row.revision]
        return sorted(rows, key=lambda one: one.revision)

    def disputed(self) -> list[Fact]:
        """Evidence that waits for a lead's word."""
        return undecided(self.facts)

    def stopped_by(self, row: Deadline) -> User | None:
        """Who did what stopped the clock."""
        at = row.stopped_at
        return self.who.get((row.inputs.get("stopped_by"), at)) if at is not None else None

    def visit_of(self, row: Deadline) -> Any:
        """The visit that a clock waits for, or that stopped it; None without one."""
        ended = row.stopped_at or self.now
        there = next((one for one in self.visits if one.arrived_at == row.stopped_at is not None), None)
        return there or next((one for one in reversed(self.visits) if one.created_at <= ended), None)

    def request_of(self, row: Deadline) -> Any:
        """The request that a clock of spares runs for; before anything names it, the engine's draft."""
        if not row.subject:
            drafts = (one for one in self.requests if one.origin == PartRequest.Origin.ENGINE)
            return next(drafts, None)
        return next((one for one in self.requests if str(one.pk) == row.subject), None)

    def waits(self) -> Iterator[tuple[datetime, datetime]]:
        """When the matter stood still for the hospital, up to now."""
        since: datetime | None = None
        for fact in sorted(self.facts, key=lambda fact: (fact.at, fact.pk)):
            if fact.kind == FactKind.PAUSED:
                since = since or fact.at
            elif fact.kind == FactKind.RESUMED and since is not None:
                yield since, fact.at
                since = None
        if since is not None:
            yield since, self.now

    @cached_property
    def ahead(self) -> dict[str, Run]:
        """Clock → its run as it would be, if all that is promised now took its whole time."""
        if not self.facts or any(row.state == State.PAUSED for row in self.deadlines):
            return {}
        book = TimelineBook(Tables.of(self._edition), self.ticket.site, self.roads)
        arrival = self.ticket.expected_arrival_at
        expected = {"onsite": arrival} if arrival else {}
        return projected.ahead([deadlines.view_of(fact) for fact in self.facts], book, self.now, expected)


def _pair(rows: Sequence[Deadline]) -> tuple[Deadline, ...]:
    """The run that counts of each clock of a request, in the order of the legs."""
    last = {row.code: row for row in sorted(rows, key=lambda row: (row.turn, row.revision))}
    return tuple(last[code] for code in SPARES if code in last)


def _bites(pair: tuple[Deadline, ...]) -> tuple[bool, float]:
    """What still runs stands first, by its due time; what is over by its end, the last first."""
    live = [row.due_at.timestamp() for row in pair if row.state in LIVE]
    return (False, min(live)) if live else (True, -max(row.due_at.timestamp() for row in pair))


def undecided(facts: Iterable[Fact]) -> list[Fact]:
    """The disputed ones among the facts of a timeline on which nobody has decided yet."""
    facts = list(facts)
    decided = {fact.data.get("fact") for fact in facts if fact.kind in DECISIONS}
    return [fact for fact in facts if fact.is_disputed and fact.pk not in decided]
