"""The steps of a request in the depot, each with its form: in the page's dialog, or on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attachments import storage
from people.access import needs, person
from spares import depot_board
from spares.depot_forms import STEPS
from spares.models import PartRequest
from spares.refusal import Refused
from spares.step_form import StepForm

UNPROCESSABLE = 422


@needs("spares.work")
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Show the form of a step, do it, go back to the depot's page."""
    user, now = person(request), timezone.now()
    rows = PartRequest.objects.for_user(user).select_related("hospital", "site", "depot", "device")
    row = get_object_or_404(rows, number=number)
    depot_board.require_work(row.depot_id, user)
    form = STEPS[slug](*sent(request), row=row, user=user, now=now)
    return answer(request, form, f"{reverse('spares:depot')}?request={row.number}")


def sent(request: HttpRequest) -> tuple[Any, Any]:
    """What a form is bound to: nothing before it is sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def answer(request: HttpRequest, form: StepForm[Any], back: str) -> HttpResponse:
    """The form, or after its step was done the way `back`."""
    if form.is_bound and form.is_valid() and _performed(form):
        messages.success(request, str(form.said))
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": back})
        return redirect(back)
    template = "spares/step_form.html" if request.htmx else "spares/step.html"  # type: ignore[attr-defined]
    context = {"form": form, "row": form.row, "back": back}
    return render(request, template, context, status=UNPROCESSABLE if form.is_bound else None)


def _performed(form: StepForm[Any]) -> bool:
    """Whether the verb did it; what it refused stands on the form then."""
    try:
        form.perform()
    except storage.Refused as refused:
        form.add_error("signature", str(refused))
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    else:
        return True
    return False
