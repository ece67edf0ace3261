"""The duty roster of leads and managers: who, when, hand-overs, changes, and the gaps in red."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.network import client_address
from people import board, overrides
from people import roster as duty
from people.access import needs, person
from people.forms import OverrideForm
from people.models import DutyOverride, Region

WARN_AHEAD = timedelta(days=3)


def first_day(request: HttpRequest, now: datetime) -> datetime:
    """The day asked for, within a year of today; else today."""
    try:
        day = parse_date(request.GET.get("from", ""))
    except ValueError:
        day = None
    if day is None or abs(day - timezone.localtime(now).date()) > timedelta(days=366):
        return now
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


@needs("roster")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Two weeks of the roster; the form adds a change."""
    now = timezone.now()
    form = OverrideForm(now, request.POST or None)
    if form.is_valid():
        overrides.add(form.save(commit=False), by=person(request), now=now, address=client_address(request))
        messages.success(request, _("The change stands in the roster."))
        return redirect("roster")
    picture = board.draw(first_day(request, now), now, Region.objects.all())
    changes = DutyOverride.objects.filter(ends_at__gt=now).select_related("user", "region").order_by("starts_at")
    context = {
        "board": picture,
        "form": form,
        "changes": changes,
        "earlier": picture.start - timedelta(days=board.DAYS),
        "later": picture.end,
    }
    return render(request, "people/roster.html", context)


@needs("roster")
@require_POST
def end_change(request: HttpRequest, key: int) -> HttpResponse:
    """Take a change back, or end it now."""
    override = get_object_or_404(DutyOverride, pk=key)
    overrides.end(override, by=person(request), now=timezone.now(), address=client_address(request))
    messages.success(request, _("The change is taken back."))
    return redirect("roster")


@needs("roster")
@require_GET
def warning(request: HttpRequest) -> HttpResponse:
    """The strip on other pages: gaps of the next days, empty when there are none."""
    now = timezone.now()
    found = duty.gaps(now, now + WARN_AHEAD)
    return render(request, "people/gap_strip.html", {"gaps": found})
