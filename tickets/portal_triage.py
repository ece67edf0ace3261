"""The hospital's technician goes first (A3): solve it, send it to the company, and the hospital's own choices."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.access import needs, person
from people.models import Hospital, Site
from sla import critical, deadlines
from sla.forms import ProposalForm
from sla.models import CriticalPeriod
from tickets import portal_cards, portal_page, states, triage, workflow
from tickets.models import Ticket, Training
from tickets.portal import done, find, show
from tickets.portal_forms import PassOnForm, SolvedHereForm, TriageForm
from tickets.states import OPEN, Status

MOST_TRAININGS = 50


@needs("tickets.pass_on")
@require_http_methods(["GET", "POST"])
def pass_on(request: HttpRequest, number: str) -> HttpResponse:
    """Send it to the company: its clocks start. Pressed twice, it is sent once."""
    user, now, row = person(request), timezone.now(), find(request, number)
    form = PassOnForm(request.POST)
    if request.method == "GET" or not form.is_valid():
        return redirect("portal:ticket", row.number)
    try:
        sent = workflow.pass_on(row, by=user, reason=form.cleaned_data["reason"], now=now)
        messages.success(request, portal_page.received(sent, now))
    except states.Refused as refused:
        if not (isinstance(refused, states.WrongState) and refused.current in OPEN):
            messages.error(request, refused.sentence)
    return redirect("portal:ticket", row.number)


@needs("tickets.triage")
@require_http_methods(["GET", "POST"])
def solve_here(request: HttpRequest, number: str) -> HttpResponse:
    """The hospital solved it by itself."""
    user, now, row = person(request), timezone.now(), find(request, number)
    if request.method == "GET":
        return redirect("portal:ticket", row.number)
    form = SolvedHereForm(request.POST)
    if form.is_valid() and done(
        form, lambda: workflow.solve_here(row, by=user, text=form.cleaned_data["text"], now=now)
    ):
        messages.success(request, _("Recorded as solved by your hospital. Your colleague has been told."))
        return redirect("portal:ticket", row.number)
    return show(request, number, solve_here=form)


@needs("tickets.triage")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What waits for the technician, the hospital's choice, and who was trained in what."""
    hospital = person(request).hospital
    assert hospital is not None, "only a hospital's technician may do tickets.triage"
    form = TriageForm(request.POST or None, instance=triage.setting_of(hospital))
    if form.is_bound and form.is_valid() and _configured(form, hospital, request):
        messages.success(request, _("Saved."))
        return redirect("portal:technician")
    return _shown(request, hospital, form=form)


def _shown(request: HttpRequest, hospital: Hospital, **filled: forms.BaseForm) -> HttpResponse:
    user, now = person(request), timezone.now()
    waiting = portal_cards.with_progress(Ticket.objects.for_user(user)).filter(status=Status.HOSPITAL)
    periods = CriticalPeriod.objects.for_user(user).exclude(state=CriticalPeriod.State.ENDED)
    context = {
        "form": TriageForm(instance=triage.setting_of(hospital)),
        "proposal": ProposalForm(hospital=hospital),
        "periods": critical.lines(periods.select_related("calendar").prefetch_related("calendar__versions"), now),
        "cards": [portal_cards.card(ticket, user, now) for ticket in waiting.order_by("created_at")],
        "sites": Site.objects.for_user(user),
        "trainings": Training.objects.for_user(user).select_related("person", "proof")[:MOST_TRAININGS],
        **filled,
    }
    wrong = any(form.errors for form in filled.values())
    return render(request, "portal/technician.html", context, status=400 if wrong else None)


@needs("tickets.triage")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """The technician proposes a critical period of the own hospital; the desk confirms it."""
    hospital = person(request).hospital
    assert hospital is not None, "only a hospital's technician may do tickets.triage"
    if request.method == "GET":
        return redirect("portal:technician")
    form = ProposalForm(request.POST, hospital=hospital)
    if form.is_valid():
        try:
            critical.plan(form.save(commit=False), by=person(request), now=timezone.now())
        except deadlines.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. The service centre confirms it."))
            return redirect("portal:technician")
    return _shown(request, hospital, proposal=form)


def _configured(form: TriageForm, hospital: Hospital, request: HttpRequest) -> bool:
    try:
        workflow.configure(hospital, by=person(request), now=timezone.now(), **form.cleaned_data)
    except states.Refused as refused:
        form.add_error("pass_on_after", refused.sentence)
        return False
    return True
