"""The hospital answers a quote: find, ask, answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.access import needs, person
from tickets import workflow
from tickets.models import Quote
from tickets.portal import show
from tickets.portal_forms import AcceptQuoteForm, DeclineQuoteForm
from tickets.states import Refused


def _find(request: HttpRequest, number: str, pk: int) -> Quote:
    """The quote if it was sent to the person's hospital for this ticket, else 404."""
    rows = Quote.objects.for_user(request.user).select_related("ticket")
    return get_object_or_404(rows, ticket__number=number, pk=pk)


@needs("quotes.answer")
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Accept the version that was read. Pressed twice, it is accepted once."""
    quote, form = _find(request, number, pk), AcceptQuoteForm(request.POST)
    if request.method == "POST" and not form.is_valid():
        return show(request, number, accept_quote=form)
    return _answer(request, quote, accept=True, done=_("Accepted. The service centre has been told."))


@needs("quotes.answer")
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Decline the version that was read."""
    quote, form = _find(request, number, pk), DeclineQuoteForm(request.POST)
    if request.method == "POST" and not form.is_valid():
        return show(request, number, decline_quote=form)
    reason = form.cleaned_data["reason"] if request.method == "POST" else ""
    return _answer(request, quote, accept=False, reason=reason, done=_("Declined. The service centre has been told."))


def _answer(request: HttpRequest, quote: Quote, *, accept: bool, done: str, reason: str = "") -> HttpResponse:
    """Whoever only comes to the address is led to the page."""
    if request.method == "POST":
        user, now = person(request), timezone.now()
        try:
            workflow.answer_quote(quote, accept=accept, reason=reason, by=user, now=now)
            messages.success(request, done)
        except Refused as refused:
            quote.refresh_from_db(fields=["state", "answered_by"])
            twice = quote.answered_by_id == user.pk and (quote.state == Quote.State.ACCEPTED) == accept
            if not twice:
                messages.error(request, refused.sentence)
    return redirect("portal:ticket", quote.ticket.number)
