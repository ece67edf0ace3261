"""The papers of signed visits (A8): set by a worker, hung on the story, told to the hospital."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Exists, OuterRef

from tickets import service_paper
from tickets.models import Ticket
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, each
from visits.models import ServiceReport

AT_ONCE = 20
"""Tickets of one turn."""


def make_reports(now: datetime) -> int:
    """Set the papers of the reports that were frozen and have none yet; of how many tickets. Safe at any time."""
    unmade = ServiceReport.objects.filter(visit__ticket_link__ticket=OuterRef("pk"), file=None)
    # By chance: some that cannot be set (a signature's file is lost) do not hold up all that came after them.
    waiting = Ticket.objects.filter(Exists(unmade)).order_by("?").only("pk", "number")[:AT_ONCE]
    return each(waiting, lambda ticket: _make(ticket, now))


def _make(ticket: Ticket, now: datetime) -> bool:
    with act(ticket, None, by=None, now=now) as doing:
        rows = ServiceReport.objects.filter(visit__ticket_link__ticket=doing.ticket, file=None)
        signed = ("visit__signature__image", "visit__signature__engineer_image")
        found = list(rows.select_related(*signed).order_by("visit_id", "-language"))
        for _visit, reports in groupby(found, key=lambda report: report.visit_id):
            _bring(doing, list(reports))
    return bool(found)


def _bring(doing: Act, reports: list[ServiceReport]) -> None:
    """The papers of one visit, in each language, as one line of the story."""
    uploads = [
        SimpleUploadedFile(service_paper.name(report), service_paper.make(report), "application/pdf")
        for report in reports
    ]
    code = reports[0].check_code
    event = doing.event(E.REPORT, public=True, files=uploads, code=code, visit=reports[0].visit_id)
    links = event.files.select_related("attachment").order_by("pk")
    for report, link in zip(reports, links, strict=True):
        report.file, report.sha256, report.made_at = link.attachment, link.attachment.sha256, doing.now
    ServiceReport.objects.bulk_update(reports, ["file", "sha256", "made_at"])
    telling.here(doing, "ticket.report", key=f"report:{code}", code=code)
