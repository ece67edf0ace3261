"""The hospital's pages: find, ask, answer. What they show is put into words in `portal_*`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attachments import storage
from people.access import may, needs, person, signed_in
from people.models import User
from people.views.sign_in import home_of
from tickets import device_page, portal_cards, portal_hints, portal_list, portal_page, states, workflow
from tickets.models import Ticket
from tickets.portal_forms import (
    AcceptQuoteForm,
    DeclineQuoteForm,
    FaultForm,
    PassOnForm,
    ReopenForm,
    SolvedHereForm,
    WordsForm,
)
from tickets.states import OPEN, Status
from warranty import glance


def find(request: HttpRequest, number: str) -> Ticket:
    """The ticket if it is the person's hospital's, else 404."""
    return get_object_or_404(Ticket.objects.for_user(request.user), number=number)


def done(form: forms.Form, verb: Callable[[], Ticket]) -> Ticket | None:
    """The ticket after `verb`; `None` with the reason on the form when it said no."""
    try:
        return verb()
    except storage.Refused as refused:
        form.add_error("photos", str(refused))
    except states.Refused as refused:
        form.add_error(None, refused.sentence)
    return None


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where the hospital's faults stand, and the way to file one. The company's people go to their queue."""
    user, now = person(request), timezone.now()
    if not may(user, "portal"):
        return redirect(home_of(user))
    context = {
        "greeting": portal_cards.greeting(user, now),
        "board": portal_cards.board(user, now),
        "recent": portal_list.recently_solved(user, now),
        "granted": glance.of_hospital(user, timezone.localdate(now)),
    }
    return render(request, "portal/home.html", context)


@needs("portal")
@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """The home page's cards again, unless they are those on the screen already (`seen`)."""
    board = portal_cards.board(person(request), timezone.now())
    response = render(request, "portal/cards.html", {"board": board, "refreshed": True})
    return _unless_seen(request, response, board.fingerprint)


def _unless_seen(request: HttpRequest, response: HttpResponse, fingerprint: str) -> HttpResponse:
    """Let htmx leave what would look the same: a swap would take the focus away and what is being typed."""
    if request.GET.get("seen") == fingerprint:
        response["HX-Reswap"] = "none"
    return response


@needs("tickets.file")
@require_http_methods(["GET", "POST"])
def file(request: HttpRequest) -> HttpResponse:
    """File a fault. The same form sent twice gives one ticket."""
    user, now = person(request), timezone.now()
    form = portal_hints.fault_form(request, user)
    if form.is_valid() and (filed := _filed(form, user, now)):
        messages.success(request, portal_page.received(filed, now))
        return redirect("portal:ticket", filed.number)
    chosen = {name: str(form[name].value() or "") for name in ("device", "tile")}
    context = {
        "form": form,
        "hints": portal_hints.hints(user, chosen, request.POST.getlist("tried"), now),
        "scanned": request.GET.get("device", ""),
    }
    return render(request, "portal/file.html", context, status=400 if form.is_bound else 200)


def _filed(form: FaultForm, user: User, now: datetime) -> Ticket | None:
    hospital = user.hospital
    assert hospital is not None, "only a hospital's people may do tickets.file"
    return done(form, lambda: workflow.open_ticket(by=user, reporter=user, hospital=hospital, now=now, **form.fault()))


@needs("tickets.file")
@require_GET
def hints(request: HttpRequest) -> HttpResponse:
    """What stands beside the form, for the device and tile chosen so far."""
    found = portal_hints.hints(person(request), request.GET.dict(), request.GET.getlist("tried"), timezone.now())
    return render(request, "portal/hints.html", {"hints": found, "refreshed": True})


@needs("portal")
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """All faults of the hospital, page by page."""
    found = portal_list.listing(person(request), request.GET, timezone.now())
    return render(request, "portal/requests.html", {"listing": found})


@needs("portal")
@require_GET
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """One fault: where it stands, what is promised, what was said."""
    return show(request, number)


