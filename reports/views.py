"""Pages that only read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.access import may, needs, person
from people.models import Hospital
from reports import hospital_list, hospital_page, service_page
from reports import wall as walls


@require_safe
@needs("wall")
def wall(request: HttpRequest) -> HttpResponse:
    """The engine wall; as a fragment for htmx."""
    now = timezone.now()
    template = "reports/wall_body.html" if request.headers.get("HX-Request") else "reports/wall.html"
    return render(request, template, {"wall": walls.build(person(request), now), "now": now})


@require_safe
@needs("hospitals.see")
def hospitals(request: HttpRequest) -> HttpResponse:
    """The hospitals that the person looks after, page by page."""
    found = hospital_list.read(request.GET, person(request), timezone.now())
    return render(request, "reports/hospitals.html", {"list": found})


@require_safe
@needs("hospitals.see")
def hospital(request: HttpRequest, pk: int) -> HttpResponse:
    """One hospital at a glance."""
    user, now = person(request), timezone.now()
    row = get_object_or_404(Hospital.objects.for_user(user).select_related("region"), pk=pk)
    context = {
        "page": hospital_page.read(row, user, now),
        "may_log": may(user, "tickets.log"),
        "may_call": may(user, "tickets.answer"),
        "may_train": may(user, "training"),
        "may_plan": may(user, "critical.plan"),
        "may_print": may(user, "visits.codes"),
    }
    return render(request, "reports/hospital.html", context)


@require_safe
@needs("portal")
def service(request: HttpRequest) -> HttpResponse:
    """What the person's hospital can count on."""
    user, now = person(request), timezone.now()
    assert user.hospital is not None, "only a hospital's people may open the portal"
    return render(request, "reports/service.html", {"page": service_page.read(user.hospital, user, now)})
