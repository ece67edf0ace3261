"""What must hold after every fault (I1-I9, I13): each function returns the rows that break it, so none is good.

They read the database as any watcher could and know nothing of how the sweep works. Every comparison with
the present uses the database's clock.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from audit import chain
from people.models import Role, User
from sla.models import Deadline, EngineEvent
from spares.audit import differences

Rows = list[tuple[Any, ...]]

NAMES = {
    "I1": "every milestone was paged",
    "I2": "each at most once",
    "I3": "each recipient was told, once",
    "I4": "nobody was paged for nothing",
    "I5": "in time, and late ones say so",
    "I6": "nothing is stuck, what failed was alarmed",
    "I7": "letters arrived, repeats carry one Message-ID",
    "I8": "what was acknowledged exists once",
    "I9": "the trail is whole, one row per change",
    "I13": "stock is the sum of its movements",
}

PARCEL = re.compile(r"<desk\.(\d+)\.[0-9a-f]+@")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A letter as the mail server has it."""

    message_id: str
    to: str


@dataclass
class Evidence:
    """What only the outside can tell.

    Keys of filings that were acknowledged or got no answer; contacts looked at (one audit row each) likewise;
    how to read the letters that arrived so far; parcels that were out with a sender when it was hit and may come
    twice.
    """

    acknowledged: set[UUID] = field(default_factory=set)
    unanswered: set[UUID] = field(default_factory=set)
    looked_at: int = 0
    perhaps_looked_at: int = 0
    receipts: Callable[[], list[Receipt]] = list
    may_repeat: set[int] = field(default_factory=set)


def findings(since: datetime, evidence: Evidence | None = None) -> dict[str, Rows]:
    """Each invariant by name with the rows that break it; I7 and I8 only with `evidence`. `since`: see `i5`."""
    found = {"I1": i1(), "I2": i2(), "I3": i3(), "I4": i4(), "I5": i5(since), "I6": i6()}
    if evidence is not None:
        found |= {"I7": i7(evidence.receipts, evidence.may_repeat), "I8": i8(evidence)}
    return {**found, "I9": i9(evidence), "I13": i13()}


def broken(since: datetime, evidence: Evidence | None = None) -> dict[str, Rows]:
    """Every broken invariant by name; {} is what a fault test asks for."""
    return {name: rows for name, rows in findings(since, evidence).items() if rows}


def i1() -> Rows:
    """ "Complete: due, unmet, uncancelled milestones older than 60 s without escalation = 0 rows."

    Of running clocks that nobody has acknowledged; a row that was set aside is a matter of I6. A milestone
    that the clock has passed must have its page too, sent or skipped.
    """
    return _rows("""
        WITH sound AS MATERIALIZED (SELECT * FROM sla_deadline WHERE failures = 0)
        SELECT sound.id, sound.code, milestone->>'step', milestone->>'at'
        FROM sound CROSS JOIN LATERAL jsonb_array_elements(sound.milestones) AS milestone
        WHERE ((sound.state = 'running' AND coalesce(sound.acknowledged_until, '-infinity') < clock_timestamp()
                AND (milestone->>'at')::timestamptz < clock_timestamp() - interval '60 seconds')
               OR (milestone->>'step')::int <= sound.last_step)
          AND NOT EXISTS (SELECT FROM sla_page page WHERE page.deadline_id = sound.id
                          AND page.cycle = sound.cycle AND page.step = (milestone->>'step')::int)""")


def i2() -> Rows:
    """ "Unique: GROUP BY milestone, level HAVING count(*) > 1 = 0 (UNIQUE constraint present in catalog)."

    Nor may a clock have forgotten a page that it sent: the next sweep would want to send it again.
    """
    doubled = _rows("""
        SELECT deadline_id, cycle, step, count(*) FROM sla_page GROUP BY 1, 2, 3 HAVING count(*) > 1""")
    forgotten = _rows("""
        SELECT page.deadline_id, page.step, deadline.last_step, 'would be paged again'
        FROM sla_page page JOIN sla_deadline deadline ON deadline.id = page.deadline_id
        WHERE page.step > deadline.last_step AND deadline.state = 'running'""")
    constraints = {"sla_page_once", "notifications_said_once"}
    present = {row[0] for row in _rows("SELECT conname FROM pg_constraint WHERE contype = 'u' AND convalidated")}
    missing: Rows = [(name, "no such constraint") for name in sorted(constraints - present)]
    return doubled + forgotten + missing