def _forms() -> dict[str, forms.Form]:
    """The empty forms of the part that moves."""
    return {
        "reopen": ReopenForm(),
        "solve_here": SolvedHereForm(),
        "pass_on": PassOnForm(),
        "accept_quote": AcceptQuoteForm(),
        "decline_quote": DeclineQuoteForm(),
    }


def show(request: HttpRequest, number: str, **filled: forms.Form) -> HttpResponse:
    """The ticket's page; `filled` are forms that were sent and not taken."""
    user, now = person(request), timezone.now()
    try:
        row = portal_page.find(user, number)
    except Ticket.DoesNotExist as error:
        raise Http404 from error
    context = {
        "page": portal_page.page(row, user, now),
        "radius": device_page.hit_by(row),
        "why": request.GET.get("why", ""),
        "words": WordsForm(),
        **_forms(),
        **filled,
    }
    return render(request, "portal/ticket.html", context, status=400 if filled else 200)


@needs("portal")
@require_GET
def progress(request: HttpRequest, number: str) -> HttpResponse:
    """What moves on a ticket's page, again; unless it is what is on the screen already (`seen`)."""
    user, now = person(request), timezone.now()
    try:
        page = portal_page.page(portal_page.find(user, number), user, now)
    except Ticket.DoesNotExist as error:
        raise Http404 from error
    context = {"page": page, "refreshed": True, **_forms()}
    return _unless_seen(request, render(request, "portal/progress.html", context), page.fingerprint)


@needs("tickets.words")
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest, number: str) -> HttpResponse:
    """The hospital adds words or photos. Whoever comes back to the address is led to the ticket."""
    user, now, row = person(request), timezone.now(), find(request, number)
    if request.method == "GET":
        return redirect("portal:ticket", row.number)
    form = WordsForm(request.POST, request.FILES)
    if form.is_valid() and done(
        form,
        lambda: workflow.words(
            row, by=user, text=form.cleaned_data["text"], files=form.cleaned_data["photos"], now=now
        ),
    ):
        messages.success(request, _("Sent. Whoever works on it has been told."))
        return redirect(f"{portal_cards.url(row)}#story")
    return show(request, number, words=form)


@needs("tickets.confirm")
@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """It works again. Pressed twice, it is confirmed once."""
    user, now, row = person(request), timezone.now(), find(request, number)
    try:
        workflow.confirm(row, by=user, now=now)
        messages.success(request, _("Thank you. The fault is closed; you can open it again if it comes back."))
    except states.WrongState as refused:
        if refused.current != Status.CLOSED:
            messages.error(request, refused.sentence)
    return redirect("portal:ticket", row.number)


@needs("visits.confirm")
@require_POST
def engineer_here(request: HttpRequest, number: str) -> HttpResponse:
    """The hospital's technician says that the engineer is at the door. Pressed twice, it counts once."""
    user, now, row = person(request), timezone.now(), find(request, number)
    try:
        workflow.confirm_arrival(row, by=user, now=now)
        messages.success(request, _("Thank you. The arrival is recorded."))
    except states.Refused as refused:
        if not (isinstance(refused, states.WrongState) and refused.current == Status.ON_SITE):
            messages.error(request, refused.sentence)
    return redirect("portal:ticket", row.number)


@needs("tickets.reopen")
@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """It is not solved; no reason has to be given. Pressed twice, it is opened once."""
    user, now, row = person(request), timezone.now(), find(request, number)
    if request.method == "GET":
        return redirect("portal:ticket", row.number)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return show(request, number, reopen=form)
    try:
        again = workflow.reopen(row, by=user, reason=form.cleaned_data["reason"], now=now)
        messages.success(request, portal_page.reopened(again, now))
    except states.Refused as refused:
        if not (isinstance(refused, states.WrongState) and refused.current in OPEN):
            messages.error(request, refused.sentence)
    return redirect("portal:ticket", row.number)
