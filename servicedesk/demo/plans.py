"""What is planned and known of the demo's hospitals: critical periods, who looks first, trainings, the next year."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from people.models import Hospital, User
from servicedesk.demo import cases, cast
from servicedesk.demo.world import World
from sla import critical, year_drafts
from sla.holidays import parse
from sla.models import CriticalPeriod, NationalYear
from tickets import training
from tickets.workflow.triage import configure

SHANGHAI = ZoneInfo("Asia/Shanghai")
Period = CriticalPeriod.PeriodKind
# hospital, kind, reason, days from today until its first and its last
PERIODS = (
    ("攀枝花市金沙江医院", Period.AUDIT, "三级医院等级评审", -1, 5),
    ("绵阳市涪滨人民医院", Period.CONSULTATION, "全省远程疑难病例大会诊", 9, 10),
    ("南充市嘉滨人民医院", Period.OTHER, "互联互通测评", 20, 24),
)
MONTH_ENDS = ("泸州市沱江口医院", "自贡市釜溪医院")
PROPOSED = ("医保飞行检查", 15, 17)
# hospital, who, topic, how many days ago, trainer
TRAININGS = (
    ("绵阳市涪滨人民医院", "刘海燕", "远程会诊终端日常维护", 210, "李航"),
    ("绵阳市涪滨人民医院", "周敏", "会诊预约与报修", 210, "李航"),
    ("绵阳市涪滨人民医院", "郭蓉（远程会诊中心）", "会前检查与备用方案", 95, "郑凯"),
    ("达州市洲河人民医院", "彭涛", "远程会诊终端日常维护", 160, "周倩"),
    ("达州市洲河人民医院", "彭涛", "MCU 告警识别与初步处置", 40, "周倩"),
    ("宜宾市江源人民医院", "信息科全体", "HIS 日常维护与应急处置", 120, "许诺"),
)
# As it is expected; the State Council's notice is compared with it before it is put in force.
NEXT_YEAR = 2027
EXPECTED = """2027-01-01~2027-01-03,放假,元旦
2027-02-05~2027-02-12,放假,春节
2027-02-14,上班,春节
2027-02-20,上班,春节
2027-04-03~2027-04-05,放假,清明节
2027-05-01~2027-05-05,放假,劳动节
2027-05-08,上班,劳动节
2027-06-09,放假,端午节
2027-09-15,放假,中秋节
2027-10-01~2027-10-07,放假,国庆节
2027-10-09,上班,国庆节"""


def make(world: World, now: datetime) -> None:
    """Once, behind the past: nobody planned ahead of what is told there."""
    hospitals = {hospital.name: hospital for hospital in Hospital.objects.all()}
    lead = world.people["linxiao"]
    _periods(hospitals, lead, world.people["liuhaiyan"], now)
    configure(
        hospitals[cases.TRIAGING],
        is_on=True,
        keeps_urgent=False,
        remind_after=30,
        pass_on_after=60,
        by=world.people[cases.TECHNICIAN],
        now=now,
    )
    people = {person.name: person for person in world.people.values()}
    for name, who, topic, ago, trainer in TRAININGS:
        person = people.get(who)
        training.record(
            hospital=hospitals[name],
            person=person,
            attendee="" if person else who,
            topic=topic,
            held_on=_day(now, -ago),
            trainer=trainer,
            by=lead,
            now=now,
        )
    if not NationalYear.objects.filter(year=NEXT_YEAR, is_published=True).exists():
        days, _problems = parse(EXPECTED, NEXT_YEAR)
        source = f"预排，待国务院办公厅 {NEXT_YEAR} 年通知核对"
        year_drafts.load(NEXT_YEAR, days, source=source, by=world.people["gaoyuan"], now=now)


def _periods(hospitals: dict[str, Hospital], lead: User, technician: User, now: datetime) -> None:
    """One is on, others lie ahead, one comes with each month's end, one is a technician's wish."""
    for name, kind, reason, first, last in PERIODS:
        _period(hospitals[name], kind, reason, (first, last), lead, now)
    for name in MONTH_ENDS:
        monthly = CriticalPeriod(
            hospital=hospitals[name], kind=Period.MONTH_END, reason="月末结账", days_before=2, days_after=1
        )
        critical.plan(monthly, by=lead, now=now)
    reason, first, last = PROPOSED
    _period(hospitals[cast.PEOPLE[0].hospital], Period.AUDIT, reason, (first, last), technician, now)


def _period(hospital: Hospital, kind: str, reason: str, days: tuple[int, int], by: User, now: datetime) -> None:
    starts, ends = (datetime.combine(_day(now, day), time(), SHANGHAI) for day in (days[0], days[1] + 1))
    period = CriticalPeriod(hospital=hospital, kind=kind, reason=reason, starts_at=starts, ends_at=ends)
    critical.plan(period, by=by, now=now)


def _day(now: datetime, days: int) -> date:
    return now.astimezone(SHANGHAI).date() + timedelta(days)