def i3() -> Rows:
    """ "Recipients: expected recipient snapshot minus notification rows = 0; notification UNIQUE."

    Each recipient of a sent page was told of it exactly once: by its own message or inside one digest.
    A sent page without a recipient breaks it as well.
    """
    return _rows("""
        WITH told AS (
            SELECT person_id, dedupe_key AS page FROM notifications_notification WHERE kind = 'sla.page'
            UNION ALL
            SELECT digest.person_id, format('page:%%s:%%s:%%s', page.deadline_id, page.cycle, page.step)
            FROM notifications_notification digest
            CROSS JOIN LATERAL jsonb_array_elements_text(digest.context->'pages') AS item
            JOIN sla_page page ON page.id = item::bigint
            WHERE digest.kind = 'sla.digest'
        ), heard AS (SELECT person_id, page, count(*) AS times FROM told GROUP BY 1, 2)
        SELECT page.id, recipient.user_id, coalesce(heard.times, 0)
        FROM sla_page page
        LEFT JOIN sla_page_recipients recipient ON recipient.page_id = page.id
        LEFT JOIN heard ON heard.person_id = recipient.user_id
             AND heard.page = format('page:%%s:%%s:%%s', page.deadline_id, page.cycle, page.step)
        WHERE page.state = 'sent' AND heard.times IS DISTINCT FROM 1""")


def i4() -> Rows:
    """ "No false alarm: escalations whose milestone was met, paused or cancelled at due_at = 0."

    As known when the page was sent: evidence that came later makes no earlier page false. A fact is known to
    the sweep once it is committed, at most its grace of 1 s after it was recorded. Acknowledged clocks are
    silent too.
    """
    stopped = """
        SELECT page.id, deadline.code, 'stopped', page.due_at, deadline.stopped_at
        FROM sla_page page JOIN sla_deadline deadline ON deadline.id = page.deadline_id
        JOIN sla_fact fact ON fact.timeline_id = deadline.timeline_id AND fact.at = deadline.stopped_at
        WHERE page.state = 'sent' AND deadline.stopped_at <= page.due_at
          AND fact.recorded_at <= page.fired_at - interval '1 second'"""
    paused = """
        SELECT page.id, deadline.code, 'paused', page.due_at, pause.at
        FROM sla_page page JOIN sla_deadline deadline ON deadline.id = page.deadline_id
        JOIN sla_commitment commitment ON commitment.id = deadline.commitment_id
        JOIN sla_fact pause ON pause.timeline_id = deadline.timeline_id AND pause.kind = 'paused'
             AND pause.data->>'reason' = ANY (commitment.pause_reasons)
        WHERE page.state = 'sent' AND pause.recorded_at <= page.fired_at - interval '1 second'
          AND pause.at >= deadline.started_at AND pause.at < deadline.due_at AND page.due_at >= pause.at
          AND page.due_at < least((pause.data->>'until')::timestamptz, coalesce((
              SELECT min(resume.at) FROM sla_fact resume WHERE resume.timeline_id = deadline.timeline_id
              AND resume.kind = 'resumed' AND resume.at > pause.at), 'infinity'))"""
    acknowledged = """
        SELECT page.id, deadline.code, 'acknowledged', page.due_at, fact.at
        FROM sla_page page JOIN sla_deadline deadline ON deadline.id = page.deadline_id
        JOIN sla_fact fact ON fact.timeline_id = deadline.timeline_id AND fact.kind = 'acknowledged'
             AND fact.data->>'code' = deadline.code AND fact.at >= deadline.started_at
        WHERE page.state = 'sent' AND fact.recorded_at <= page.fired_at - interval '1 second'
          AND page.fired_at < fact.at + make_interval(mins => deadline.ack_minutes)"""
    return _rows(stopped) + _rows(paused) + _rows(acknowledged)


def i5(since: datetime) -> Rows:
    """ "On time: < 60 s in storm; after an outage < outage end + 60 s, flagged."

    `since` is the end of the outage, or when the case was set up. The recorded delay must be the true one,
    and no page may come before its milestone.
    """
    return _rows(
        """
        SELECT id, due_at, fired_at, late_seconds FROM sla_page
        WHERE fired_at < due_at
           OR fired_at > greatest(due_at, %s) + interval '60 seconds'
           OR late_seconds <> floor(extract(epoch FROM fired_at - due_at))""",
        [since],
    )


def i6() -> Rows:
    """ "Nothing stuck: leases expired > 60 s = 0; outbox pending > 120 s = 0; dead letters all alerted."

    Nor a clock that waits for the sweep for more than 60 s. "Alerted": an event, and every active manager
    and administrator was told of the last failure.
    """
    stuck = _rows("""
        SELECT 'lease', id, leased_until FROM notifications_delivery
        WHERE leased_until < clock_timestamp() - interval '60 seconds'
        UNION ALL SELECT 'outbox', id, next_try_at FROM notifications_delivery
        WHERE state = 'waiting' AND next_try_at < clock_timestamp() - interval '120 seconds'
        UNION ALL SELECT 'clock', id, next_action_at FROM sla_deadline
        WHERE next_action_at < clock_timestamp() - interval '60 seconds'""")
    watchers = User.objects.filter(role__in=[Role.MANAGER, Role.ADMIN], is_active=True)
    for row in Deadline.objects.filter(failures__gt=0):
        told = watchers.filter(notifications__dedupe_key=f"aside:{row.pk}:{row.failures}")
        alarmed = row.events.filter(kind=EngineEvent.EventKind.SET_ASIDE).exists()
        if not row.failure or not alarmed or told.count() < watchers.count():
            stuck.append(("not alerted", row.pk, row.failure))
    return stuck


