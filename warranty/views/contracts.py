"""The list of contracts, a contract's page, and what happens to one: activated, changed after a look at its clocks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.access import may, needs, person
from warranty import contract_list, contract_page, contracts
from warranty.cases import desk_day
from warranty.forms import ChangeForm
from warranty.models import Contract
from warranty.refusal import Refused

UNPROCESSABLE = 422
RIGHTS = ("contracts.change", "duties.plan", "duties.done", "setup")


def _find(request: HttpRequest, pk: int) -> Contract:
    rows = contract_list.visible(person(request))
    about = ("hospital", "project", "policy", "follows", "followed_by", "activated_by")
    return get_object_or_404(rows.select_related(*about), pk=pk)


@needs("console")
@needs("contracts.see")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Contracts of all hospitals that the person sees, the one that ends first on top."""
    found = contract_list.read(request.GET, person(request), desk_day(timezone.now()))
    context = {"list": found, "may_set_up": may(request.user, "setup")}
    return render(request, "warranty/contracts.html", context)


@needs("console")
@needs("contracts.see")
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One contract."""
    user, now, first = person(request), timezone.now(), request.GET.get("first", "")
    number = int(first) if first.isascii() and first.isdigit() and len(first) < 6 else 0
    found = contract_page.read(_find(request, pk), user, now=now, today=desk_day(now), first=number)
    rights = {f"may_{act.rpartition('.')[2]}": may(user, act) for act in RIGHTS}
    return render(request, "warranty/contract.html", {"page": found, "contract": found.contract, **rights})


@needs("contracts.change")
@require_POST
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft in force."""
    try:
        contracts.activate(_find(request, pk), by=person(request), now=timezone.now())
        messages.success(request, _("In force. Running clocks of the hospital follow it from its first day on."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("warranty:contract", pk)


@needs("contracts.change")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contract in force: first the clocks that would move are shown, then what was `seen` is done."""
    contract = _find(request, pk)
    form = ChangeForm(request.POST if request.method == "POST" else None, instance=contract)
    context: dict[str, Any] = {"form": form, "contract": contract}
    if form.is_bound and form.is_valid() and _try(request, form, contract, context):
        return redirect("warranty:contract", pk)
    return render(request, "warranty/change.html", context, status=UNPROCESSABLE if form.errors else None)


def _try(request: HttpRequest, form: ChangeForm, contract: Contract, context: dict[str, Any]) -> bool:
    """Whether it was done; else it was rehearsed, or refused, and the form has to be shown."""
    values, by, now = form.values(), person(request), timezone.now()
    try:
        if request.POST.get("seen") != form.fingerprint():
            context["moved"] = contracts.rehearse(contract, by=by, now=now, **values)
            return False
        changed = contracts.change(contract, by=by, now=now, **values)
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    except ValidationError as wrong:
        form.add_error(None, wrong.messages)
        return False
    messages.success(request, _("Changed; it is version %(number)s now.") % {"number": changed.version})
    return True
