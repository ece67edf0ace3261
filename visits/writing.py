"""A visit under lock, and the lines of its record: what `dispatch` and `steps` write with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attachments.models import Attachment
from common import live
from people.models import User
from sla import deadlines
from sla.evidence import NOW, Evidence
from visits.models import Visit, VisitRecord


def locked(visit: Visit, *, with_timeline: bool = False) -> Visit:
    """The row, locked and read anew; its timeline before it, by whoever is going to write a fact."""
    if with_timeline and visit.timeline is not None:
        deadlines.lock(visit.timeline)
    # Two queries: a row that was waited for comes with the joined rows of before the wait.
    Visit.objects.select_for_update(no_key=True).only("pk").get(pk=visit.pk)
    return Visit.objects.select_related("site", "hospital", "timeline", "travel_base").get(pk=visit.pk)


def save(visit: Visit, now: datetime) -> None:
    """Write the whole locked row as the next version, and tell open pages."""
    visit.version += 1
    visit.changed_at = now
    visit.save()
    live.publish("visit", str(visit.pk), tenant=visit.hospital_id)


def line(
    visit: Visit,
    kind: str,
    *,
    by: User | None,
    now: datetime,
    evidence: Evidence = NOW,
    body: str = "",
    file: Attachment | None = None,
    is_public: bool = False,
    **data: Any,
) -> VisitRecord:
    """Add a line to the record."""
    return VisitRecord.objects.create(
        visit=visit,
        hospital_id=visit.hospital_id,
        kind=VisitRecord.Kind(kind),
        at=evidence.happened(now),
        recorded_at=now,
        by=by,
        device_id=evidence.device_id,
        clock_offset_ms=evidence.clock_offset_ms,
        client_key=evidence.client_key,
        is_public=is_public,
        is_late=evidence.is_late(now),
        body=body,
        file=file,
        data=data,
    )


def said_before(visit: Visit, by: User | None, evidence: Evidence) -> VisitRecord | None:
    """The line that this very message made when it came the first time."""
    if evidence.client_key is None:
        return None
    return visit.records.filter(by=by, client_key=evidence.client_key).first()
