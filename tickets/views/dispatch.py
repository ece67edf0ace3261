"""The dispatch board, the list beside it, and one visit of it: find, ask, answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people.access import may, needs, person, require
from tickets import dispatch_board, visit_card
from tickets.models import Ticket

FARTHEST_DAYS = 400
"""Behind and ahead: visits lie no farther ahead than a year."""


def _asked(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The board for the day and view in the address; whatever is no day is today."""
    require(request.user, "visits.see")
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
        day = day if abs((day - today).days) <= FARTHEST_DAYS else today
    except ValueError:
        day = today
    view = request.GET.get("view", "day")
    seen = dispatch_board.read(person(request), day, view if view in dispatch_board.DAYS else "day", now)
    return {"board": seen, "now": now, "today": today, **_rights(request)}


def _rights(request: HttpRequest) -> dict[str, bool]:
    return {"may_send": may(request.user, "visits.dispatch"), "may_travel": may(request.user, "travel.change")}


@needs("console")
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Engineers along the hours, tickets that wait beside them."""
    return render(request, "dispatch/board.html", _asked(request, timezone.now()))


@needs("console")
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The same as tables."""
    return render(request, "dispatch/list.html", _asked(request, timezone.now()))


@needs("console")
@require_GET
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """One visit with what may be done about it: in the dialog for htmx, else on a page of its own."""
    require(request.user, "visits.see")
    user, now = person(request), timezone.now()
    found = visit_card.find(user, pk)
    if found is None:
        raise Http404(pk)
    ticket: Ticket | None = found.ticket_link.ticket if hasattr(found, "ticket_link") else None
    card = visit_card.card(found, ticket, found.due_at, user, now)
    template = "dispatch/visit_panel.html" if request.htmx else "dispatch/visit.html"  # type: ignore[attr-defined]
    return render(request, template, {"card": card, "ticket": ticket, "now": now})
