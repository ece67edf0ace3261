"""A set of checked rows goes into the register, as far as the register still is what the check saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from devices.importing import checking
from devices.importing.checking import Judged
from devices.importing.register import same_serial
from devices.importing.words import problem
from devices.models import Device, DeviceEvent, DeviceModel, ImportBatch, ImportRow, Project, SoftwareVersion
from devices.serials import tidy
from people.models import User

O, V = ImportRow.Outcome, ImportRow.Verdict  # noqa: E741 - as short as V
FIELDS = (
    "hospital_id", "site_id", "model_id", "maker", "name", "room", "serial", "project_id", "parent_id", "installed_on",
    "accepted_on", "software_version", "state",
)  # fmt: skip
"""What a list can change, and what must still stand when it is undone."""
WRITTEN = ("site", "model", "maker", "name", "room", "project", "parent", "installed_on", "accepted_on",
           "software_version")  # fmt: skip
PLACE = ("site", "room")


def write(rows: Sequence[ImportRow], batch: ImportBatch, now: datetime) -> None:
    """Write the rows and put their outcome on them; the caller saves the rows.

    What the database refuses for one row is found by writing them one by one.
    """
    assert batch.applied_by is not None
    try:
        with transaction.atomic():
            _write(rows, batch, batch.applied_by, now)
    except DatabaseError:
        for row in rows:
            _write_alone(row, batch, batch.applied_by, now)


def _write_alone(row: ImportRow, batch: ImportBatch, by: User, now: datetime) -> None:
    try:
        with transaction.atomic():
            _write([row], batch, by, now)
    except DatabaseError:
        _fail(row, [problem("refused")])


def _write(rows: Sequence[ImportRow], batch: ImportBatch, by: User, now: datetime) -> None:
    _lock(rows, batch)
    sound = [one for one in checking.judge(rows, batch.mapping, by) if _still_stands(one)]
    _make(sound)
    ranked = sorted(checking.ranks(sound), key=lambda pair: pair[1])
    for _rank, group in groupby(ranked, key=lambda pair: pair[1]):
        level = [one for one, _depth in group]
        _insert([one for one in level if one.device is None])
        _update([one for one in level if one.row.before is not None])
    for one in sound:
        assert one.device is not None
        one.row.device, one.row.after, one.row.outcome = one.device, fields(one.device), O.APPLIED
    on = timezone.localtime(now).date()
    DeviceEvent.objects.bulk_create(event for one in sound for event in _events(one, by, on, now))
    SoftwareVersion.objects.bulk_create(version for one in sound for version in _versions(one, by, on))


def _lock(rows: Iterable[ImportRow], batch: ImportBatch) -> None:
    """Nobody changes these devices between the second look and the writing."""
    at = batch.mapping["serial"]
    serials = [same_serial(tidy(row.cells[at])) for row in rows]
    found = Device.objects.alias(compared=Lower("serial")).filter(compared__in=serials)
    list(found.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _still_stands(one: Judged) -> bool:
    """Whether the row would still do what the check said; what does not, is put down as failed."""
    row = one.row
    row.before = row.after = None
    if one.is_wrong:
        _fail(row, [*one.problems])
    elif (one.verdict, one.diff) != (row.verdict, row.diff):
        _fail(row, [problem("changed_since")])
    else:
        row.before = fields(one.device) if one.device else None
        return True
    return False


def _fail(row: ImportRow, problems: list[Any]) -> None:
    row.outcome, row.problems, row.before, row.after = O.FAILED, problems, None, None


def _make(sound: Iterable[Judged]) -> None:
    """Models and projects that the rows bring; rows share them, so each is made once."""
    for one in sound:
        model, project = one.model, one.project
        if model is not None and checking.is_made_up(model):
            about = {"kind": model.kind}
            model.pk = DeviceModel.objects.get_or_create(maker=model.maker, name=model.name, defaults=about)[0].pk
        if project is not None and checking.is_made_up(project):
            project.pk = Project.objects.get_or_create(hospital=project.hospital, name=project.name)[0].pk


def _insert(level: Sequence[Judged]) -> None:
    for one in level:
        assert one.hospital is not None
        assert one.model is not None
        assert one.site is not None
        one.device = Device(
            hospital=one.hospital,
            site=one.site,
            model=one.model,
            maker=one.model.maker,
            serial=one.serial,
            project=one.project,
            parent=_parent(one),
            **{code: one.said.get(code, "") for code in ("name", "room", "software_version")},
            **one.days,
        )
    Device.objects.bulk_create(one.device for one in level if one.device is not None)


def _update(level: Sequence[Judged]) -> None:
    changed = []
    for one in level:
        device = one.device
        assert device is not None
        for code in one.diff:
            setattr(device, code, _value(one, code))
        device.maker = device.model.maker
        changed.append(device)
    Device.objects.bulk_update(changed, WRITTEN)


def _value(one: Judged, code: str) -> Any:
    if code == "parent":
        return _parent(one)
    if code in {"site", "model", "project"}:
        return getattr(one, code)
    return one.days.get(code) or one.said[code]


def _parent(one: Judged) -> Device | None:
    return one.parent_row.device if one.parent_row else one.parent


def fields(device: Device) -> dict[str, Any]:
    """The device's own fields in a form that a row can keep, and compare with later."""
    values = {name: getattr(device, name) for name in FIELDS}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _events(one: Judged, by: User, on: date, now: datetime) -> Iterator[DeviceEvent]:
    """The dated rows that a device's life is made of: installed, moved, upgraded."""
    device, diff = one.device, one.diff
    assert device is not None
    reason = one.row.batch.named
    common: dict[str, Any] = {
        "device": device,
        "hospital_id": device.hospital_id,
        "at": now,
        "by": by,
        "reason": reason,
    }
    if one.row.before is None:
        words = checking.words_of(device)
        new = {code: words[code] for code in ("site", "room", "serial", "software_version") if words[code]}
        yield DeviceEvent(kind=DeviceEvent.Kind.INSTALLED, on=device.installed_on or on, new=new, **common)
        return
    for kind, codes in ((DeviceEvent.Kind.MOVED, PLACE), (DeviceEvent.Kind.UPGRADED, ("software_version",))):
        if moved := {code: diff[code] for code in codes if code in diff}:
            old, new = ({code: pair[side] for code, pair in moved.items()} for side in (0, 1))
            yield DeviceEvent(kind=kind, on=on, old=old, new=new, **common)


def _versions(one: Judged, by: User, on: date) -> Iterator[SoftwareVersion]:
    device = one.device
    assert device is not None
    is_new = one.row.before is None
    if device.software_version and (is_new or "software_version" in one.diff):
        since = (device.installed_on or on) if is_new else on
        yield SoftwareVersion(
            device=device, hospital_id=device.hospital_id, version=device.software_version, since=since, by=by
        )
