"""The travel table for those who keep it: its figures, the slower hours, and a month of real ways beside it (A2).
And the codes of sites on paper (A8).
"""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.network import client_address
from people import travel
from people.access import needs, person
from people.models import Hospital, ServiceBase, Site, TravelFactor, TravelTime, User
from visits import comparison, papers
from visits.states import Refused

YEARS = range(2000, 2100)
MOST = 200
"""Ways on one page; the others are found by the hospital's name."""


class TravelForm(forms.Form):
    """A new figure; the old one stays on record, and what was promised from it."""

    site = forms.ModelChoiceField(queryset=Site.objects.none(), label=gettext_lazy("Site"))
    base = forms.ModelChoiceField(queryset=ServiceBase.objects.all(), label=gettext_lazy("Service base"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes on the way"), min_value=1, max_value=2880)
    km = forms.IntegerField(label=gettext_lazy("Kilometres"), min_value=0, max_value=9999)
    mode = forms.ChoiceField(label=gettext_lazy("Means of travel"), choices=TravelTime.Mode.choices)
    source = forms.CharField(label=gettext_lazy("Source of the figure"), max_length=120)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["site"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Site.objects.for_user(user).select_related("hospital")


def _month(text: str, today: date) -> date:
    """The first day of a month such as 2026-03; whatever is no month is the present one."""
    try:
        month = date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        month = today
    return (month if month.year in YEARS else today).replace(day=1)


@needs("travel.change")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The table in force and the comparison of a month; a new figure by POST."""
    user, now = person(request), timezone.now()
    form = TravelForm(request.POST or None, user=user)
    if form.is_bound and form.is_valid():
        travel.put(**form.cleaned_data, by=user, now=now)
        messages.success(request, _("The new figure counts for promises from now on."))
        return redirect("console:travel")
    words = request.GET.get("q", "").replace("\0", "").strip()[:60]
    rows = TravelTime.objects.filter(valid_from__lte=now, site__in=Site.objects.for_user(user))
    rows = rows.filter(site__hospital__name__icontains=words) if words else rows
    newest = rows.order_by("site_id", "base_id", "-valid_from").distinct("site_id", "base_id")
    month = _month(request.GET.get("month", ""), now.astimezone(ZoneInfo(settings.TIME_ZONE)).date())
    context = {
        "form": form,
        "rows": newest.select_related("site__hospital", "base")[:MOST],
        "factors": TravelFactor.objects.all(),
        "month": month,
        "lines": comparison.of_month(month, user=user, now=now),
        "words": words,
    }
    return render(request, "dispatch/travel.html", context, status=422 if form.errors else None)


@needs("travel.change")
@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """Put what a month measured on one way into the table."""
    user, now = person(request), timezone.now()
    keys = {name: text if text.isascii() and text.isdigit() and len(text) < 18 else 0 for name, text in _keys(request)}
    site = get_object_or_404(Site.objects.for_user(user), pk=keys["site"])
    base = get_object_or_404(ServiceBase, pk=keys["base"])
    month = _month(request.POST.get("month", ""), now.astimezone(ZoneInfo(settings.TIME_ZONE)).date())
    try:
        row = comparison.take_over(site, base, month, by=user, now=now)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        words = {"site": site, "minutes": row.minutes}
        messages.success(request, _("%(site)s: %(minutes)d min count for promises from now on.") % words)
    return redirect("console:travel")


def _keys(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    return tuple((name, request.POST.get(name, "")) for name in ("site", "base"))


@needs("visits.codes")
@require_GET
def site_code(request: HttpRequest, pk: int) -> HttpResponse:
    """The code of one site, to print."""
    site = get_object_or_404(Site.objects.for_user(request.user).select_related("hospital"), pk=pk)
    return _codes(request, [site])


@needs("visits.codes")
@require_GET
def hospital_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """The codes of all sites of a hospital, a sheet for each; 404 where it has none."""
    hospital = get_object_or_404(Hospital.objects.for_user(request.user), pk=pk)
    sites = list(Site.objects.for_user(request.user).filter(hospital=hospital).select_related("hospital"))
    if not sites:
        raise Http404
    return _codes(request, sites)


def _codes(request: HttpRequest, sites: list[Site]) -> HttpResponse:
    address = client_address(request) or None
    content = papers.check_in_codes(sites, by=person(request), now=timezone.now(), address=address)
    headers = {"Content-Disposition": 'inline; filename="check-in-codes.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
