"""Lists of devices: hand one in, say what its columns are, read the report, apply it, take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attachments import storage
from common.network import client_address
from devices import exporting
from devices.forms import ColumnsForm, ListForm
from devices.importing import batches, reading
from devices.importing.report import report
from devices.models import ImportBatch
from people.access import needs, person

LATEST = 20
UNPROCESSABLE = 422
S = ImportBatch.State


def _find(request: HttpRequest, pk: int) -> ImportBatch:
    found = ImportBatch.objects.for_user(request.user).select_related("made_by", "applied_by", "undone_by")
    return get_object_or_404(found, pk=pk)


@needs("devices.import")
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The latest lists, and the form that hands one in."""
    form = ListForm(request.POST, request.FILES) if request.method == "POST" else ListForm()
    if form.is_valid():
        try:
            found = storage.read_list(form.cleaned_data["file"])
            now, address = timezone.now(), client_address(request)
            batch = batches.start(found, by=person(request), now=now, address=address or None)
        except (storage.Refused, reading.Unreadable) as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("devices:import", batch.pk)
    latest = ImportBatch.objects.for_user(request.user).select_related("made_by")[:LATEST]
    context = {"form": form, "batches": latest, "has_sample": settings.DEMO}
    return render(request, "devices/imports.html", context, status=UNPROCESSABLE if form.is_bound else None)


@needs("devices.import")
@require_GET
def blank(_request: HttpRequest) -> HttpResponse:
    """A workbook with every column and no row."""
    return exporting.answer(exporting.write("xlsx", []), "xlsx", "devices")


@needs("devices.import")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: its columns, and what each row does. POST checks it under other columns."""
    batch = _find(request, pk)
    form = ColumnsForm(request.POST if request.method == "POST" else None, batch=batch)
    if form.is_bound and form.is_valid():
        try:
            batches.check(batch, form.mapping(), by=person(request))
        except batches.Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("devices:import", pk)
    return render(request, "devices/import.html", _context(request, batch, form), status=_status(form))


def _status(form: ColumnsForm) -> int | None:
    return UNPROCESSABLE if form.is_bound else None


def _context(request: HttpRequest, batch: ImportBatch, form: ColumnsForm) -> dict[str, Any]:
    after = request.GET.get("after", "")
    first = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
    return {
        "batch": batch,
        "form": form,
        "report": report(batch, request.GET.get("show", ""), first) if batch.state != S.READ else None,
        "may_map": batch.state in {S.READ, S.CHECKED},
    }


@needs("devices.import")
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the writing is; the page is read anew when it is done."""
    batch = _find(request, pk)
    response = render(request, "devices/import_progress.html", {"batch": batch})
    if not batch.is_at_work:
        response["HX-Refresh"] = "true"
    return response


def verb(do: Callable[..., ImportBatch]) -> Callable[..., HttpResponse]:
    """The view of `batches.apply` or `batches.undo`."""

    @needs("devices.import")
    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        batch, address = _find(request, pk), client_address(request)
        try:
            do(batch, by=person(request), now=timezone.now(), address=address or None)
            messages.success(request, _("It is being done; this page shows how far it is."))
        except batches.Refused as refused:
            messages.error(request, str(refused))
        return redirect("devices:import", pk)

    return view
