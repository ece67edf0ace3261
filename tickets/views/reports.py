"""The record behind a service report: whoever holds the paper compares it here (A8)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from people.access import needs, person
from tickets import links, service_report
from tickets.models import Ticket
from visits.models import ServiceReport


@needs("visits.see")
@require_GET
def check(request: HttpRequest, code: str) -> HttpResponse:
    """What is on record under a check code: the papers, their SHA-256, and whether the facts still give the code."""
    user = person(request)
    seen = Ticket.objects.for_user(user).values("visits__visit")
    reports = ServiceReport.objects.for_user(user).filter(check_code=code.upper(), visit__in=seen)
    found = list(reports.select_related("file").order_by("-language"))
    if not found:
        raise Http404(code)
    content = found[0].content
    context = {
        "reports": found,
        "said": content,
        "code": found[0].check_code,
        "frozen_at": found[0].frozen_at,
        "is_unchanged": all(service_report.check_code(one.content) == one.check_code for one in found),
        "url": links.portal(content["number"]) if user.is_hospital else links.console(content["number"]),
    }
    return render(request, "portal/report.html", context)
