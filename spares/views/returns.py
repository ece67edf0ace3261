"""What has to come back: the list of open pairs, and their steps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from people.access import needs, person
from spares import depot_board, returns_board
from spares.models import Return
from spares.return_forms import STEPS
from spares.views import steps


@needs("spares.work")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Faulty parts on their way back, the oldest first; a clerk sees those of their own depots unless they ask."""
    found = returns_board.read(request.GET, person(request), timezone.now())
    return render(request, "spares/returns.html", {"page": found})


@needs("spares.work")
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Show the form of a step of a return, do it, go back to the list."""
    user, now = person(request), timezone.now()
    rows = Return.objects.for_user(user).select_related("hospital", "part", "depot")
    row = get_object_or_404(rows, number=number)
    depot_board.require_work(row.depot_id, user)
    form = STEPS[slug](*steps.sent(request), row=row, user=user, now=now)
    return steps.answer(request, form, f"{reverse('spares:returns')}#{row.number}")
