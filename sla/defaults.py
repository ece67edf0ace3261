"""The promise book as rows: what a new installation starts with. An administrator changes it from there.

Names of rows are Chinese: they are data that people in hospitals read, not text of the program.
Figures are those of `promises.md`, "The clocks"; each commitment names its clause.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django.db import transaction

from people.models import Role
from sla import calendars, chinese
from sla.facts import Kind
from sla.models import (
    Calendar,
    Commitment,
    EscalationStep,
    Ladder,
    NationalDay,
    NationalYear,
    PauseReason,
    Policy,
)

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
Steps = Sequence[dict[str, Any]]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _week(days: tuple[str, ...], opens: str, closes: str) -> dict[str, list[list[str]]]:
    return {day: [[opens, closes]] for day in days}


CALENDARS: dict[str, dict[str, Any]] = {
    "always": {
        "name": "7×24 小时",
        "hours": _week(WEEK, "00:00", "24:00"),
        "follows_national": False,
    },
    "cn": {
        "name": "中国工作日 9–18 点",
        "hours": _week(WEEK[:5], "09:00", "18:00"),
        "follows_national": True,
    },
    "hotline": {
        "name": "热线 6×10，休息日 8 小时",
        "hours": {**_week(WEEK[:6], "08:00", "18:00"), "sun": [["09:00", "17:00"]]},
        "rest_hours": [["09:00", "17:00"]],
        "follows_national": True,
    },
    # B5: the hours of the services of the catalogue.
    "remote": {
        "name": "远程服务 6×12",
        "hours": _week(WEEK[:6], "08:00", "20:00"),
        "follows_national": True,
    },
    "online": {
        "name": "在线服务 5×8",
        "hours": _week(WEEK[:5], "09:00", "17:00"),
        "follows_national": True,
    },
}

PAUSES = {
    "asked_later": "医院要求改约时间",
    "no_access": "无法进入现场（手术、隔离等）",
    "hospital_work": "等待医院方配合（断电、网络、第三方）",
}
ACCEPTED = list(PAUSES)
# No clock accepts it by default: work that waits for its quote keeps its deadlines unless a policy says otherwise.
QUOTE_PAUSE = {"quote": "等待医院答复报价"}

# Promise book, Escalation: 50 % assignee, 80 % assignee and lead, 100 % manager, then every 30 min.
DEFAULT_LADDER: list[dict[str, Any]] = [
    {"percent": 50, "recipients": ["assignee"]},
    {"percent": 80, "recipients": ["assignee", Role.LEAD]},
    {"percent": 100, "recipients": [Role.MANAGER]},
    {"after_minutes": 30, "repeat_minutes": 30, "repeats": 2, "recipients": ["assignee", Role.LEAD, Role.MANAGER]},
    {"after_minutes": 120, "repeat_minutes": 30, "repeats": 4, "recipients": [Role.MANAGER, Role.ADMIN]},
]
# The on-site clock starts by itself when this one runs out, and pages from there.
SHORT_LADDER: list[dict[str, Any]] = [*DEFAULT_LADDER[:3]]

# N12: in a hospital's critical period the first people hear earlier, and nobody waits half an hour past the due time.
CRITICAL_LADDER: list[dict[str, Any]] = [
    {"percent": 25, "recipients": ["assignee"]},
    {"percent": 50, "recipients": ["assignee", Role.LEAD]},
    {"percent": 75, "recipients": ["assignee", Role.LEAD, Role.MANAGER]},
    {"percent": 100, "recipients": [Role.MANAGER]},
    {"after_minutes": 15, "repeat_minutes": 15, "repeats": 4, "recipients": ["assignee", Role.LEAD, Role.MANAGER]},
    {"after_minutes": 90, "repeat_minutes": 30, "repeats": 5, "recipients": [Role.MANAGER, Role.ADMIN]},
]
SHORT_CRITICAL_LADDER: list[dict[str, Any]] = [*CRITICAL_LADDER[:4]]

OVER = [Kind.CANCELLED, Kind.CLOSED]

# B6: an urgent response tightens what the contract promises. The clause says "the same day, also on holidays" and no
# more: that an answer comes in half an hour and the rest as fast as for a node down is policy.
URGENT = {"urgent": True}

# A11: where two hours on site were not enough, the request is drafted at that instant, and its clocks run.
SPARE: dict[str, Any] = {
    "starts_on": [Kind.PART_NEEDED, Kind.FIX_LIMIT_PASSED],
    # What is on its way is owed, even when the fault is solved without it.
    "cancels_on": [Kind.PART_CANCELLED, Kind.CANCELLED],
    "per": "request",
}

COMMITMENTS: list[dict[str, Any]] = [
    {
        "code": "response",
        "name": "1 小时响应",
        "clause": "A1 A2 B4",
        "starts_on": [Kind.NOTIFIED, Kind.REOPENED],
        "stops_on": [Kind.RESPONDED],
        "cancels_on": OVER,
        "targets": [{"when": URGENT, "minutes": 30}, {"minutes": 60}],
    },
    {
        "code": "remote",
        "name": "远程处理",
        "clause": "A2",
        "when": {"kind": "fault"},
        "starts_on": [Kind.RESPONDED],
        "stops_on": [Kind.SOLVED, Kind.REMOTE_FAILED, Kind.ARRIVED],
        "cancels_on": OVER,
        "targets": [
            {"when": {"node_down": True}, "minutes": 60},
            {"when": URGENT, "minutes": 60},
            {"minutes": 120},
        ],
        "pause_reasons": ACCEPTED,
        "expiry_fact": Kind.REMOTE_LIMIT_PASSED,
        "ladder": "short",
    },
    {
        "code": "onsite",
        "name": "车程 + 1 小时到场",
        "clause": "A2 A4",
        "when": {"kind": "fault"},
        "starts_on": [Kind.REMOTE_FAILED, Kind.REMOTE_LIMIT_PASSED],
        "stops_on": [Kind.ARRIVED],
        "cancels_on": [Kind.SOLVED, *OVER],
        "targets": [{"minutes": 60}],
        "adds_travel": True,
        "pause_reasons": ACCEPTED,
    },
    {
        "code": "onsite_bound",
        "name": "到场外限",
        "clause": "A11",
        "when": {"kind": "fault"},
        "starts_on": [Kind.NOTIFIED, Kind.REOPENED],
        "stops_on": [Kind.ARRIVED],
        "cancels_on": [Kind.SOLVED, *OVER],
        "bands": [
            {"up_to_km": 100, "minutes": 240},
            {"up_to_km": 200, "minutes": 480},
            {"up_to_km": 400, "minutes": 720},
            {"minutes": 1440},
        ],
        "pause_reasons": ACCEPTED,
        "ladder": "short",
    },
    {
        "code": "fix",
        "name": "到场后 2 小时修复",
        "clause": "A11",
        "when": {"kind": "fault"},
        "starts_on": [Kind.ARRIVED],
        "stops_on": [Kind.SOLVED, Kind.PART_NEEDED],
        "cancels_on": OVER,
        "targets": [{"minutes": 120}],
        "pause_reasons": ACCEPTED,
        "expiry_fact": Kind.FIX_LIMIT_PASSED,
    },
    {
        "code": "spare_shipped",
        "name": "24 小时发件",
        "clause": "A11",
        **SPARE,
        "stops_on": [Kind.PART_SHIPPED],
        "targets": [{"minutes": 1440}],
    },
    {
        "code": "spare_delivered",
        "name": "2 个工作日送达",
        "clause": "A6 A11",
        **SPARE,
        "stops_on": [Kind.PART_DELIVERED],
        "targets": [{"days": 2}],
        "calendar": "cn",
    },
    {
        "code": "update",
        "name": "进展告知",
        "clause": "B5",
        "starts_on": [Kind.RESPONDED, Kind.UPDATED, Kind.REMOTE_FAILED, Kind.DEPARTED, Kind.ARRIVED],
        "stops_on": [Kind.SOLVED],
        "cancels_on": OVER,
        "restarts": True,
        "targets": [
            {"when": {"node_down": True}, "minutes": 60},
            {"when": URGENT, "minutes": 60},
            {"minutes": 240},
        ],
        "pause_reasons": ACCEPTED,
        "ladder": "short",
    },
    {
        "code": "urgent",
        "name": "当天加急响应",
        "clause": "B6",
        "when": URGENT,
        "starts_on": [Kind.NOTIFIED, Kind.REOPENED],
        "stops_on": [Kind.ARRIVED, Kind.SOLVED],
        "cancels_on": OVER,
        # Up to 0:00 of the day that follows, on whatever day: the same day.
        "targets": [{"days": 1}],
        "day_closes_at": time(0),
        "pause_reasons": ACCEPTED,
    },
]

# B4: one hour's answer, on site within 24 h whatever the distance.
HIS_BOUND: dict[str, Any] = {"bands": [{"minutes": 1440}], "clause": "B4", "name": "24 小时到场"}

# B5: from the second year on nobody is resident, and an engineer is there within 2 h.
HIS_TWO_HOURS: dict[str, Any] = {"bands": [{"minutes": 120}], "clause": "B5", "name": "2 小时到场"}


@transaction.atomic
def load() -> None:
    """Make the rows that are missing; what exists is left as its administrator wants it."""
    reasons = [PauseReason(code=code, name=name) for code, name in (PAUSES | QUOTE_PAUSE).items()]
    PauseReason.objects.bulk_create(reasons, ignore_conflicts=True)
    load_national_years()
    hours = [Calendar(code=code, **fields) for code, fields in CALENDARS.items()]
    Calendar.objects.bulk_create(hours, ignore_conflicts=True)
    for calendar in Calendar.objects.filter(code__in=CALENDARS, versions=None):
        calendars.activate(calendar, by=None, now=BEGINNING)
    ladders = {
        "default": _ladder("默认升级阶梯", DEFAULT_LADDER, "紧要时段升级阶梯", CRITICAL_LADDER),
        "short": _ladder("只提醒，不重复", SHORT_LADDER, "紧要时段只提醒", SHORT_CRITICAL_LADDER),
    }
    _policy("telemedicine", "远程会诊售后（A）", True, ladders, {})
    _policy("his", "HIS 售后（B）", False, ladders, {"onsite_bound": HIS_BOUND})
    _policy("his_later", "HIS 售后第二年起（B5）", False, ladders, {"onsite_bound": HIS_TWO_HOURS})


def load_national_years() -> list[int]:
    """Rows for every year that the calendar package publishes and that is not loaded yet."""
    loaded = set(NationalYear.objects.values_list("year", flat=True))
    missing = sorted(chinese.published_years() - loaded)
    rows = NationalYear.objects.bulk_create(
        NationalYear(year=year, is_published=True, source=f"国务院办公厅 {year} 年节假日安排") for year in missing
    )
    NationalDay.objects.bulk_create(
        NationalDay(year=row, date=day, kind=kind, name=name)
        for row in rows
        for day, kind, name in chinese.special_days(row.year)
    )
    return missing


def _ladder(name: str, steps: Steps, critical_name: str = "", critical: Steps = ()) -> Ladder:
    """A ladder with its steps, and the one that stands in for it in critical periods; rows that exist stay."""
    ladder, made = Ladder.objects.get_or_create(name=name)
    if made:
        EscalationStep.objects.bulk_create(
            EscalationStep(ladder=ladder, number=number, **step) for number, step in enumerate(steps, start=1)
        )
    if critical and not Ladder.objects.filter(name=critical_name).exists():
        ladder.critical = _ladder(critical_name, critical)
        ladder.save(update_fields=["critical"])
    return ladder


def _policy(
    code: str, name: str, default: bool, ladders: dict[str, Ladder], changes: dict[str, dict[str, Any]]
) -> None:
    policy, made = Policy.objects.get_or_create(code=code, defaults={"name": name, "is_default": default})
    if not made:
        return
    by_code = {calendar.code: calendar for calendar in Calendar.objects.filter(code__in=CALENDARS)}
    promised = []
    for position, commitment in enumerate(COMMITMENTS, start=1):
        fields = {**commitment, **changes.get(commitment["code"], {})}
        fields["ladder"] = ladders[fields.get("ladder", "default")]
        fields["calendar"] = by_code[fields.get("calendar", "always")]
        promised.append(Commitment(policy=policy, position=position, valid_from=BEGINNING, **fields))
    Commitment.objects.bulk_create(promised)
