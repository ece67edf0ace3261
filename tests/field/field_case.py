"""An engineer with a phone and a visit of today, for the tests of the field app's doors."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from people.models import Role, User
from tests.factories import LeadFactory, RotationFactory
from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case
from tests.world import picture
from tickets import workflow
from tickets.models import FaultClass, Ticket, TicketVisit
from visits import defaults as checklists
from visits import dispatch
from visits.models import Visit

NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
"""Wednesday, 10:00 in Shanghai."""
MINUTE = timedelta(minutes=1)


@dataclass
class Phone:
    """A phone with its person's session. `offset_ms`: how far its clock is ahead; `key` is what it calls itself."""

    person: User
    offset_ms: int = 0
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        self.client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
        self.client.force_login(self.person)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(f"/m/{path}", headers={"X-Phone": self.key, **headers})

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        sent = {"X-Phone": self.key, **headers}
        return self.client.post(f"/m/{path}", json.dumps(body), content_type="application/json", headers=sent)

    def act(self, kind: str, visit: Visit | int, at: datetime, sent_at: datetime | None = None, **more: Any) -> Any:
        """The body of an act that happened at `at` by our clock."""
        ahead = timedelta(milliseconds=self.offset_ms)
        return {
            "kind": kind,
            "visit": visit if isinstance(visit, int) else visit.pk,
            "at": (at + ahead).isoformat(),
            "sent_at": ((sent_at or at) + ahead).isoformat(),
            "offset_ms": self.offset_ms,
            **more,
        }

    def push(self, act: Any, key: str | None = None, **files: bytes) -> HttpResponse:
        """Send an act, with pictures if there are any."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if not files:
            return self.post("push", act, **headers)
        sent = {name: SimpleUploadedFile(f"{name}.png", content, "image/png") for name, content in files.items()}
        return self.client.post("/m/push", {"act": json.dumps(act), **sent}, headers={"X-Phone": self.key, **headers})


@dataclass
class Day:
    """The case of one hospital, a ticket whose engineer is planned for 10:30, and the engineer's phone."""

    case: Case
    lead: User
    ticket: Ticket
    visit: Visit
    phone: Phone = field(init=False)

    def __post_init__(self) -> None:
        self.phone = Phone(self.case.engineer)

    @property
    def engineer(self) -> User:
        return self.case.engineer


def make(now: datetime = NOW) -> Day:
    case = hospital_case.make(now)
    checklists.load()
    lead = LeadFactory(name="林晓", team=case.operator.team)
    RotationFactory(role=Role.LEAD, people=[lead])
    fault = FaultClass.objects.get(code="node_down")
    ticket = case.file(
        60,
        device=case.mcu,
        title="MCU 主节点不通",
        fault_class=fault,
        contact_name="刘海燕",
        contact_phone="13900000217",
    )
    workflow.answer(ticket, by=case.operator, text="请先看电源。", now=case.at(40))
    ticket = workflow.remote_failed(ticket, by=case.operator, reason="重启无效", now=case.at(20))
    visit = plan(case, ticket, now + 30 * MINUTE)
    return Day(case, lead, ticket, visit)


def plan(case: Case, ticket: Ticket, starts_at: datetime, engineer: User | None = None) -> Visit:
    """A planned visit for a ticket."""
    visit = dispatch.plan(
        ticket.site,
        purpose="repair",
        subject=f"{ticket.number} {ticket.title}",
        engineer=engineer or case.engineer,
        starts_at=starts_at,
        ends_at=starts_at + 60 * MINUTE,
        timeline=ticket.timeline,
        by=case.operator,
        now=case.now,
    )
    TicketVisit.objects.create(ticket=ticket, visit=visit)
    return visit


def photo() -> bytes:
    return picture()
