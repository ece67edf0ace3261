"""The company's page of a ticket and its verbs: find, ask, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attachments import storage
from audit import trail
from people.access import needs, person, require
from sla import deadlines
from tickets import console_page
from tickets.console_forms import EditForm, SayForm, VerbForm
from tickets.models import Ticket, TicketEvent
from tickets.states import Refused
from tickets.story import SHOW
from tickets.workflow import Conflict

ORDER = "timeline_order"
"""Cookie that remembers which end of the story a person reads first."""
A_YEAR = 365 * 24 * 3600
UNPROCESSABLE, CONFLICT = 422, 409


def _find(request: HttpRequest, number: str) -> Ticket:
    if (found := console_page.find(person(request), number)) is None:
        raise Http404(number)
    return found


@needs("console")
@require_GET
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """The workspace of one ticket."""
    return _page(request, _find(request, number))


def _page(request: HttpRequest, found: Ticket, say: SayForm | None = None) -> HttpResponse:
    """The page, with the composer as it was when `say` could not be sent."""
    user, now = person(request), timezone.now()
    show = request.GET.get("show", "all")
    order = request.GET.get("order") or request.COOKIES.get(ORDER, "newest")
    context = console_page.read(found, user, now, show=show if show in SHOW else "all", oldest_first=order == "oldest")
    context["say"] = say or SayForm(ticket=found, user=user, now=now)
    answer = render(request, "console/ticket.html", context, status=UNPROCESSABLE if say else None)
    if order in {"newest", "oldest"} and "order" in request.GET:
        answer.set_cookie(ORDER, order, max_age=A_YEAR, samesite="Lax", httponly=True)
    return answer


@needs("console")
@require_http_methods(["GET", "POST"])
def say(request: HttpRequest, number: str) -> HttpResponse:
    """What the composer sends: an answer, a note or a call. Whoever comes back to the address is led to the ticket."""
    require(request.user, "tickets.note")
    found = _find(request, number)
    if request.method == "GET":
        return redirect("console:ticket", number=number)
    form = SayForm(request.POST, request.FILES, ticket=found, user=person(request), now=timezone.now())
    return _done(request, form) or _page(request, found, form)


def verb(form_class: type[VerbForm]) -> Callable[..., HttpResponse]:
    """The view of one verb: its form (GET, alone or for the dialog), and the deed (POST)."""

    @needs("console")
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, number: str) -> HttpResponse:
        require(request.user, form_class.act())
        found, now = _find(request, number), timezone.now()
        given = {name: request.GET[name] for name in form_class.base_fields if name in request.GET}
        data = (request.POST, request.FILES) if request.method == "POST" else ()
        form = form_class(*data, ticket=found, user=person(request), now=now, initial=given)
        return _done(request, form) or _ask(request, form)

    return view


def _done(request: HttpRequest, form: VerbForm) -> HttpResponse | None:
    """Do what a filled-in form asks for; nothing when it has to be shown (again), with the reason on it."""
    if not form.is_valid():
        return None
    try:
        form.perform()
    except Conflict as conflict:
        form.conflict = conflict
        return None
    except (Refused, deadlines.Refused, storage.Refused) as refused:
        form.add_error(_field(form, refused), _sentence(refused))
        return None
    messages.success(request, str(form.done))
    return _to(request, _next(request, form.ticket))


def _next(request: HttpRequest, ticket: Ticket) -> str:
    """Where to go on: at the ticket; whoever sent an engineer from the dispatch board stays there."""
    try:
        here = str(request.htmx.current_url_abs_path or "")  # type: ignore[attr-defined]
    except ValueError:  # "http://["
        here = ""
    board = reverse("console:dispatch")
    return here.partition("#")[0] if here.startswith(board) else reverse("console:ticket", args=[ticket.number])


def _field(form: VerbForm, refused: Exception) -> str | None:
    """Which field the reason belongs under, if it is one thing that was filled in wrong."""
    if isinstance(refused, storage.Refused):
        return "uploads"
    return refused.field if isinstance(refused, Refused) and refused.field in form.fields else None


def _sentence(refused: Exception) -> str:
    """Why a verb said no, for the person who asked."""
    return refused.sentence if isinstance(refused, Refused) else str(refused)


def _ask(request: HttpRequest, form: VerbForm) -> HttpResponse:
    """Show a form: in the dialog for htmx, else on a page of its own."""
    context: dict[str, Any] = {"form": form, "ticket": form.ticket, "now": form.now}
    status = UNPROCESSABLE if form.is_bound else None
    if form.conflict is not None:
        context, status = context | _both_versions(form, form.conflict), CONFLICT
    template = "console/verb_form.html" if request.htmx else "console/verb.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=status)


def _both_versions(form: VerbForm, conflict: Conflict) -> dict[str, Any]:
    """What a stale edit shows: each field in both versions, who saved theirs, and the form to save again."""
    edits = form.ticket.events.filter(kind=TicketEvent.EventKind.EDITED).select_related("by")
    return {
        "conflict": conflict,
        "differences": [(form.fields[name].label, mine, conflict.theirs[name]) for name, mine in conflict.mine.items()],
        "theirs": edits.first(),
        "form": EditForm.merging(form, conflict),
    }


def _to(request: HttpRequest, url: str) -> HttpResponse:
    """Go on at `url`; an htmx request can't follow a redirect with the whole page, so it is told."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


@needs("console")
@require_POST
def phone(request: HttpRequest, number: str) -> HttpResponse:
    """The contact's whole number; who looked is on record."""
    require(request.user, "tickets.answer")
    found = _find(request, number)
    trail.note("tickets.phone_shown", found.number, by=person(request), now=timezone.now())
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "console/phone.html", {"phone": found.contact_phone})
    messages.info(request, f"{found.contact_name} {found.contact_phone}")
    return redirect("console:ticket", number=number)
