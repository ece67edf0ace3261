"""Which phones the field app runs on, what still waits in them, and what becomes of a lost one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from audit import trail
from field.models import Phone
from people import sessions
from people.models import User

SEEN_EVERY = timedelta(minutes=1)
"""The moment it was last seen is stored at most this often, to spare a write per request."""


def is_revoked(key: UUID) -> bool:
    """Whether somebody has reported the phone as lost, whoever uses it now."""
    return Phone.objects.filter(key=key, revoked_at__isnull=False).exists()


def seen(person: User, key: UUID, now: datetime) -> None:
    """Note that somebody's phone was there."""
    phone, made = Phone.objects.get_or_create(
        person=person, key=key, defaults={"first_seen_at": now, "last_seen_at": now}
    )
    if not made and now - phone.last_seen_at >= SEEN_EVERY:
        Phone.objects.filter(pk=phone.pk).update(last_seen_at=now)


def announce(
    person: User, key: UUID, *, name: str, offset_ms: int, pending: list[dict[str, Any]], now: datetime
) -> None:
    """Note what a phone says of itself: its name, how far its clock is ahead, what it has not sent yet."""
    told = {"name": name, "offset_ms": offset_ms, "pending": pending, "last_seen_at": now}
    Phone.objects.update_or_create(
        person=person, key=key, defaults=told, create_defaults={**told, "first_seen_at": now}
    )


@transaction.atomic
def revoke(phone: Phone, *, by: User, now: datetime) -> Phone:
    """It is lost: it wipes itself when it asks next, and its person is signed out everywhere. Twice is once."""
    row = Phone.objects.select_for_update(of=("self",)).select_related("person").get(pk=phone.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, by
        row.save(update_fields=["revoked_at", "revoked_by"])
        sessions.end_all(row.person)
        trail.note("field.phone_revoked", row, by=by, now=now, key=str(row.key), lost=len(row.pending))
    return row


def known() -> list[Phone]:
    """The phones that are in use, and the lost ones with what was lost, the last seen first."""
    rows = Phone.objects.filter(Q(revoked_at__isnull=True) | ~Q(pending=[]))
    return list(rows.select_related("person", "revoked_by")[:200])
