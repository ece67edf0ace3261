"""What a list wrote is taken back, row by row, as far as nobody changed it since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.utils import timezone

from devices.importing.words import problem
from devices.importing.writing import FIELDS, fields
from devices.models import Device, DeviceEvent, DeviceLabel, ImportBatch, ImportRow, SoftwareVersion
from people.models import User

O = ImportRow.Outcome  # noqa: E741 - as short as S and V elsewhere
OWN = frozenset({DeviceEvent, DeviceLabel, SoftwareVersion, ImportRow})
"""Rows that came with the device and go with it."""

Pair = tuple[ImportRow, Device]


def undo(rows: Sequence[ImportRow], batch: ImportBatch, now: datetime) -> None:
    """Take the rows back and put their outcome on them; the caller saves the rows."""
    assert batch.undone_by is not None
    devices = _locked(rows)
    added: list[Pair] = []
    changed: list[Pair] = []
    for row in rows:
        device = devices.get(row.device_id or 0)
        if device is None:
            _leave(row, "gone")
        elif fields(device) != row.after:
            _leave(row, "edited")
        else:
            (added if row.before is None else changed).append((row, device))
    # Terminals first: an MCU goes only when nothing hangs on it any more.
    for _rank, level in groupby(added, key=lambda pair: pair[0].rank):
        _remove(list(level))
    _restore(changed, batch.undone_by, now)


def _locked(rows: Iterable[ImportRow]) -> dict[int, Device]:
    pks = [row.device_id for row in rows if row.device_id]
    found = Device.objects.filter(pk__in=pks).order_by("pk").select_for_update()
    return {device.pk: device for device in found}


def _leave(row: ImportRow, why: str) -> None:
    row.outcome, row.problems = O.LEFT, [problem(why)]


def _remove(added: Sequence[Pair]) -> None:
    """Devices that the list brought, unless something has happened to them or hangs on them since."""
    pks = [device.pk for _row, device in added]
    lived = set(_with_history(pks))
    used = {pk for relation in _uses() for pk in _used_by(relation, pks)}
    gone = []
    for row, device in added:
        if device.pk in lived:
            _leave(row, "edited")
        elif device.pk in used:
            _leave(row, "in_use")
        else:
            row.outcome, row.device = O.UNDONE, None
            gone.append(device.pk)
    Device.objects.filter(pk__in=gone).delete()


def _with_history(pks: Sequence[int]) -> QuerySet[Device, int]:
    """Devices with more than the one event that the list wrote."""
    counted = Device.objects.filter(pk__in=pks).annotate(events_count=Count("events"))
    return counted.filter(events_count__gt=1).values_list("pk", flat=True)


def _uses() -> list[ForeignObjectRel]:
    """Every kind of row of the project that points at a device: tickets, contracts, other devices."""
    return [rel for rel in Device._meta.get_fields(include_hidden=True) if _is_use(rel)]  # type: ignore[misc]


def _is_use(relation: object) -> bool:
    return isinstance(relation, ForeignObjectRel) and relation.concrete is False and relation.related_model not in OWN


def _used_by(relation: ForeignObjectRel, pks: Sequence[int]) -> Any:
    rows: Any = relation.related_model._base_manager
    name = relation.field.name
    return rows.filter(**{f"{name}__in": pks}).values_list(f"{name}__pk", flat=True).distinct()


def _restore(changed: Sequence[Pair], by: User, now: datetime) -> None:
    """What stood there before stands there again; the way back is in the device's life too."""
    on = timezone.localtime(now).date()
    events, versions = [], []
    for row, device in changed:
        assert row.before is not None
        for name in FIELDS:
            setattr(device, name, _value(name, row.before[name]))
        row.outcome = O.UNDONE
        common: dict[str, Any] = {"device": device, "hospital_id": device.hospital_id}
        for kind, codes in _steps(row):
            old, new = ({code: row.diff[code][side] for code in codes} for side in (1, 0))
            events.append(
                DeviceEvent(kind=kind, on=on, at=now, by=by, old=old, new=new, reason=row.batch.named, **common)
            )
        if "software_version" in row.diff and device.software_version:
            versions.append(SoftwareVersion(version=device.software_version, since=on, by=by, **common))
    if changed:
        Device.objects.bulk_update([device for _row, device in changed], FIELDS)
    DeviceEvent.objects.bulk_create(events)
    SoftwareVersion.objects.bulk_create(versions)


def _steps(row: ImportRow) -> list[tuple[str, list[str]]]:
    place = [code for code in ("site", "room") if code in row.diff]
    version = [code for code in ("software_version",) if code in row.diff]
    found = [(DeviceEvent.Kind.MOVED.value, place), (DeviceEvent.Kind.UPGRADED.value, version)]
    return [(kind, codes) for kind, codes in found if codes]


def _value(name: str, kept: Any) -> Any:
    return date.fromisoformat(kept) if name.endswith("_on") and kept else kept
