"""A person's inbox: what they were told, newest first, and what of it they have not read."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, QuerySet, Subquery

from common import live
from common.prepared import Given
from notifications.models import Notification
from people.models import User


def of(user: User) -> QuerySet[Notification]:
    """All that `user` was told."""
    return Notification.objects.filter(person_id=user.pk)


def unread(user: User) -> int:
    """How many the bell shows."""
    return of(user).filter(read_at__isnull=True).count()


def unread_expression(person: int | Given) -> Subquery:
    """What `unread` counts for the person of that key, as a column of somebody else's query."""
    rows = Notification.objects.filter(person_id=person, read_at__isnull=True).order_by().values("person_id")
    return Subquery(rows.annotate(count=Count("pk")).values("count"))


def mark_read(user: User, *, pk: int | None = None, up_to: int | None = None, now: datetime) -> int:
    """Mark one (`pk`), or all up to the newest one on the reader's page (`up_to`); how many were unread."""
    rows = of(user).filter(read_at__isnull=True)
    if pk is not None:
        rows = rows.filter(pk=pk)
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    count = rows.update(read_at=now)
    if count:
        live.publish("inbox", str(user.pk), person=user.pk)
    return count
