"""How pages are written: thousands at once in an outage's wake, so in one statement with whom they reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from people.models import User
from sla.models import Page

WRITE = """
WITH new AS (
    SELECT * FROM unnest(
        %s::bigint[], %s::int[], %s::int[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::text[],
        %s::text[], %s::text[]
    ) AS new (deadline_id, cycle, step, label, due_at, fired_at, late_seconds, state, roles, note)
), written AS (
    INSERT INTO sla_page (deadline_id, cycle, step, label, due_at, fired_at, late_seconds, state, roles, note)
    SELECT deadline_id, cycle, step, label, due_at, fired_at, late_seconds, state, string_to_array(roles, ','), note
    FROM new
    RETURNING id, deadline_id, cycle, step
), reached AS (
    INSERT INTO sla_page_recipients (page_id, user_id)
    SELECT id, user_id
    FROM written
    JOIN unnest(%s::bigint[], %s::int[], %s::int[], %s::bigint[]) AS who (deadline_id, cycle, step, user_id)
        USING (deadline_id, cycle, step)
)
SELECT id, deadline_id, cycle, step FROM written
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A page that is to be written, and the people it reaches."""

    page: Page
    people: Sequence[User] = ()


def write(pages: Sequence[Written]) -> None:
    """Write new pages with their recipients; the pages get their keys. IntegrityError when one was written before."""
    if not pages:
        return
    rows = [
        (
            p.deadline_id,
            p.cycle,
            p.step,
            p.label,
            p.due_at,
            p.fired_at,
            p.late_seconds,
            p.state,
            ",".join(p.roles),
            p.note,
        )
        for p in (one.page for one in pages)
    ]
    who = [(one.page.deadline_id, one.page.cycle, one.page.step, person.pk) for one in pages for person in one.people]
    columns = [*zip(*rows, strict=True), *(zip(*who, strict=True) if who else [()] * 4)]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(column) for column in columns])
        keys = {tuple(place): pk for pk, *place in cursor.fetchall()}
    for one in pages:
        one.page.pk = keys[one.page.deadline_id, one.page.cycle, one.page.step]
