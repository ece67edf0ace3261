"""The register as a file, and labels for its devices: what the register's page shows, all of it or one device."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common.network import client_address
from devices import exporting, labels
from devices.models import Device
from people.access import needs, person
from tickets import device_register


@needs("devices.export")
@require_GET
def export(request: HttpRequest, form: str) -> HttpResponse:
    """The devices that the register's address names, as a workbook or a CSV file."""
    now, query = timezone.now(), device_register.kept(request.GET)
    found = device_register.matching(request.GET, person(request))
    try:
        content = exporting.export(
            found, form, by=person(request), now=now, query=query, address=client_address(request) or None
        )
    except exporting.Refused as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('console:devices')}?{query}")
    return exporting.answer(content, form, f"devices-{timezone.localtime(now):%Y%m%d-%H%M}")


@needs("devices.label")
@require_POST
def sheet(request: HttpRequest) -> HttpResponse:
    """Sheets of labels for the devices in use that the register's address (`query`) names."""
    query = QueryDict(request.POST.get("query", ""))
    try:
        found = labels.chosen(device_register.matching(query, person(request)))
    except labels.Refused as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('console:devices')}?{device_register.kept(query)}")
    return _labels(request, found, is_sheet=True)


@needs("devices.label")
@require_POST
def label(request: HttpRequest, pk: int) -> HttpResponse:
    """One device's label, alone on its page. The register's page tells when it is no more in use."""
    device = get_object_or_404(Device.objects.for_user(request.user).for_pages().in_use(), pk=pk)
    return _labels(request, [device], is_sheet=False)


@needs("devices.label")
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the code on a device worthless; the next label that is printed has another."""
    device = get_object_or_404(Device.objects.for_user(request.user), pk=pk)
    gone = labels.revoke(device, by=person(request), now=timezone.now(), address=client_address(request) or None)
    if gone:
        messages.success(request, _("The code on the label leads nowhere now. Print a new label."))
    else:
        messages.error(request, _("This device has no label yet."))
    return redirect("console:device", pk)


def _labels(request: HttpRequest, devices: list[Device], *, is_sheet: bool) -> HttpResponse:
    content = labels.print_out(
        devices,
        sheet=is_sheet,
        by=person(request),
        now=timezone.now(),
        address=client_address(request) or None,
    )
    headers = {"Content-Disposition": 'inline; filename="labels.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
