"""One verb at work on one locked request. The state is moved here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from common import live
from notifications import outbox
from notifications.outbox import Message
from people import roster
from people.models import Role, User
from sla import deadlines
from sla.evidence import NOW, Evidence
from sla.facts import Kind
from spares import links, promised
from spares.models import PartRequest, RequestLine
from spares.states import VERBS, check

NEEDED = ("hospital", "site", "timeline", "device__model", "depot")


class Act:
    """A locked request, who acts (`None`: the desk itself) and when. Changes are saved when the act ends."""

    def __init__(self, request: PartRequest, by: User | None, now: datetime) -> None:
        self.request, self.by, self.now = request, by, now
        self.messages: list[Message] = []
        self._changed: set[str] = set()
        self.is_repeat = False

    def change(self, **values: Any) -> None:
        """Set fields of the request; the act's end writes them in one UPDATE."""
        for name, value in values.items():
            setattr(self.request, name, value)
        self._changed.update(values)

    def become(self, state: str) -> None:
        """The state that the verb leaves behind."""
        self.change(state=state)

    def move(self, verb: str) -> None:
        """Check `verb` against the table and take the request where it leads."""
        check(self.request.state, verb)
        if (to := VERBS[verb].to) is not None:
            self.become(to)

    def lines(self) -> list[RequestLine]:
        """Its lines with their parts, in the order of the parts' keys: the order in which stocks are locked."""
        return list(self.request.lines.select_related("part").order_by("part_id"))

    def fact(self, kind: Kind, evidence: Evidence = NOW, **data: Any) -> None:
        """Record what happened on the timeline, if there is one, and copy what its clocks promise now."""
        row = self.request
        if row.timeline is None:
            return
        deadlines.record(
            row.timeline,
            kind,
            now=self.now,
            by=self.by,
            data={"request": row.pk, **data},
            disputed=evidence.is_doubtful(self.now),
            **evidence.as_fact(self.now),
        )
        due = promised.copy(row)
        self.change(ship_by=due.ship_by, deliver_by=due.deliver_by)

    def tell(self, kind: str, people: list[User], *, key: str, urgent: bool = False, **more: Any) -> None:
        """Tell each of `people` once, but not the one who acts. `key` names the cause, so that once is once."""
        row = self.request
        context = {
            "request": row.number,
            "title": row.subject,
            "hospital": row.hospital.short_name or row.hospital.name,
            "depot": row.depot.name if row.depot else "",
            "who": self.by.name if self.by else "",
            **more,
        }
        others = [person for person in people if person.is_active and person != self.by]
        if others:
            once = f"parts:{row.pk}:{key}"
            self.messages.append(Message(others, kind, once, context, links.depot(row), urgent))

    def clerks(self) -> list[User]:
        """Who works in its depot; without a depot, or one without clerks, who is on duty for depots, else leads."""
        depot = self.request.depot
        people = list(depot.clerks.filter(is_active=True)) if depot else []
        return people or self.on_duty(Role.DEPOT, Role.LEAD)

    def on_duty(self, *roles: str) -> list[User]:
        """Who is on duty in the hospital's region now, for the first of `roles` that has anybody."""
        region = self.request.hospital.region_id
        for role in roles:
            if people := roster.on_duty(role, region, self.now):
                return people
        return []

    def finish(self) -> None:
        """Write what changed, tell people and open pages; of what was told twice there is nothing to write."""
        if self.is_repeat:
            return
        row = self.request
        self.change(changed_at=self.now, version=row.version + 1)
        row.save(update_fields=sorted(self._changed))
        outbox.tell_batch(self.messages, self.now, also=[live.Event("parts", row.number)])


@contextmanager
def act(request: PartRequest, verb: str, *, by: User | None, now: datetime) -> Iterator[Act]:
    """Lock `request` after its timeline, check that its state allows `verb`, save what the body changed.

    One transaction. Raises `states.WrongState`. The row handed in only says which: the locked one is read anew.
    """
    with transaction.atomic():
        if request.timeline is not None:
            deadlines.lock(request.timeline)
        # Two queries: a row that was waited for comes with the joined rows of before the wait.
        PartRequest.objects.select_for_update(no_key=True).only("pk").get(pk=request.pk)
        row = PartRequest.objects.select_related(*NEEDED).get(pk=request.pk)
        check(row.state, verb)
        doing = Act(row, by, now)
        yield doing
        doing.finish()
