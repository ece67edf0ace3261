"""The desk's page of the field app: what waits for a decision, which phones there are, and a lost one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from field import desk_page, held, phones
from field.models import Held, Phone
from people.access import may, needs, person
from tickets.states import Refused


@needs("field.desk")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Both lists."""
    user, now = person(request), timezone.now()
    context = {
        "page": desk_page.read(user, now),
        "now": now,
        "may_decide": may(user, "field.decide"),
        "may_revoke": may(user, "field.revoke"),
    }
    return render(request, "field/desk.html", context)


@needs("field.decide")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """As the phone says, or as it stands."""
    user = person(request)
    row = get_object_or_404(Held.objects.for_user(user), pk=pk)
    choice = Held.Choice.MINE if request.POST.get("choice") == "mine" else Held.Choice.THEIRS
    try:
        left_over = held.decide(row, choice, by=user, now=timezone.now())
    except Refused as refused:
        text = _("It goes on waiting: %(why)s")
        messages.error(request, text % {"why": refused.sentence})
    else:
        messages.success(request, _("Decided. Both versions stay in the record of the visit."))
        if left_over:
            messages.warning(request, left_over)
    return redirect("field-desk:page")


@needs("field.revoke")
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """A phone is lost."""
    row = phones.revoke(get_object_or_404(Phone, pk=pk), by=person(request), now=timezone.now())
    text = _("The phone of %(name)s wipes itself when it asks next. Its person has to sign in again.")
    messages.success(request, text % {"name": row.person.name})
    return redirect("field-desk:page")
