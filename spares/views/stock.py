"""The pages of stock: what lies in a depot, one stock with its movements, a part, what is to be ordered anew."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from common.network import client_address
from devices.exporting import answer
from people.access import may, needs, person
from spares import depot_tabs, stock_list, stock_page
from spares.ledger import ensure
from spares.models import Depot, Part
from spares.refusal import Refused
from spares.stock_forms import FORMS, StartForm, StockForm

UNPROCESSABLE = 422


@needs("spares.work")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What lies in a depot; a clerk's own depot unless they ask for another."""
    found = stock_list.read(request.GET, person(request))
    return render(request, "spares/stock.html", {"page": found, "tabs": depot_tabs.row("stock")})


@needs("spares.work")
@require_GET
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One part in one depot: units, who it is promised to, movements, and what may be done."""
    found = stock_page.read(get_object_or_404(stock_page.items(), pk=pk), request.GET, person(request))
    return render(request, "spares/stock_item.html", {"page": found})


@needs("spares.work")
@require_GET
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """A part: which models it fits, and where it lies."""
    found = stock_page.read_part(get_object_or_404(Part, pk=pk))
    return render(request, "spares/part.html", {"page": found})


@needs("spares.work")
@require_GET
def reorder(request: HttpRequest) -> HttpResponse:
    """What is to be ordered anew."""
    user = person(request)
    found = stock_list.read_reorder(request.GET, user)
    context = {"page": found, "tabs": depot_tabs.row("reorder"), "may_export": may(user, "spares.export")}
    return render(request, "spares/reorder.html", context)


@needs("spares.export")
@require_GET
def reorder_export(request: HttpRequest) -> HttpResponse:
    """The reorder list that an address names, as a CSV file; who took it is on record."""
    now = timezone.now()
    address = client_address(request) or None
    content = stock_list.export_reorder(request.GET, person(request), now=now, address=address)
    return answer(content, "csv", f"reorder-{timezone.localtime(now):%Y%m%d-%H%M}")


@needs("spares.work")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Which part is received in a depot; goes on to the form for it, of a stock that may still be empty."""
    depot = get_object_or_404(Depot, code=code, is_active=True)
    _require_work(request, depot)
    form = StartForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        row = ensure(depot, form.cleaned_data["part"])
        return redirect("stock:step", pk=row.pk, slug="receive")
    context = {"form": form, "depot": depot, "parts": Part.objects.filter(is_active=True)[:500]}
    return render(request, "spares/stock_start.html", context, status=UNPROCESSABLE if form.is_bound else None)


@needs("spares.work")
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Show the form of a change, in the dialog or on a page of its own; do it; go back to the stock."""
    row = get_object_or_404(stock_page.items(), pk=pk)
    _require_work(request, row.depot)
    sent = request.POST if request.method == "POST" else None
    form = FORMS[slug](sent, item=row, user=person(request), now=timezone.now())
    if form.is_bound and form.is_valid() and _performed(form):
        messages.success(request, str(form.said))
        back = reverse("stock:item", args=[row.pk])
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": back})
        return redirect(back)
    template = "spares/stock_step_form.html" if request.htmx else "spares/stock_step.html"  # type: ignore[attr-defined]
    return render(request, template, {"form": form, "item": row}, status=UNPROCESSABLE if form.is_bound else None)


def _require_work(request: HttpRequest, depot: Depot) -> None:
    """403 where other clerks keep the stock."""
    if not stock_list.may_work(person(request), depot):
        raise PermissionDenied("spares.work")


def _performed(form: StockForm) -> bool:
    """Whether the verb did it; what it refused stands on the form then."""
    try:
        form.perform()
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True
