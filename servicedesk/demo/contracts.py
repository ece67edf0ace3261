"""The demo's contracts: seed A for every telemedicine system, seed B for every HIS; what was taken, done, is owed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from common import paper
from devices.models import Device, DeviceModel
from people.models import Hospital, Role, User
from warranty import contracts, defaults, duties, entitlements
from warranty.coverage import local_day
from warranty.models import Contract, Entitlement

FREE_YEARS = {"telemedicine": 3, "his": 1}
LETTERS = {"telemedicine": "YC", "his": "HIS"}
WITHOUT_NEXT = 4
"""Every so many hospitals, the paid contract is still a draft when the free one is over: repairs are billable."""
URGENT = ("月结前收费窗口打不开", "医保接口中断", "夜间挂号系统停机", "体检高峰打印失败")
MEETINGS = 3
ENDS_EARLY = (5, timedelta(days=28))
"""The hospital, counted from 1, that ends its contract by agreement, and how long that is ahead."""


def make(now: datetime) -> None:
    """Contracts for every hospital of the demo, counted from the days on which its systems were taken over."""
    manager = User.objects.filter(role=Role.MANAGER, is_demo=True).first()
    engineer = User.objects.filter(role=Role.ENGINEER, is_demo=True).first()
    assert manager is not None
    assert engineer is not None
    for number, hospital in enumerate(Hospital.objects.order_by("pk"), start=1):
        site = hospital.sites.order_by("pk")[0]
        today = local_day(now, site.timezone)
        for code, start in _starts(hospital).items():
            running = _sign(code, hospital, number, start, today, manager, now)
            if running is not None:
                _use(running, number, today, engineer, now)
                if number == ENDS_EARLY[0]:
                    contracts.change(running, ends_on=today + ENDS_EARLY[1], by=manager, now=now)


def _starts(hospital: Hospital) -> dict[str, date]:
    """Kind of contract → the day that its system was accepted, or its implementation began."""
    found: dict[str, date] = {}
    for device in Device.objects.filter(hospital=hospital).select_related("model", "project").order_by("pk"):
        if device.model.kind == DeviceModel.Kind.HIS_SERVER and device.implementation:
            found.setdefault("his", device.implementation)
        elif device.model.kind == DeviceModel.Kind.MCU and device.acceptance:
            found.setdefault("telemedicine", device.acceptance)
    return found


def _sign(
    code: str, hospital: Hospital, number: int, start: date, today: date, by: User, now: datetime
) -> Contract | None:
    """The free phase, and once it is over the paid one, if only as a draft; what is in force today."""
    free = contracts.activate(
        defaults.draft(
            code,
            hospital=hospital,
            number=f"{LETTERS[code]}-{start:%Y}-{number:03}",
            phase="free",
            starts_on=start,
            years=FREE_YEARS[code],
            is_first=True,
        ),
        by=by,
        now=now,
    )
    if free.ends_on >= today:
        return free
    next_day = free.ends_on + timedelta(days=1)
    paid = defaults.draft(
        code,
        hospital=hospital,
        number=f"{LETTERS[code]}-{next_day:%Y}-{number:03}",
        phase="paid",
        starts_on=next_day,
        years=3,
        is_first=False,
        follows=free,
    )
    if number % WITHOUT_NEXT == 0:
        return None
    return contracts.activate(paid, by=by, now=now)


def _use(contract: Contract, number: int, today: date, engineer: User, now: datetime) -> None:
    """A year under way: urgent responses taken, meetings stood by, some duties done with proof, some still open."""
    first, last = entitlements.year_of(contract, today)
    kinds = set(contract.entitlements.values_list("kind", flat=True))
    if Entitlement.Kind.URGENT in kinds:
        for title in URGENT[: 4 - number % 2]:
            entitlements.take(contract, Entitlement.Kind.URGENT, reference=title, on=today, by=None, now=now)
    if Entitlement.Kind.MEETING in kinds:
        for turn in range(1 + number % MEETINGS):
            on = min(today, first + timedelta(days=40 * turn + 20))
            _done(contract, Entitlement.Kind.MEETING, on, today, engineer, now)
    if number % 2:
        _done(contract, Entitlement.Kind.INSPECTION, max(first, today - timedelta(days=60)), today, engineer, now)
    else:
        planned = min(last, today + timedelta(days=21))
        duties.plan(contract, Entitlement.Kind.INSPECTION, on=planned, by=engineer, now=now)


def _done(contract: Contract, kind: str, on: date, today: date, engineer: User, now: datetime) -> None:
    name = f"{Entitlement.Kind(kind).label} {on}"
    entry = duties.plan(contract, kind, on=on, by=engineer, now=now, reference=name)
    if entry.done_on is None:
        duties.done(entry, on=on, proof=_proof(contract, kind, on, engineer, now), by=engineer, today=today, now=now)


def _proof(contract: Contract, kind: str, on: date, engineer: User, now: datetime) -> SimpleUploadedFile:
    """The sheet that the hospital signed."""
    data = {
        "title": f"{Entitlement.Kind(kind).label}服务确认单",
        "rows": [
            ["医院", contract.hospital.name],
            ["合同", f"{contract.number} {contract.name}"],
            ["服务日期", f"{on}"],
            ["服务人员", engineer.name],
            ["结果", "已按合同完成，设备运行正常，院方无异议。"],
        ],
        "signatures": ["院方签字", "服务方签字"],
        "note": "演示数据：医院、合同与人员均为虚构。",
    }
    return SimpleUploadedFile(f"{kind}-{on}.pdf", paper.pdf("demo_proof.typ", data, now), "application/pdf")
