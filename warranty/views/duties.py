"""The duty ledger across hospitals, as a page and a file; its steps (plan, done, drop) and the proofs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from attachments import storage
from common.network import client_address
from people.access import may, needs, person
from warranty import contract_list, ledger_page
from warranty.cases import desk_day
from warranty.forms import DoneForm, DropForm, DutyForm, PlanForm
from warranty.models import Contract, DutyEntry
from warranty.refusal import Refused, WouldBill

UNPROCESSABLE = 422


@needs("console")
@needs("contracts.see")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What is owed to the hospitals that the person sees, what is at risk on top."""
    user = person(request)
    found = ledger_page.read(request.GET, user, desk_day(timezone.now()))
    rights = {f"may_{right}": may(user, f"duties.{right}") for right in ("plan", "done", "export")}
    return render(request, "warranty/duties.html", {"page": found, **rights})


@needs("duties.export")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The ledger that an address names, as a CSV file; who took it is on record."""
    now = timezone.now()
    content = ledger_page.export(
        request.GET, person(request), now=now, today=desk_day(now), address=client_address(request) or None
    )
    headers = {
        "Content-Disposition": f'attachment; filename="duties-{timezone.localtime(now):%Y%m%d-%H%M}.csv"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@needs("contracts.see")
@require_GET
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper that shows that it was done, for the company and for the hospital that it was done for."""
    entries = DutyEntry.objects.for_user(request.user).select_related("proof")
    entry = get_object_or_404(entries, pk=pk, proof__isnull=False)
    assert entry.proof is not None
    return storage.serve(entry.proof, inline="download" not in request.GET)


@needs("duties.plan")
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan one for a contract; `?kind=` chooses what."""
    signed = contract_list.visible(person(request)).filter(activated_at__isnull=False)
    contract = get_object_or_404(signed.select_related("hospital"), pk=pk)
    return _step(request, PlanForm, contract, {"kind": request.GET.get("kind", "")}, contract=contract)


@needs("duties.done")
@require_http_methods(["GET", "POST"])
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Put on record that it was done, with its proof."""
    entry = _entry(request, pk)
    return _step(request, DoneForm, entry.entitlement.contract, {}, entry=entry)


@needs("duties.plan")
@require_http_methods(["GET", "POST"])
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It will not take place."""
    entry = _entry(request, pk)
    return _step(request, DropForm, entry.entitlement.contract, {}, entry=entry)


def _entry(request: HttpRequest, pk: int) -> DutyEntry:
    entries = DutyEntry.objects.for_user(request.user)
    return get_object_or_404(entries.select_related("entitlement__contract__hospital"), pk=pk)


def _step(
    request: HttpRequest, form_class: type[DutyForm], of: Contract, initial: dict[str, Any], **about: Any
) -> HttpResponse:
    """Show the form of a step, in the dialog or on a page of its own; do it; go back to where it was asked for."""
    now = timezone.now()
    sent: tuple[Any, ...] = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = form_class(*sent, user=person(request), now=now, today=desk_day(now), initial=initial, **about)
    if form.is_bound and form.is_valid() and _performed(form):
        messages.success(request, str(form.said))
        back = reverse("warranty:duties") if "ledger" in request.GET else reverse("warranty:contract", args=[of.pk])
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": back})
        return redirect(back)
    template = "warranty/verb_form.html" if request.htmx else "warranty/verb.html"  # type: ignore[attr-defined]
    context = {"form": form, "contract": of}
    return render(request, template, context, status=UNPROCESSABLE if form.is_bound else None)


def _performed(form: DutyForm) -> bool:
    """Whether the verb did it; what it refused stands on the form then."""
    try:
        form.perform()
    except WouldBill as refused:
        form.add_error("agreed", str(refused))
    except storage.Refused as refused:
        form.add_error("proof", str(refused))
    except Refused as refused:
        form.add_error("on" if "on" in form.fields else None, str(refused))
    else:
        return True
    return False
