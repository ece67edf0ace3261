"""The register of devices and a device's page, for the company and for the hospital: find, ask, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attachments import storage
from audit import trail
from common.present import Action
from devices import lifecycle
from devices.models import Device, Project
from people.access import may, needs, person, require
from people.models import Hospital, User
from tickets import device_page, device_register
from tickets.device_forms import FORMS, DeviceForm, InstallForm
from tickets.filters import places

UNPROCESSABLE = 422


def register(base: str) -> Callable[..., HttpResponse]:
    """The register of the `console` or the `portal`."""

    @needs(base)
    @require_GET
    def view(request: HttpRequest) -> HttpResponse:
        found = device_register.read(request.GET, person(request))
        rights = ("change", "import", "export", "label")
        context = {"register": found, "query": device_register.kept(request.GET)}
        context |= {f"may_{right}": may(request.user, f"devices.{right}") for right in rights}
        return render(request, f"devices/register_{base}.html", context)

    return view


def page(base: str) -> Callable[..., HttpResponse]:
    """A device's page in the `console` or the `portal`."""

    @needs(base)
    @require_GET
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        device = get_object_or_404(device_page.find(user), pk=pk)
        found = device_page.read(device, user, timezone.now())
        context = {
            "page": found,
            "steps": _steps(device) if found.is_in_use and may(user, "devices.change") else (),
            "sees_hospital": may(user, "hospitals.see"),
            "may_log": may(user, "tickets.log"),
            "may_call": may(user, "tickets.answer"),
            "may_label": found.is_in_use and may(user, "devices.label"),
        }
        return render(request, f"devices/device_{base}.html", context)

    return view


def _steps(device: Device) -> tuple[Action, ...]:
    """What can be done to it."""
    return tuple(
        Action(form.submit, reverse(f"console:device-{form.verb}", args=[device.pk]), form.icon) for form in FORMS
    )


@needs("devices.change")
@require_http_methods(["GET", "POST"])
def install(request: HttpRequest) -> HttpResponse:
    """Put a device into the register: choose the hospital (`?hospital=`), then the rest."""
    user, now = person(request), timezone.now()
    chosen = request.GET.get("hospital", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        return render(request, "devices/install.html", {"hospitals": places(user)[0]})
    hospital = get_object_or_404(Hospital.objects.for_user(user), pk=chosen)
    form = InstallForm(request.POST if request.method == "POST" else None, hospital=hospital, user=user, now=now)
    context = {"form": form, "hospitals": places(user)[0]}
    return _done(request, form) or render(
        request, "devices/install.html", context, status=UNPROCESSABLE if form.is_bound else None
    )


def verb(form_class: type[DeviceForm]) -> Callable[..., HttpResponse]:
    """The view of one step: its form (GET, alone or for the dialog), and the deed (POST)."""

    @needs("devices.change")
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        user, now = person(request), timezone.now()
        device = get_object_or_404(device_page.find(user), pk=pk)
        form = form_class(request.POST if request.method == "POST" else None, device=device, user=user, now=now)
        return _done(request, form) or _ask(request, form)

    return view


def _done(request: HttpRequest, form: DeviceForm | InstallForm) -> HttpResponse | None:
    """Do what a filled-in form asks for; nothing when it has to be shown (again), with the reason on it."""
    if not form.is_valid():
        return None
    try:
        device = form.perform()
    except lifecycle.Refused as refused:
        form.add_error(None, str(refused))
        return None
    messages.success(request, str(form.done))
    url = reverse("console:device", args=[device.pk])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _ask(request: HttpRequest, form: DeviceForm) -> HttpResponse:
    """Show a form: in the dialog for htmx, else on a page of its own."""
    template = "devices/verb_form.html" if request.htmx else "devices/verb.html"  # type: ignore[attr-defined]
    context: dict[str, Any] = {"form": form, "device": form.device}
    return render(request, template, context, status=UNPROCESSABLE if form.is_bound else None)


@needs("console")
@require_POST
def phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole number of one of a hospital's people; who looked is on record."""
    require(request.user, "tickets.answer")
    hospitals = Hospital.objects.for_user(request.user)
    contact = get_object_or_404(User.objects.filter(hospital__in=hospitals, is_active=True), pk=pk)
    trail.note("people.phone_shown", contact.name, by=person(request), now=timezone.now(), id=contact.pk)
    return render(request, "devices/phone.html", {"contact": contact, "shown": True})


@needs("devices.see")
@require_GET
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The acceptance protocol of a project."""
    project = get_object_or_404(
        Project.objects.for_user(request.user).select_related("proof"), pk=pk, proof__isnull=False
    )
    assert project.proof is not None
    return storage.serve(project.proof, inline="download" not in request.GET)
