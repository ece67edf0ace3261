"""A small furnished world: one hospital with a person of every role, a live ticket and one of each thing.

`World()` twice gives two hospitals that know nothing of each other. Route tables name its things by path:
`ticket.number`, `deadline.pk`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from operator import attrgetter
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from PIL import Image

from attachments import storage
from attachments.models import Attachment
from devices import labels
from devices.importing import batches
from devices.models import Project
from field.models import Held, Phone
from people import links, tokens
from people.models import DutyOverride, Role, User
from sla.models import CalendarDraft, CriticalPeriod, Policy
from spares.models import Depot, Part, PartRequest, RequestLine, Return, StockItem
from tests.factories import PERSON_OF, DeviceFactory, EngineerFactory, HospitalFactory, SiteFactory, TicketFactory
from tickets import service_report, workflow
from tickets.models import Quote, SavedFilter, TicketAttachment, TicketEvent, TicketVisit
from tickets.quote_sums import Line
from visits import codes
from visits.models import ServiceReport, Visit, VisitRecord
from warranty import duties
from warranty.models import Contract, Entitlement

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
NOTE = "unter-uns-7f3a: the hospital must never read this"


def picture(colour: str = "navy") -> bytes:
    """A small PNG."""
    buffer = BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


class World:
    """One hospital, its people and things, and the company's people who look after it."""

    def __init__(self) -> None:
        self.hospital = HospitalFactory()
        region = self.hospital.region
        self.people: dict[str, User] = {role: self._person(role) for role in Role.values if role != Role.ENGINEER}
        self.people[Role.ENGINEER] = EngineerFactory(team__region=region)
        self.nurse, self.engineer = self.people[Role.HOSPITAL_STAFF], self.people[Role.ENGINEER]
        self.operator, self.lead = self.people[Role.OPERATOR], self.people[Role.LEAD]
        self.site = SiteFactory(hospital=self.hospital)
        self.device = DeviceFactory(site=self.site)
        self.label = labels.ensure([self.device], by=self.lead, now=NOW)[self.device.pk]
        listed = storage.List("devices.csv", "", text="hospital,name,model,serial\nx,x,x,x\n")
        self.batch = batches.start(listed, by=self.lead, now=NOW)
        self.ticket = TicketFactory(device=self.device, reporter=self.nurse, now=NOW)
        workflow.note(self.ticket, by=self.operator, text=NOTE, now=NOW)
        self.contract = Contract.objects.create(
            hospital=self.hospital,
            number=f"HT-{self.hospital.pk}",
            clause="B2",
            phase=Contract.Phase.PAID,
            starts_on=date(2026, 4, 15),
            ends_on=date(2029, 4, 14),
            policy=Policy.objects.get(code="telemedicine"),
            activated_at=NOW,
        )
        Entitlement.objects.create(contract=self.contract, kind="meeting", clause="A10", per_year=4, is_owed=True)
        Entitlement.objects.create(contract=self.contract, kind="urgent", clause="B6", per_year=4)
        planned = duties.plan(self.contract, "meeting", on=NOW.date(), by=self.lead, now=NOW)
        sheet = SimpleUploadedFile("sheet.png", picture(), content_type="image/png")
        self.duty = duties.done(planned, on=NOW.date(), proof=sheet, by=self.lead, today=NOW.date(), now=NOW)
        self.deadline = self.ticket.timeline.deadlines.order_by("pk")[0]
        self.note = TicketEvent.objects.get(ticket=self.ticket, body=NOTE)
        self.file, self.secret_file = self._file(None), self._file(self.note)
        self.quote = self._quote()
        self.report = self._report()
        self._field()
        self.project = Project.objects.create(hospital=self.hospital, name="一期", proof=self.file)
        self.filter = SavedFilter.objects.create(person=self.lead, name="mine", query="show=mine")
        hours = timedelta(hours=8)
        self.override = DutyOverride.objects.create(
            role=Role.OPERATOR, user=self.operator, starts_at=NOW, ends_at=NOW + hours
        )
        self.calendar, _made = CalendarDraft.objects.get_or_create(
            year=2031, state="draft", defaults={"made_by": self.people[Role.ADMIN], "made_at": NOW}
        )
        self.period = CriticalPeriod.objects.create(
            hospital=self.hospital,
            kind="audit",
            reason="audit",
            starts_at=NOW - timedelta(days=9),
            ends_at=NOW - timedelta(days=8),
            asked_by=self.lead,
            asked_at=NOW,
        )
        self.token, self.token_text = tokens.make(
            self.nurse, name="hers", scope="write", days=90, by=self.nurse, now=NOW
        )
        self.part_request = self._part_request()
        self.stock = self._stock()
        self.part_line = RequestLine.objects.create(request=self.part_request, part=self.stock.part)
        self.part_return = self._part_return()
        self.reset_uid, self.reset_token = links.link_for(self.nurse).rstrip("/").split("/")[-2:]

    def _person(self, role: str) -> User:
        inside = role in (Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN)
        return PERSON_OF[role](hospital=self.hospital) if inside else PERSON_OF[role]()

    def _file(self, event: TicketEvent | None) -> Attachment:
        upload = SimpleUploadedFile("photo.png", picture(), content_type="image/png")
        stored = storage.accept(upload, hospital=self.hospital, by=self.nurse, now=NOW)
        TicketAttachment.objects.create(ticket=self.ticket, event=event, attachment=stored, is_public=event is None)
        return stored

    def _quote(self) -> Quote:
        """One that waits for the hospital's answer."""
        row = Quote(ticket=self.ticket, hospital=self.hospital, number=f"QT-{self.ticket.pk}", state="sent")
        row.itemise([Line("call-out", "", Decimal(1), Decimal(300), Decimal(6))])
        row.valid_until, row.document = NOW.date() + timedelta(days=15), self.file
        row.changed_by, row.changed_at, row.sent_by, row.sent_at = self.operator, NOW, self.operator, NOW
        row.save()
        return row

    def _report(self) -> ServiceReport:
        """Of a visit that was signed for, before its paper is made."""
        window = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=2), "created_at": NOW, "changed_at": NOW}
        visit = Visit.objects.create(hospital=self.hospital, site=self.site, subject="visit", **window)
        TicketVisit.objects.create(ticket=self.ticket, visit=visit)
        return service_report.freeze(self.ticket, visit, now=NOW)[0]

    def _part_request(self) -> PartRequest:
        """One that no depot has yet, so that any clerk may work on it."""
        return PartRequest.objects.create(
            number=f"RQ-2026-{self.hospital.pk:06}",
            hospital=self.hospital,
            site=self.site,
            subject="MCU-1",
            origin=PartRequest.Origin.TICKET,
            requested_at=NOW,
            changed_at=NOW,
        )

    def _field(self) -> None:
        """The engineer's phone, and an act from it that waits for a lead's word."""
        visit = self.report.visit
        self.phone = Phone.objects.create(person=self.engineer, key=uuid4(), first_seen_at=NOW, last_seen_at=NOW)
        record = VisitRecord.objects.create(
            visit=visit, hospital=self.hospital, kind="step", at=NOW, recorded_at=NOW, by=self.engineer
        )
        self.held = Held.objects.create(
            person=self.engineer, visit=visit, hospital=self.hospital, record=record, reason="reassigned",
            kind="depart", at=NOW, received_at=NOW,
            body={"kind": "depart", "visit": visit.pk, "at": NOW.isoformat(), "offset_ms": 0},
        )  # fmt: skip

    def _part_return(self) -> Return:
        return Return.objects.create(
            number=f"RT-2026-{self.hospital.pk:06}",
            hospital=self.hospital,
            part=self.stock.part,
            depot=self.stock.depot,
            owed_since=NOW,
        )

    def _stock(self) -> StockItem:
        """A part in a depot of this world's clerk."""
        depot = Depot.objects.create(code=f"depot-{self.hospital.pk}", name=f"Depot {self.hospital.pk}")
        depot.clerks.add(self.people[Role.DEPOT])
        part = Part.objects.create(code=f"P-{self.hospital.pk}", name="fan tray")
        return StockItem.objects.create(depot=depot, part=part)

    @property
    def site_code(self) -> str:
        return codes.code_of(self.site)

    def thing(self, path: str) -> str:
        """`ticket.number` → its value as it stands in a URL."""
        return str(attrgetter(path)(self))


def routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every url pattern of the project with its whole path, as Django writes it: `desk/<int:pk>/`."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        else:
            yield path, pattern
