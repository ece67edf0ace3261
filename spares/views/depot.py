"""The depot's pages: what to pick by when, what is on its way, and the field that the hand scanner writes into."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from people.access import needs, person
from spares import depot_board, papers, requests, scanning
from spares.models import PartRequest
from spares.refusal import Refused
from spares.scanning import Said

UNPROCESSABLE = 422


@needs("spares.work")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Requests to pick, pack and ship, the late ones first; a clerk sees those of their own depots unless they ask."""
    board = depot_board.read(request.GET, person(request), timezone.now())
    template = "spares/depot_work.html" if request.htmx else "spares/depot.html"  # type: ignore[attr-defined]
    return render(request, template, {"board": board})


@needs("spares.work")
@require_POST
def scan(request: HttpRequest) -> HttpResponse:
    """What the scanner read for the request that is being picked; the number of a request takes the field there."""
    user, now = person(request), timezone.now()
    number, code = (scanning.cleaned(request.POST.get(name, "")) for name in ("request", "code"))
    if scanning.NUMBER.fullmatch(code):
        said = Said(True, _("Now for %(number)s.") % {"number": code}, code)
        if not PartRequest.objects.for_user(user).filter(number=code).exists():
            said = Said(False, _("There is no request %(number)s.") % {"number": code}, number)
    else:
        row = PartRequest.objects.for_user(user).filter(number=number).first()
        if row is None or not code or not depot_board.may_work_in(row.depot_id, user, depot_board.own(user)):
            said = Said(False, _("Nothing is being picked here now. Scan the number of a request first."))
        else:
            said = scanning.take(row, code, by=user, now=now)
    return _answer(request, said)


@needs("spares.work")
@require_POST
def unpick(request: HttpRequest, number: str) -> HttpResponse:
    """Put back what was scanned: a unit by its serial, or pieces."""
    user, now = person(request), timezone.now()
    row = get_object_or_404(PartRequest.objects.for_user(user), number=number)
    depot_board.require_work(row.depot_id, user)
    line = get_object_or_404(row.lines.select_related("part"), pk=_count(request.POST.get("line", "")))
    serial, pieces = scanning.cleaned(request.POST.get("serial", "")), _count(request.POST.get("pieces", ""))
    try:
        requests.unpick(row, line, serial=serial, quantity=pieces or 1, by=user, now=now)
        said = Said(True, _("Put back: %(part)s.") % {"part": serial or line.part.name}, number)
    except Refused as refused:
        said = Said(False, str(refused), number)
    return _answer(request, said)


@needs("spares.work")
@require_GET
def pick_list(request: HttpRequest) -> HttpResponse:
    """What waits to be picked on the page that an address names, or the one request that it names, as a PDF."""
    now = timezone.now()
    board = depot_board.read(request.GET, person(request), now)
    named = [order for order in board.orders if order.request.number == request.GET.get("request")]
    waiting = [order for order in board.orders if order.request.state == PartRequest.State.RESERVED]
    return _paper(papers.pick_list(named or waiting, now=now), "pick-list")


@needs("spares.work")
@require_GET
def label(request: HttpRequest, number: str) -> HttpResponse:
    """The parcel's label as a PDF."""
    rows = depot_board.for_board(PartRequest.objects.for_user(person(request)))
    row = get_object_or_404(rows, number=number)
    return _paper(papers.label(row, now=timezone.now()), row.number)


def _paper(content: bytes, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _answer(request: HttpRequest, said: Said) -> HttpResponse:
    """The cards anew with the sentence; without scripts the page, by a redirect when it was right."""
    if not request.htmx and said.is_right:  # type: ignore[attr-defined]
        messages.success(request, said.sentence)
        return redirect(f"{reverse('spares:depot')}?request={said.number}")
    board = depot_board.read(request.GET, person(request), timezone.now(), scanned=said.number)
    template = "spares/depot_work.html" if request.htmx else "spares/depot.html"  # type: ignore[attr-defined]
    status = None if said.is_right else UNPROCESSABLE
    return render(request, template, {"board": board, "said": said}, status=status)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