def i7(receipts: Callable[[], Iterable[Receipt]], may_repeat: set[int]) -> Rows:
    """ "Delivery: receipts per notification >= 1; > 1 only for a kill inside the send window, same Message-ID."

    Both ways: what the desk calls sent has arrived at its person's address, and nothing arrived that the desk
    did not write. Letters go on while this looks, so the order of looking counts.
    """
    sent = _rows("""
        SELECT delivery.parcel, delivery.id, person.email
        FROM notifications_delivery delivery
        JOIN notifications_notification notification ON notification.id = delivery.notification_id
        JOIN people_user person ON person.id = notification.person_id
        WHERE delivery.channel = 'mail' AND delivery.state = 'sent'""")
    arrived: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in receipts():
        if found := PARCEL.match(receipt.message_id):
            arrived[int(found[1])].append(receipt)
    written = {row[0] for row in _rows("SELECT DISTINCT parcel FROM notifications_delivery WHERE parcel IS NOT NULL")}
    wrong: Rows = [("nobody wrote it", parcel) for parcel in sorted(set(arrived) - written)]
    for parcel, copies in sorted(arrived.items()):
        if len({copy.message_id for copy in copies}) > 1:
            wrong.append(("one letter under several Message-IDs", parcel))
        if len(copies) > 1 and parcel not in may_repeat:
            wrong.append(("arrived more than once", parcel, len(copies)))
    for parcel, delivery, address in sent:
        if parcel not in arrived:
            wrong.append(("sent, never arrived", parcel, delivery))
        elif any(copy.to != address for copy in arrived[parcel]):
            wrong.append(("arrived at another address", parcel, delivery))
    return wrong


def i8(evidence: Evidence) -> Rows:
    """ "Intake: every acknowledged ticket exists once; every unacknowledged one 0 or 1 times." """
    keys = evidence.acknowledged | evidence.unanswered
    stored = Counter(
        row[0] for row in _rows("SELECT client_key FROM tickets_ticket WHERE client_key = ANY (%s)", [list(keys)])
    )
    lost = [("acknowledged, not there", key) for key in evidence.acknowledged if stored[key] == 0]
    return lost + [("filed more than once", key, times) for key, times in stored.items() if times > 1]


def i9(evidence: Evidence | None = None) -> Rows:
    """ "Audit: hash chain verifies, one row per change, no gap in sequence."

    A ticket's story counts too: one filing, and an event for each fact that a person recorded. What a depot recorded
    of a part is told there a moment later, by a worker.
    """
    wrong: Rows = [("trail", str(one)) for one in chain.verify().breaks]
    wrong += _rows("""
        SELECT 'filings', ticket.number, count(event.id)
        FROM tickets_ticket ticket
        LEFT JOIN tickets_ticketevent event ON event.ticket_id = ticket.id AND event.kind = 'filed'
        GROUP BY ticket.id HAVING count(event.id) <> 1
        UNION ALL
        SELECT 'fact without an event', ticket.number, fact.id
        FROM sla_fact fact JOIN tickets_ticket ticket ON ticket.timeline_id = fact.timeline_id
        WHERE fact.by_id IS NOT NULL AND fact.kind <> 'acknowledged' AND NOT EXISTS (
            SELECT FROM tickets_ticketevent event WHERE event.ticket_id = ticket.id
            AND event.recorded_at = fact.recorded_at AND event.by_id = fact.by_id)
        AND NOT EXISTS (
            SELECT FROM tickets_ticketevent event
            JOIN spares_partrequest request ON request.number = event.data ->> 'request'
            WHERE event.ticket_id = ticket.id AND event.kind = 'part' AND event.recorded_at >= fact.recorded_at
            AND fact.kind IN ('part_shipped', 'part_delivered', 'part_cancelled')
            AND request.id = (fact.data ->> 'request')::bigint)""")
    if evidence is not None:
        [(rows,)] = _rows("SELECT count(*) FROM audit_entry WHERE act = 'tickets.phone_shown'")
        if not evidence.looked_at <= rows <= evidence.looked_at + evidence.perhaps_looked_at:
            wrong.append(("contacts looked at", rows, evidence.looked_at, evidence.perhaps_looked_at))
    return wrong


def i13() -> Rows:
    """ "Stock is a ledger": every quantity, every line and every unit follows from the movements."""
    return [(one.rule, one.row, one.key, one.stored, one.counted) for one in differences()]


def _rows(sql: str, values: list[Any] | None = None) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or [])
        return list(cursor.fetchall())
