"""What the demo's engineers know, the visits planned for them, one that is signed and one that waits for somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from attachments import storage
from attachments.models import Attachment
from people.models import User
from servicedesk.demo import texts
from servicedesk.demo.scene import Scene
from servicedesk.demo.texts import BY_TILE
from servicedesk.demo.world import World
from tickets import workflow
from tickets.models import Ticket
from tickets.workflow import visiting
from visits import checklists, dispatch, ways
from visits.models import Crew, Skill, Visit, VisitRecord

# engineer, grade with terminals, MCUs and HIS servers
SKILLS = (
    ("lihang", 3, 2, 1),
    ("zhengkai", 2, 3, 0),
    ("zhouqian", 3, 1, 1),
    ("sunhao", 2, 1, 0),
    ("fengtao", 2, 2, 0),
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
HERE = "绵阳市涪滨人民医院"
"""Of the head nurse and the technician whom the tour follows."""
READINGS = (
    ("power", "ok"), ("cables", "ok"), ("loss", "0.2"), ("register", "ok"),
    ("picture", "ok"), ("sound", "ok"), ("dual", "ok"), ("logs", "ok"),
)  # fmt: skip
STROKES = (
    ((20, 70), (34, 34), (52, 88), (66, 40), (80, 74)),
    ((96, 30), (140, 30)),
    ((118, 16), (112, 96)),
    ((92, 92), (148, 60), (176, 84), (214, 48), (262, 66)),
)
"""A hand's marks on a field of 280 × 110 points."""


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


def tell(scene: Scene) -> list[Ticket]:
    """A fault that was mended on site and signed for today, and one for which nobody is sent yet."""
    return [_signed(scene), _waiting(scene)]


def _signed(scene: Scene) -> Ticket:
    engineer, said = scene.world.people["lihang"], texts.HDMI
    ticket = scene.file(HERE, said, 430)
    scene.answer(ticket, "hejing", 421, said.answer)
    scene.failed(ticket, "hejing", "lihang", 402)
    scene.depart(ticket, "lihang", 396, -300)
    workflow.arrive(ticket, by=engineer, now=scene.ago(301))
    visit = Visit.objects.get(ticket_link__ticket=ticket)
    visiting.start_work(ticket, visit, by=engineer, now=scene.ago(297))
    _went_through(visit, ticket, engineer, scene)
    visiting.finish_visit(
        ticket,
        visit,
        outcome=Visit.Outcome.SOLVED,
        found=said.cause,
        done=said.action,
        by=engineer,
        now=scene.ago(216),
    )
    with transaction.atomic():
        visiting.sign_visit(
            ticket,
            visit,
            is_solved=True,
            satisfaction=5,
            name="刘海燕",
            department="信息科",
            image=_signature(ticket, engineer, scene),
            by=engineer,
            now=scene.ago(212),
        )
    visiting.leave_site(ticket, visit, by=engineer, now=scene.ago(205))
    return ticket


def _went_through(visit: Visit, ticket: Ticket, engineer: User, scene: Scene) -> None:
    """The checks of the list for this device, a few minutes apart."""
    kind = ticket.device.model.kind if ticket.device else ""
    used = checklists.choose(checklists.published(), kind, ticket.fault_class.code if ticket.fault_class else "")
    Visit.objects.filter(pk=visit.pk).update(checklist=used)
    for number, (key, value) in enumerate(READINGS):
        check = checklists.item(used.items, key) if used else None
        if check is not None:
            data = {"item": key, "value": value, "ok": checklists.judge(check, value), "unit": check.get("unit", "")}
            now = scene.ago(285 - 8 * number)
            dispatch.record(visit, VisitRecord.Kind.READING, data=data, by=engineer, now=now)


def _signature(ticket: Ticket, engineer: User, scene: Scene) -> Attachment:
    picture = Image.new("RGB", (280, 110), "white")
    pen = ImageDraw.Draw(picture)
    for stroke in STROKES:
        pen.line(stroke, fill="#1b2733", width=4, joint="curve")
    content = BytesIO()
    picture.save(content, "PNG")
    upload = SimpleUploadedFile("signature.png", content.getvalue(), "image/png")
    return storage.accept(upload, hospital=ticket.hospital, by=engineer, now=scene.ago(212))


def _waiting(scene: Scene) -> Ticket:
    said = BY_TILE["no_power"]
    ticket = scene.file(HERE, said, 34)
    scene.answer(ticket, "hejing", 26, said.answer)
    workflow.remote_failed(ticket, by=scene.world.people["hejing"], reason=texts.REMOTE_FAILED, now=scene.ago(7))
    return ticket


def _is_booked(engineer: User, day: datetime) -> bool:
    start = day.replace(hour=0)
    return Crew.objects.filter(
        engineer=engineer, released_at=None, during__overlap=(start, start + timedelta(days=1))
    ).exists()
