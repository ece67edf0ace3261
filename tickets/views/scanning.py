"""A code was scanned. A device's label: whoever is signed in goes on with it filled in, anybody else gets a small form.
A site's code: it is for the engineers' app, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from attachments import storage
from common import throttle
from common.network import client_address
from devices import labels
from devices.models import Device, DeviceLabel
from people.access import may, person
from people.models import Site, User
from tickets import workflow
from tickets.models import ScanReport, Ticket
from tickets.scan_form import ScanForm
from tickets.workflow.scanning import TooMany
from visits import codes

RECEIPT_HOLDS = timedelta(days=1)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""The address is the secret (T090): nobody keeps it, passes it on or lists it."""

View = Callable[..., HttpResponse]


def guarded(find: Callable[[str], object | None]) -> Callable[[View], View]:
    """The view of what `find` knows by its code; a wrong, an old and a revoked code are answered alike.

    Before: whoever looks at too many codes has to wait (T089). After: headers, on every answer, a 404 too.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, token: str, **parts: object) -> HttpResponse:
            try:
                response = _slow_down(request) or view(request, _known(find(token)), **parts)
            except Http404:
                response = render(request, "scan/unknown.html", status=404)
            for name, value in HEADERS.items():
                response[name] = value
            patch_vary_headers(response, ["Cookie"])
            return response

        return answered

    return decorate


def _known(found: object | None) -> object:
    if found is None:
        raise Http404
    return found


def _slow_down(request: HttpRequest) -> HttpResponse | None:
    """429 for an address that has looked too often this minute. Without Redis nobody is counted: a code can't be
    guessed anyway, and how many reports come in is counted in rows.
    """
    address = client_address(request)
    if not address or throttle.count(f"scan:{address}", timezone.now()) <= settings.SCAN_LOOKS_PER_MINUTE:
        return None
    response = render(request, "scan/busy.html", status=429)
    response["Retry-After"] = "60"
    return response


# No token against forged forms: nobody's rights are used here, and it would ask for a cookie and, against the
# header above, for the name of the page that sent it.
@csrf_exempt
@guarded(labels.find)
@require_http_methods(["GET", "POST"])
def scan(request: HttpRequest, label: DeviceLabel) -> HttpResponse:
    """On to where the person works; for anybody else the form and, when it was sent, the receipt."""
    if (url := _way(request, label.device)) and request.method == "GET":
        return redirect(url)
    form = ScanForm(request.POST, request.FILES) if request.method == "POST" else ScanForm()
    if form.is_valid() and (ticket := _filed(form, label, client_address(request) or None, timezone.now())):
        return redirect("scan:receipt", label.token, ticket.scan.key)
    context = {"form": form, "words": labels.words(label.device)}
    return render(request, "scan/form.html", context, status=_status(form))


def _status(form: ScanForm) -> int | None:
    if not form.is_bound:
        return None
    return 429 if form.too_many else 422


def _way(request: HttpRequest, device: Device) -> str:
    """Where a person who may see the device goes on: filing a fault, logging a call, the device's page."""
    if not request.user.is_authenticated:
        return ""
    user: User = person(request)
    if not Device.objects.for_user(user).filter(pk=device.pk).exists():
        return ""
    if may(user, "tickets.file"):
        return f"{reverse('portal:file')}?{urlencode({'device': device.pk})}"
    if may(user, "console"):
        return reverse("console:device", args=[device.pk])
    return ""


def _filed(form: ScanForm, label: DeviceLabel, address: str | None, now: datetime) -> Ticket | None:
    """The ticket; `None` with the reason on the form when it was not taken."""
    said = form.cleaned_data
    try:
        return workflow.report(label, **said, address=address, now=now)
    except storage.Refused as refused:
        form.add_error("photos", str(refused))
    except workflow.Refused as refused:
        form.too_many = isinstance(refused, TooMany)
        form.add_error(None, refused.sentence)
    return None


@guarded(labels.find)
@require_GET
def receipt(request: HttpRequest, label: DeviceLabel, key: UUID) -> HttpResponse:
    """The number of what was just reported, and the hotline; nothing else, and not for long (T087, T088)."""
    now = timezone.now()
    row = ScanReport.objects.filter(label=label, key=key, at__gt=now - RECEIPT_HOLDS).select_related("ticket").first()
    if row is None:
        raise Http404
    return render(request, "scan/receipt.html", {"number": row.ticket.number})


@guarded(codes.find)
@require_GET
def site(request: HttpRequest, site: Site) -> HttpResponse:
    """What the code at a site is for, in words, and where to go on; no more of the hospital than the paper says."""
    ways = {
        "may_file": not request.user.is_authenticated or may(request.user, "tickets.file"),
        "may_work": may(request.user, "field"),
    }
    return render(request, "scan/site.html", {"site": site, **ways})
