"""The years of the national calendar: what stands, the draft beside it, which clocks would move, and the decision."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.network import client_address
from people.access import may, needs, person, require
from sla import calendars, holidays, year_drafts
from sla.chinese import DayKind
from sla.deadlines import Refused
from sla.forms import DayForm, YearForm
from sla.models import CalendarDraft, NationalYear


@needs("calendars")
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Every year with its days, the versions of the calendars, and the form that loads a year."""
    now = timezone.now()
    if request.method == "POST":
        require(request.user, "setup")
    form = YearForm(request.POST or None, request.FILES or None, initial={"year": timezone.localtime(now).year + 1})
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        year_drafts.load(data["year"], form.days, source=data["source"], by=person(request), now=now)
        return redirect("sla:calendar-year", data["year"])
    context = {
        "form": form,
        "now": now,
        "may_change": may(request.user, "setup"),
        "years": NationalYear.objects.prefetch_related("days"),
        "drafts": CalendarDraft.objects.filter(state=CalendarDraft.State.DRAFT).select_related("made_by"),
        "missing": calendars.unpublished_years(now),
        "calendars": year_drafts.followers().prefetch_related("versions__activated_by"),
        "decided": CalendarDraft.objects.exclude(state=CalendarDraft.State.DRAFT).select_related("decided_by")[:8],
    }
    return render(request, "sla/calendars.html", context, status=422 if form.errors else None)


@needs("calendars")
@require_GET
def year(request: HttpRequest, year: int) -> HttpResponse:
    """One year: its days, and while there is a draft the difference and the clocks that would move."""
    return _page(request, year)


def _page(request: HttpRequest, year: int, day: DayForm | None = None) -> HttpResponse:
    if not year_drafts.FIRST_YEAR <= year <= year_drafts.LAST_YEAR:
        raise Http404
    now, draft = timezone.now(), year_drafts.current(year)
    after = request.GET.get("after", "")
    context: dict[str, Any] = {
        "year": year,
        "now": now,
        "draft": draft,
        "row": NationalYear.objects.filter(year=year).first(),
        "days": year_drafts.days_of(draft) if draft else calendars.standing(year),
        "may_change": may(request.user, "setup"),
        "day": day or DayForm(),
    }
    if draft is not None:
        context["difference"] = year_drafts.compared(draft)
        context["edition"] = year_drafts.edition(draft)
        context["moves"] = year_drafts.moves(draft, now=now, after=int(after) if _is_key(after) else 0)
    return render(request, "sla/calendar_year.html", context, status=422 if day else None)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


@needs("setup")
@require_POST
def set_day(request: HttpRequest, year: int) -> HttpResponse:
    """Change one day of the draft."""
    form = DayForm(request.POST)
    if form.is_valid():
        said, kind = form.cleaned_data, cast("DayKind | None", form.cleaned_data["kind"] or None)
        try:
            year_drafts.set_day(year, said["date"], kind, said["name"], by=person(request), now=timezone.now())
        except (holidays.Wrong, Refused) as wrong:
            form.add_error(None, str(wrong))
    if form.errors:
        return _page(request, year, form)
    return redirect("sla:calendar-year", year)


@needs("setup")
@require_POST
def activate(request: HttpRequest, year: int) -> HttpResponse:
    """Put the year in force. Refused when something changed since the page was drawn: it is drawn again."""
    draft = _last(year)
    try:
        done = year_drafts.activate(
            draft,
            seen=request.POST.get("edition", ""),
            by=person(request),
            now=timezone.now(),
            address=client_address(request),
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        text = ngettext(
            "%(year)s is in force; %(count)s running matter follows it.",
            "%(year)s is in force; %(count)s running matters follow it.",
            done.moved,
        )
        messages.success(request, text % {"year": year, "count": done.moved})
    return redirect("sla:calendar-year", year)


@needs("setup")
@require_POST
def discard(request: HttpRequest, year: int) -> HttpResponse:
    """Drop the draft."""
    try:
        year_drafts.discard(_last(year), by=person(request), now=timezone.now(), address=client_address(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The draft is discarded; what stands is unchanged."))
    return redirect("sla:calendars")


def _last(year: int) -> CalendarDraft:
    """The undecided draft of a year, else the one decided last: whoever presses twice hears what became of it."""
    draft = year_drafts.current(year) or CalendarDraft.objects.filter(year=year).first()
    if draft is None:
        raise Http404
    return draft
