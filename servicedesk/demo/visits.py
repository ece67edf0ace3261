"""What the demo's engineers know, and the visits that are planned for them beside the faults of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from people.models import User
from servicedesk.demo.world import World
from visits import dispatch, ways
from visits.models import Crew, Skill, Visit

# engineer, grade with terminals, MCUs and HIS servers
SKILLS = (
    ("lihang", 3, 2, 1),
    ("zhengkai", 2, 3, 0),
    ("zhouqian", 3, 1, 1),
    ("sunhao", 2, 1, 0),
    ("xunuo", 2, 2, 3),
    ("zhaolei", 3, 3, 2),
)
KINDS = ("terminal", "mcu", "his_server")
# engineer, hospital, days ahead, hour, hours there, purpose, subject
PLANNED = (
    ("lihang", "雅安市青衣江医院", 1, 9, 3, Visit.Purpose.INSPECTION, "年度巡检"),
    ("zhengkai", "绵阳市涪滨人民医院", 1, 14, 2, Visit.Purpose.TRAINING, "终端日常维护培训"),
    ("zhouqian", "达州市洲河人民医院", 1, 10, 4, Visit.Purpose.INSPECTION, "年度巡检"),
    ("sunhao", "德阳市旌湖中医医院", 2, 9, 2, Visit.Purpose.INSPECTION, "年度巡检"),
    ("xunuo", "泸州市沱江口医院", 1, 13, 3, Visit.Purpose.MEETING, "全市会诊保障"),
    ("lihang", "绵阳市涪滨人民医院", 3, 8, 5, Visit.Purpose.MEETING, "全省远程会诊保障"),
)


def make(world: World) -> None:
    """Once: each engineer's grades."""
    Skill.objects.bulk_create(
        Skill(engineer=world.people[who], device_kind=kind, grade=grade)
        for who, *grades in SKILLS
        for kind, grade in zip(KINDS, grades, strict=True)
        if grade
    )


def plan(world: World, now: datetime) -> None:
    """With each fresh set of faults: the days ahead, where an engineer is not booked already."""
    lead = world.people["linxiao"]
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    for who, hospital, days, hour, hours, purpose, subject in PLANNED:
        engineer, site = world.people[who], world.sites[hospital]
        starts_at = today + timedelta(days=days, hours=hour)
        if _is_booked(engineer, starts_at):
            continue
        dispatch.plan(
            site,
            purpose=purpose,
            subject=subject,
            engineer=engineer,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours),
            way=ways.way(engineer, site, starts_at),
            by=lead,
            now=now,
        )


def _is_booked(engineer: User, day: datetime) -> bool:
    start = day.replace(hour=0)
    return Crew.objects.filter(
        engineer=engineer, released_at=None, during__overlap=(start, start + timedelta(days=1))
    ).exists()
