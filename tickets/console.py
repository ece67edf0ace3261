"""The company's queue and the call that is being taken: find, ask, answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.access import may, needs, person
from tickets import board
from tickets.console_forms import CallForm
from tickets.filters import MOST_NAMES, SaveFilterForm, called, kept
from tickets.models import SavedFilter
from tickets.states import Refused


@needs("console")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The tickets, the one that falls due first on top."""
    now = timezone.now()
    seen = board.read(request.GET, person(request), now)
    context = {"board": seen, "now": now, "save": SaveFilterForm(), "may_log": may(request.user, "tickets.log")}
    return render(request, "console/queue.html", context)


@needs("console")
@require_GET
def hospitals(request: HttpRequest) -> HttpResponse:
    """Names for what has been typed of one, as options of the queue's field."""
    found = called(person(request), request.GET.get("hospital_name", ""))[:MOST_NAMES]
    return render(request, "console/hospital_names.html", {"hospitals": found})


@needs("console")
@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep the queue on the screen under a name; the same name again replaces it."""
    query = kept(QueryDict(request.POST.get("query", "")))
    form = SaveFilterForm(request.POST)
    if form.is_valid():
        fields = {key: form.cleaned_data[key] for key in ("query", "is_shared")}
        SavedFilter.objects.update_or_create(person=person(request), name=form.cleaned_data["name"], defaults=fields)
        messages.success(request, _("Saved as “%(name)s”.") % {"name": form.cleaned_data["name"]})
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect(f"{reverse('console:queue')}?{query}")


@needs("console")
@require_POST
def drop_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a saved filter of one's own."""
    row = get_object_or_404(SavedFilter.objects.for_user(request.user), pk=pk, person=person(request))
    row.delete()
    messages.success(request, _("“%(name)s” is removed.") % {"name": row.name})
    return redirect("console:queue")


@needs("tickets.log")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Log a call while talking. GET with half a form gives the form with the choices that follow from it."""
    now = timezone.now()
    form = CallForm.asked(request, person(request), now)
    if form.is_bound and form.is_valid():
        try:
            ticket = form.perform()
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, _("%(number)s is filed; its clocks run.") % {"number": ticket.number})
            return redirect("console:ticket", number=ticket.number)
    return render(request, "console/new.html", {"form": form, "now": now}, status=422 if form.is_bound else None)
