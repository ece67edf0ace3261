"""Changes of the roster for some hours: make one, end one. Each leaves a line in the audit trail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import trail
from people.models import DutyOverride, User


@transaction.atomic
def add(override: DutyOverride, *, by: User, now: datetime, address: str | None = None) -> DutyOverride:
    """Store a new override."""
    override.save()
    detail = {
        "id": override.pk,
        "role": override.role,
        "region": override.region_id,
        "user": override.user_id,
        "from": override.starts_at.isoformat(),
        "until": override.ends_at.isoformat(),
    }
    trail.note("roster.override_added", override, by=by, now=now, address=address, **detail)
    return override


@transaction.atomic
def end(override: DutyOverride, *, by: User, now: datetime, address: str | None = None) -> None:
    """End an override: one that has begun ends now and stays on record, one ahead is taken back.

    One that is over stays as it is; ending it again changes nothing.
    """
    row = DutyOverride.objects.select_for_update().filter(pk=override.pk).first()
    if row is None or row.ends_at <= now:
        return
    if row.starts_at < now:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    else:
        row.delete()
    trail.note("roster.override_ended", override, by=by, now=now, address=address, id=override.pk)
