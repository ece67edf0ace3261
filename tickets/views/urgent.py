"""The hospital's technician asks for an urgent response: what it takes or costs stands above the button (B6)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from people.access import needs, person
from tickets import actions
from tickets.console_forms.urgent import UrgentForm
from tickets.portal import find
from tickets.states import Refused


@needs("tickets.urgent")
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for it. Pressed twice, one is taken; who comes too late for asking is led to the ticket."""
    user, now, row = person(request), timezone.now(), find(request, number)
    if not actions.can(row, user, "mark_urgent", now):
        return redirect("portal:ticket", row.number)
    form = UrgentForm(request.POST if request.method == "POST" else None, ticket=row, user=user, now=now)
    if form.is_bound and form.is_valid():
        try:
            form.perform()
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, str(form.done))
            return redirect("portal:ticket", row.number)
    return render(request, "portal/urgent.html", {"form": form, "ticket": row}, status=400 if form.is_bound else None)
