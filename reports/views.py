"""Pages that only read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.access import needs, person
from reports import wall as walls


@require_safe
@needs("wall")
def wall(request: HttpRequest) -> HttpResponse:
    """The engine wall; as a fragment for htmx."""
    now = timezone.now()
    template = "reports/wall_body.html" if request.headers.get("HX-Request") else "reports/wall.html"
    return render(request, template, {"wall": walls.build(person(request), now), "now": now})
