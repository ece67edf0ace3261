"""From waiting deliveries to letters that were taken: claim, send, write down. Nothing here knows SMTP.

A claim is a lease: a sender that dies or hangs loses it, and another sends the same parcel under the
same key (I7). Nothing is sent inside a transaction. Channels run apart (`tasks.py`), so a dead one
delays no other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Min, Q, QuerySet

from notifications import letters, outbox
from notifications.channels import Channel, Failed
from notifications.models import Attempt, Delivery, Notification
from people.models import Role, User

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a sender that says nothing keeps a parcel. One that dies, or a mail server that drags out
every answer, may make it go twice; both then carry the same key."""

BATCH = 10
BACK_OFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=1),
)
MOST_TRIES = len(BACK_OFF) + 1
STANDSTILL = timedelta(minutes=10)
RUN_SECONDS = 20.0
ABOUT_MAIL = ("mail.given_up", "mail.stuck")
"""Notices about mail itself; one that cannot be mailed causes no further notice."""


Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Deliveries that go out as one letter, with the lease under which this process holds them."""

    number: int
    deliveries: tuple[Delivery, ...]
    lease: datetime

    @property
    def person(self) -> User:
        return self.deliveries[0].notification.person

    def rows(self) -> QuerySet[Delivery]:
        """Those of its rows that still wait."""
        return Delivery.objects.filter(
            pk__in=[delivery.pk for delivery in self.deliveries], state=Delivery.State.WAITING
        )


def database_clock() -> datetime:
    """The one clock that all senders share, whatever their hosts believe."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


def run(name: str, channel: Channel, clock: Clock) -> int:
    """Send what is due on the channel `name`; how many letters went without a failure.

    Ends when nothing is due, after 20 s (the next run is near), or when the channel is down: then the
    rest goes back untried.
    """
    sent = 0
    until = time.monotonic() + RUN_SECONDS
    try:
        while time.monotonic() < until and (parcels := claim(name, clock())):
            for at, parcel in enumerate(parcels):
                failure = send(parcel, channel, clock)
                sent += failure is None
                if failure is not None and failure.channel_down:
                    give_back(parcels[at + 1 :])
                    _warn_of_standstill(name, failure, clock())
                    return sent
    finally:
        channel.close()
    return sent


