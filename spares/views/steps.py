"""The steps of a request in the depot, each with its form: in the page's dialog, or on a page of its own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attachments import storage
from people.access import needs, person
from spares import depot_board
from spares.depot_forms import STEPS, StepForm
from spares.models import PartRequest
from spares.refusal import Refused

UNPROCESSABLE = 422


@needs("spares.work")
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Show the form of a step, do it, go back to the depot's page."""
    user, now = person(request), timezone.now()
    rows = PartRequest.objects.for_user(user).select_related("hospital", "site", "depot", "device")
    row = get_object_or_404(rows, number=number)
    depot_board.require_work(row, user)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = STEPS[slug](*sent, row=row, user=user, now=now)
    back = f"{reverse('spares:depot')}?request={row.number}"
    if form.is_bound and form.is_valid() and _performed(form):
        messages.success(request, str(form.said))
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": back})
        return redirect(back)
    template = "spares/step_form.html" if request.htmx else "spares/step.html"  # type: ignore[attr-defined]
    context = {"form": form, "row": row, "back": back}
    return render(request, template, context, status=UNPROCESSABLE if form.is_bound else None)


def _performed(form: StepForm) -> bool:
    """Whether the verb did it; what it refused stands on the form then."""
    try:
        form.perform()
    except storage.Refused as refused:
        form.add_error("signature", str(refused))
    except Refused as refused:
        form.add_error(None, str(refused))
    else:
        return True
    return False
