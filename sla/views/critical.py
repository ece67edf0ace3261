"""The desk's page of critical periods: what stands, what hospitals propose, and planning a new one (N12)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common.network import client_address
from people.access import needs, person
from people.models import Hospital
from sla import critical
from sla.deadlines import Refused
from sla.forms import PeriodForm
from sla.models import CriticalPeriod

MOST = 200


@needs("critical.plan")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """All periods that stand or are proposed, and the form."""
    user, now = person(request), timezone.now()
    form = PeriodForm(request.POST or None, hospitals=Hospital.objects.for_user(user).filter(is_active=True))
    if form.is_bound and form.is_valid():
        try:
            critical.plan(form.save(commit=False), by=user, now=now, address=client_address(request))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Planned. New faults of that time weigh more."))
            return redirect("sla:critical")
    rows = CriticalPeriod.objects.for_user(user).exclude(state=CriticalPeriod.State.ENDED)
    found = rows.select_related("hospital", "calendar", "asked_by").prefetch_related("calendar__versions")
    found = found.order_by("-state", "hospital", "pk")[:MOST]
    context = {"form": form, "now": now, "rows": critical.lines(found, now)}
    return render(request, "sla/critical.html", context, status=422 if form.errors else None)


@needs("critical.plan")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a proposal, or end what stands."""
    user = person(request)
    period = get_object_or_404(CriticalPeriod.objects.for_user(user), pk=pk)
    accept = "accept" in request.POST
    try:
        critical.decide(period, accept=accept, by=user, now=timezone.now(), address=client_address(request))
        messages.success(
            request, _("Confirmed.") if accept else _("Ended. Tickets filed meanwhile keep their priority.")
        )
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("sla:critical")
