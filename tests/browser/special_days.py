"""A draft of the calendar that moves a clock, a critical period, and a fault that waits for a technician."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from sla import critical, deadlines, year_drafts
from sla.facts import Kind
from sla.models import Calendar, CalendarDraft, Commitment, CriticalPeriod, Policy
from tests.browser.product import Product
from tests.factories import TicketFactory
from tickets import workflow
from tickets.models import FaultClass, FaultTile, Procedure, Ticket, Training

BEFORE = timedelta(days=400)
TITLE = "没有画面：三楼"


@dataclass(frozen=True)
class SpecialDays:
    draft: CalendarDraft
    ticket: Ticket
    critical: Ticket


def made(product: Product) -> SpecialDays:
    """Made once for a product."""
    ticket = Ticket.objects.filter(title=TITLE).first()
    if ticket is None:
        return _make(product)
    draft = CalendarDraft.objects.filter(state="draft").latest("pk")
    return SpecialDays(draft, ticket, Ticket.objects.exclude(critical_until=None).latest("pk"))


def _make(product: Product) -> SpecialDays:
    now, people = timezone.now(), product.people
    nurse, technician = people["zhoumin"], people["liuhaiyan"]
    assert nurse.hospital is not None
    tile = FaultTile.objects.select_related("fault_class").get(code="no_picture")
    site = product.tickets["new"].site
    choice = {"is_on": True, "keeps_urgent": False, "remind_after": 30, "pass_on_after": 240}
    workflow.configure(nurse.hospital, by=technician, now=now, **choice)
    ticket = TicketFactory(reporter=nurse, site=site, tile=tile, title=TITLE, now=now - timedelta(minutes=12))
    workflow.words(ticket, by=technician, text="先把 HDMI 线拔插一次，我马上过来。", now=now - timedelta(minutes=9))
    assert Procedure.objects.exists()
    said = {"held_on": now.date(), "trainer": people["lihang"].name, "recorded_by": people["linxiao"]}
    Training.objects.create(hospital=nurse.hospital, person=nurse, topic="开机与入会", recorded_at=now, **said)
    return SpecialDays(_draft(product), ticket, _critical(product))


def _critical(product: Product) -> Ticket:
    now, people = timezone.now(), product.people
    nurse, lead, technician = people["zhoumin"], people["linxiao"], people["liuhaiyan"]
    period = CriticalPeriod(
        hospital=nurse.hospital,
        kind="month_end",
        reason="月结",
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=2),
    )
    critical.plan(period, by=lead, now=now)
    monthly = CriticalPeriod(hospital=nurse.hospital, kind="month_end", reason="每月月结", days_before=1, days_after=2)
    critical.plan(monthly, by=technician, now=now)
    fault_class = FaultClass.objects.get(code="main_module")
    return TicketFactory(
        reporter=nurse, site=product.tickets["new"].site, fault_class=fault_class, title="主机告警", now=now
    )


def _draft(product: Product) -> CalendarDraft:
    now, admin = timezone.now(), product.people["gaoyuan"]
    common = {"policy": Policy.objects.get(is_default=True), "clause": "A6 A11", "valid_from": now - BEFORE}
    Commitment.objects.create(
        code="delivered",
        name="备件 2 个工作日送达",
        starts_on=[Kind.PART_NEEDED],
        stops_on=[Kind.PART_DELIVERED],
        targets=[{"days": 2}],
        calendar=Calendar.objects.get(code="cn"),
        **common,
    )
    deadlines.record(product.tickets["remote"].timeline, Kind.PART_NEEDED, at=now, now=now)
    day = timezone.localtime(now).date() + timedelta(days=1)
    for ahead in range(5):
        holiday = day + timedelta(days=ahead)
        if holiday.year == day.year:
            draft = year_drafts.set_day(day.year, holiday, "holiday", "临时放假", by=admin, now=now)
    return draft
