"""What the clock engine announced, carried over to the tickets: the engine knows no tickets (house plan)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from people.models import Role
from sla.facts import Kind as FactKind
from sla.models import Fact
from tickets.models import Ticket
from tickets.states import Status
from tickets.workflow import telling
from tickets.workflow.act import E, act, each
from tickets.workflow.parts import draft_parts


def follow_engine(now: datetime) -> int:
    """Do what limits that ran out ask for; how many tickets were changed.

    Safe to call at any time, any number of times: a ticket that was changed is not found again.
    """
    return _send_somebody(now) + draft_parts(now)


def _send_somebody(now: datetime) -> int:
    """Where the remote limit ran out, REMOTE becomes DISPATCH: the on-site clock started by itself then (A2)."""
    facts = Fact.objects.filter(timeline=OuterRef("timeline"))
    reopened = facts.filter(kind=FactKind.REOPENED).order_by("-at").values("at")[:1]
    ran_out = facts.filter(kind=FactKind.REMOTE_LIMIT_PASSED)
    remote = Q(status=Status.REMOTE) | Q(status=Status.WAITING, resume_to=Status.REMOTE)
    behind = (
        Ticket.objects.unfinished()
        .filter(remote)
        .annotate(cycle_began=Coalesce(Subquery(reopened), F("created_at")))
        .annotate(limit_at=Subquery(ran_out.filter(at__gte=OuterRef("cycle_began")).order_by("at").values("at")[:1]))
        .filter(limit_at__isnull=False)
        .order_by("pk")
    )
    limits = dict(behind.values_list("pk", "limit_at"))

    def follow(ticket: Ticket) -> bool:
        return _limit_passed(ticket, limits[ticket.pk], now)

    return each(Ticket.objects.in_bulk(limits).values(), follow)


def _limit_passed(ticket: Ticket, at: datetime, now: datetime) -> bool:
    with act(ticket, None, by=None, now=now) as doing:
        row = doing.ticket
        if row.cycle != ticket.cycle:
            return False
        if row.status == Status.REMOTE:
            doing.move("remote_failed")
        elif row.status == Status.WAITING and row.resume_to == Status.REMOTE:
            doing.change(resume_to=Status.DISPATCH)
        else:
            return False
        event = doing.event(E.REMOTE_LIMIT, public=True, at=at)
        people = [row.assignee, row.owner, *telling.on_duty(doing, Role.LEAD)]
        telling.tell(doing, "ticket.visit_needed", people, key=f"event:{event.pk}", reason=event.get_kind_display())
    return True
