"""What the two source documents promise, as rows and drafts: a new installation starts with them (A4, A12, B2, B5, B6).

Names of rows are Chinese: they are data that people in hospitals read, not text of the program. Prices are examples
that an administrator replaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, Unpack

from django.db import transaction

from devices.models import DeviceModel, Project
from people.models import Hospital
from sla.clock import anniversary
from sla.models import Calendar, Policy
from warranty.coverage import Basis, Cause, Outcome
from warranty.models import Contract, CoverageTerm, Entitlement, PriceRow, ServiceLine

BEGINNING = date(2020, 1, 1)
Device = DeviceModel.Kind
Service, Kind = ServiceLine.Service, Entitlement.Kind
VIDEO: list[str] = [Device.MCU, Device.TERMINAL]
HIS: list[str] = [Device.HIS_SERVER, Device.SOFTWARE]
OUTSIDE: list[str] = [Cause.HANDLING, Cause.DAMAGE, Cause.SURROUNDINGS]
"""Causes that no warranty pays for: they do not lie in what was delivered."""

TERMS: list[dict[str, Any]] = [
    {
        "code": "inherent_defect",
        "name": "软件固有设计缺陷无偿服务",
        "clause": "B2",
        "outcome": Outcome.INHERENT,
        "basis": Basis.ALWAYS,
        "device_kinds": HIS,
        "causes": [Cause.INHERENT_DEFECT],
    },
    {
        "code": "maker_3_years",
        "name": "MCU、终端原厂保修三年",
        "clause": "A4",
        "outcome": Outcome.FREE,
        "basis": Basis.ACCEPTANCE,
        "years": 3,
        "device_kinds": VIDEO,
        "excluded_causes": OUTSIDE,
    },
    {
        "code": "his_free_year",
        "name": "HIS 实施起一年免费维护",
        "clause": "B2",
        "outcome": Outcome.FREE,
        "basis": Basis.IMPLEMENTATION,
        "years": 1,
        "device_kinds": HIS,
        "excluded_causes": OUTSIDE,
    },
    {
        "code": "lifelong",
        "name": "终身维修，停产后三年",
        "clause": "A12",
        "outcome": Outcome.BILLABLE,
        "basis": Basis.DISCONTINUATION,
        "years": 3,
    },
]
PRICES: list[dict[str, Any]] = [
    {"code": "call_out", "name": "上门费", "unit": "次", "amount": Decimal("300.00"), "quantity": Decimal(1)},
    {"code": "hour", "name": "工时费", "unit": "小时", "amount": Decimal("200.00"), "quantity": Decimal(2)},
]


@dataclass(frozen=True)
class Line:
    """A service: its clause, the code of the calendar with its hours, what else is promised."""

    service: str
    clause: str
    calendar: str
    terms: str = ""


@dataclass(frozen=True)
class Quota:
    """So many a contract year; `is_owed`: whether the company has to bring them about."""

    kind: str
    clause: str
    per_year: int
    is_owed: bool = True
    lead_days: int = 14


@dataclass(frozen=True)
class Template:
    """A kind of contract: what a draft of it is filled with. `later_policy` holds from the second year on."""

    name: str
    clause: str
    policy: str
    kinds: tuple[str, ...]
    lines: tuple[Line, ...]
    quotas: tuple[Quota, ...]
    later_policy: str = ""


TEMPLATES: dict[str, Template] = {
    "telemedicine": Template(
        name="远程会诊系统售后服务",
        clause="A4 A9 A10",
        policy="telemedicine",
        kinds=tuple(VIDEO),
        lines=(
            Line(Service.HOTLINE, "A1", "always", "1 小时响应"),
            Line(Service.REMOTE, "A2", "always", "2 小时内解决或转现场；节点瘫痪 1 小时"),
            Line(Service.ONSITE, "A2 A11", "always", "车程 + 1 小时，最迟 4–24 小时"),
            Line(Service.SPARES, "A6 A11", "cn", "24 小时内发出，2 个工作日到达"),
        ),
        quotas=(
            Quota(Kind.MEETING, "A10", 4),
            Quota(Kind.INSPECTION, "A9", 1, lead_days=30),
            Quota(Kind.TRAINING, "A9", 1, lead_days=30),
        ),
    ),
    "his": Template(
        name="HIS 系统售后服务",
        clause="B2",
        policy="his",
        later_policy="his_later",
        kinds=tuple(HIS),
        lines=(
            Line(Service.HOTLINE, "B5", "hotline", "逐条记录；1 小时响应"),
            Line(Service.REMOTE, "B5", "remote"),
            Line(Service.ONSITE, "B4 B5", "always", "24 小时到场；第二年起 2 小时"),
            Line(Service.ONLINE, "B5", "online", "提交并查看进展"),
            Line(Service.SELF_SERVICE, "B5", "always"),
            Line(Service.GREEN_CHANNEL, "B6", "always"),
        ),
        quotas=(
            Quota(Kind.URGENT, "B6", 4, is_owed=False),
            Quota(Kind.INSPECTION, "B5", 1, lead_days=30),
            Quota(Kind.TRAINING, "B5", 1, lead_days=30),
            Quota(Kind.REPORT, "B5", 1, lead_days=21),
        ),
    ),
}


class About(TypedDict):
    """What a draft is made for. `is_first`: its first year is the first of its system."""

    hospital: Hospital
    number: str
    phase: str
    starts_on: date
    years: int
    is_first: bool
    project: NotRequired[Project | None]
    follows: NotRequired[Contract | None]


@transaction.atomic
def load() -> None:
    """Make the rows that are missing; what exists is left as its administrator wants it."""
    terms = [
        CoverageTerm(**fields, position=position, valid_from=BEGINNING)
        for position, fields in enumerate(TERMS, start=1)
    ]
    CoverageTerm.objects.bulk_create(terms, ignore_conflicts=True)
    PriceRow.objects.bulk_create([PriceRow(**fields, valid_from=BEGINNING) for fields in PRICES], ignore_conflicts=True)


@transaction.atomic
def draft(code: str, **about: Unpack[About]) -> Contract:
    """A draft filled from a template, to look over and activate; its last day is the eve of an anniversary."""
    template = TEMPLATES[code]
    project, starts_on = about.get("project"), about["starts_on"]
    policy = template.policy if about["is_first"] or not template.later_policy else template.later_policy
    contract = Contract.objects.create(
        hospital=about["hospital"],
        number=about["number"],
        name=template.name,
        clause=template.clause,
        phase=about["phase"],
        starts_on=starts_on,
        ends_on=date.fromordinal(anniversary(starts_on, about["years"]).toordinal() - 1),
        follows=about.get("follows"),
        scope=Contract.Scope.PROJECT if project else Contract.Scope.ALL,
        project=project,
        device_kinds=list(template.kinds),
        excluded_causes=OUTSIDE,
        policy=Policy.objects.get(code=policy),
    )
    fill(contract, template)
    return contract


def fill(contract: Contract, template: Template) -> None:
    """Give a contract the services and entitlements of a template."""
    calendars = {one.code: one for one in Calendar.objects.filter(code__in=[line.calendar for line in template.lines])}
    ServiceLine.objects.bulk_create(
        ServiceLine(
            contract=contract,
            service=line.service,
            clause=line.clause,
            calendar=calendars[line.calendar],
            terms=line.terms,
            position=position,
        )
        for position, line in enumerate(template.lines, start=1)
    )
    Entitlement.objects.bulk_create(
        Entitlement(
            contract=contract,
            kind=quota.kind,
            clause=quota.clause,
            per_year=quota.per_year,
            is_owed=quota.is_owed,
            lead_days=quota.lead_days,
        )
        for quota in template.quotas
    )