def claim(name: str, now: datetime) -> list[Parcel]:
    """Take the most pressing due deliveries of a channel, urgent ones first, under one lease.

    One place in a batch is kept for what is not urgent, or it would wait for a storm's end. What may be
    bundled takes along whatever else of its kind waits for the same person. A parcel once formed stays as it
    is, so that a repeat is the same letter.
    """
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    first = Q(parcel__isnull=True) | Q(parcel=F("id"))
    waiting = Delivery.objects.filter(channel=name, state=Delivery.State.WAITING)
    with transaction.atomic():
        # One claim at a time, or two senders could take half a bundle each.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"notifications.claim.{name}"])
        due = (
            waiting.filter(free, first, next_try_at__lte=now)
            .select_related("notification__person")
            .order_by("next_try_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
        )
        urgent = list(due.filter(notification__is_urgent=True)[: BATCH - 1])
        heads = urgent + list(due.filter(notification__is_urgent=False)[: BATCH - len(urgent)])
        new = [head.notification.person_id for head in heads if head.is_bundled and head.parcel is None]
        mates = (
            waiting.filter(
                Q(parcel__in=[head.pk for head in heads])
                | Q(parcel__isnull=True, is_bundled=True, notification__person__in=new)
            )
            .exclude(pk__in=[head.pk for head in heads])
            .select_related("notification__person")
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self",))
        )
        parcels = _form(heads, mates if heads else (), now + LEASE)
        for parcel in parcels:
            parcel.rows().update(leased_until=parcel.lease, parcel=parcel.number)
    return parcels


def _form(heads: list[Delivery], mates: Iterable[Delivery], lease: datetime) -> list[Parcel]:
    """Sort rows into parcels, in the order of `heads`."""
    groups: dict[tuple[str, int], list[Delivery]] = {}
    for row in (*heads, *mates):
        if row.parcel is not None:
            group = ("parcel", row.parcel)
        elif row.is_bundled:
            group = ("person", row.notification.person_id)
        else:
            group = ("alone", row.pk)
        groups.setdefault(group, []).append(row)
    return [
        Parcel(rows[0].parcel or min(row.pk for row in rows), tuple(sorted(rows, key=lambda row: row.pk)), lease)
        for rows in groups.values()
    ]


def send(parcel: Parcel, channel: Channel, clock: Clock) -> Failed | None:
    """Send one parcel and write down what came of it; None also when another sender holds it by now."""
    at = clock()
    held = Parcel(parcel.number, parcel.deliveries, at + LEASE)
    if parcel.rows().filter(leased_until=parcel.lease).update(leased_until=held.lease) < len(parcel.deliveries):
        return None
    failure = _refusal(parcel) or _try(parcel, channel, at)
    settle(held, failure, clock())
    return failure


def _refusal(parcel: Parcel) -> Failed | None:
    """Why there is nobody to write to any more, if so."""
    if not parcel.person.is_active:
        return Failed("the account is closed", temporary=False)
    return None if parcel.person.email else Failed("the person has no address", temporary=False)


def _try(parcel: Parcel, channel: Channel, now: datetime) -> Failed | None:
    try:
        channel.send(letters.write(parcel.number, [row.notification for row in parcel.deliveries], now))
    except Failed as failure:
        return failure
    except Exception as error:
        # One letter that cannot be written must not hold up the others.
        log.exception("delivery %s", parcel.number)
        return Failed(f"{type(error).__name__}: {error}", temporary=True)
    return None


def settle(parcel: Parcel, failure: Failed | None, now: datetime) -> None:
    """Write the attempt and its outcome: sent, another try after a back-off, or given up aloud."""
    tries = max(delivery.tries for delivery in parcel.deliveries) + 1
    given_up = failure is not None and (not failure.temporary or tries >= MOST_TRIES)
    with transaction.atomic():
        Attempt.objects.bulk_create(
            Attempt(delivery=delivery, at=now, ok=failure is None, answer=str(failure or ""))
            for delivery in parcel.deliveries
        )
        if failure is None:
            parcel.rows().update(
                state=Delivery.State.SENT, sent_at=now, tries=tries, leased_until=None, next_try_at=None
            )
            return
        # Whoever holds a newer lease has the say.
        mine = parcel.rows().filter(leased_until=parcel.lease)
        if not given_up:
            mine.update(tries=tries, leased_until=None, next_try_at=now + BACK_OFF[tries - 1])
        elif mine.update(tries=tries, state=Delivery.State.FAILED, leased_until=None, next_try_at=None):
            _say_aloud(parcel, failure, now)


def give_back(parcels: Iterable[Parcel]) -> None:
    """Let go of parcels that were not tried."""
    for parcel in parcels:
        parcel.rows().filter(leased_until=parcel.lease).update(leased_until=None)


def _warn_of_standstill(name: str, failure: Failed, now: datetime) -> None:
    """Tell the administrators, once an hour, when a channel that is down holds back old matters."""
    told = Notification.objects.filter(
        deliveries__channel=name, deliveries__state=Delivery.State.WAITING, created_at__lte=now - STANDSTILL
    ).exclude(kind__in=ABOUT_MAIL)
    if (oldest := told.aggregate(at=Min("created_at"))["at"]) is None:
        return
    log.error("%s stands still since %s: %s", name, oldest, failure)
    outbox.tell_many(
        list(User.objects.filter(role=Role.ADMIN, is_active=True)),
        "mail.stuck",
        context={"count": told.count(), "since_at": oldest.isoformat(), "reason": str(failure)},
        link="/admin/notifications/delivery/?state__exact=waiting",
        dedupe_key=f"stuck:{name}:{now:%Y-%m-%dT%H}",
        now=now,
    )


def start_over(deliveries: QuerySet[Delivery], now: datetime) -> int:
    """Let those of `deliveries` that were given up go out again; how many. Each keeps its parcel's key."""
    given_up = Delivery.objects.filter(state=Delivery.State.FAILED)
    # Whole parcels: part of a bundle would be another letter.
    parcels = set(deliveries.filter(state=Delivery.State.FAILED).values_list("parcel", flat=True))
    return given_up.filter(parcel__in=parcels).update(
        state=Delivery.State.WAITING, tries=0, next_try_at=now, leased_until=None
    )


def _say_aloud(parcel: Parcel, failure: Failed, now: datetime) -> None:
    """Tell the log and the administrators; a notice that itself could not be mailed tells the log only."""
    person = parcel.person
    log.error("delivery %s to person %s given up: %s", parcel.number, person.pk, failure)
    if not person.is_active or all(row.notification.kind in ABOUT_MAIL for row in parcel.deliveries):
        return
    outbox.tell_many(
        list(User.objects.filter(role=Role.ADMIN, is_active=True)),
        "mail.given_up",
        context={"who": person.name, "address": person.email or "–", "reason": str(failure)},
        link="/admin/notifications/delivery/?state__exact=failed",
        dedupe_key=f"given_up:{parcel.number}",
        now=now,
    )
