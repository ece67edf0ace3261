"""The depot's pages: what to pick by when, and what is on its way."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people.access import needs, person
from spares import depot_board


@needs("spares.work")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Requests to pick, pack and ship, the late ones first; a clerk sees those of their own depots unless they ask."""
    board = depot_board.read(request.GET, person(request), timezone.now())
    template = "spares/depot_work.html" if request.htmx else "spares/depot.html"  # type: ignore[attr-defined]
    return render(request, template, {"board": board})
