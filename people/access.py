"""Who may do what (one table), and what each person may see (`for_user`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, get_user_model
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url

from common.prepared import Given

if TYPE_CHECKING:
    from people.models import User

HOSPITAL = frozenset({"hospital_staff", "hospital_technician"})
DESK = frozenset({"operator", "lead", "manager", "admin"})
FIELD = DESK | {"engineer"}
COMPANY = FIELD | {"depot"}

ACTS: dict[str, frozenset[str]] = {
    "portal": HOSPITAL,
    "console": COMPANY,
    # The depot reads no ticket, whose words may be about patients: its own requests come with spare parts.
    "tickets.see": HOSPITAL | FIELD,
    "tickets.file": HOSPITAL,
    "tickets.log": frozenset({"operator", "lead", "manager"}),
    "tickets.answer": FIELD - {"admin"},
    "tickets.note": FIELD - {"admin"},
    "tickets.assign": frozenset({"operator", "lead", "manager"}),
    "tickets.own": frozenset({"operator", "lead", "engineer"}),
    "tickets.remote_failed": frozenset({"operator", "lead", "engineer"}),
    "tickets.visit": frozenset({"engineer", "lead"}),
    "tickets.wait": frozenset({"operator", "lead", "engineer"}),
    "tickets.resolve": frozenset({"operator", "lead", "engineer"}),
    "tickets.verify": frozenset({"operator", "lead", "manager"}),
    "tickets.cancel": frozenset({"operator", "lead", "manager"}),
    "tickets.judge": FIELD - {"admin"},
    "tickets.lower_priority": frozenset({"operator", "lead", "manager"}),
    "tickets.confirm": HOSPITAL,
    "tickets.reopen": HOSPITAL | {"operator", "lead", "manager"},
    "tickets.words": HOSPITAL,
    "tickets.triage": frozenset({"hospital_technician"}),
    "tickets.pass_on": HOSPITAL | {"operator", "lead", "manager"},
    # It takes from the hospital's quota and may bind it to pay.
    "tickets.urgent": frozenset({"hospital_technician", "operator", "lead", "manager"}),
    "tickets.unmark_urgent": frozenset({"lead", "manager"}),
    "visits.see": HOSPITAL | FIELD,
    "visits.dispatch": frozenset({"operator", "lead", "manager"}),
    "visits.work": frozenset({"engineer", "lead"}),
    # The engineer's presence is the hospital's to confirm; it stops a clock.
    "visits.confirm": frozenset({"hospital_technician"}),
    # Whoever has the code of a site can check in there from anywhere: no paper of it for those who check in.
    "visits.codes": DESK | {"hospital_technician"},
    "travel.change": frozenset({"lead", "manager", "admin"}),
    # A request for parts says what goes where, and nothing about the matter: the depot reads it, and no ticket.
    "spares.see": HOSPITAL | COMPANY,
    "spares.stock": COMPANY,
    "spares.ask": frozenset({"operator", "lead", "engineer", "manager"}),
    "spares.work": frozenset({"depot", "lead", "manager"}),
    "spares.export": frozenset({"depot", "lead", "manager", "admin"}),
    "field": frozenset({"engineer", "lead"}),
    "field.desk": frozenset({"lead", "manager", "admin"}),
    "field.decide": frozenset({"lead", "manager"}),
    "field.revoke": frozenset({"lead", "admin"}),
    "training": FIELD - {"admin"},
    "sla.see": HOSPITAL | FIELD,
    "sla.acknowledge": frozenset({"operator", "lead", "engineer", "manager"}),
    "sla.retarget": frozenset({"manager"}),
    "sla.confirm_evidence": frozenset({"lead", "manager"}),
    "devices.see": HOSPITAL | COMPANY,
    "devices.change": frozenset({"operator", "lead", "engineer", "manager", "admin"}),
    "devices.import": DESK,
    "devices.export": DESK,
    "devices.label": FIELD,
    "wall": frozenset({"operator", "lead", "manager", "admin"}),
    "roster": frozenset({"lead", "manager", "admin"}),
    "critical.plan": frozenset({"operator", "lead", "manager", "admin"}),
    "calendars": frozenset({"manager", "admin"}),
    "contracts.see": HOSPITAL | FIELD,
    "hospitals.see": FIELD,
    "warranty.override": frozenset({"manager"}),
    "quotes.make": frozenset({"operator", "lead", "manager"}),
    # It binds the hospital to pay: not for everybody there who may report a fault.
    "quotes.answer": frozenset({"hospital_technician"}),
    "contracts.change": frozenset({"manager", "admin"}),
    "duties.plan": frozenset({"operator", "lead", "manager"}),
    "duties.done": FIELD - {"admin"},
    "duties.export": DESK,
    "setup": frozenset({"admin"}),
}
"""Act → roles. A view, a form and an API call ask the same key; nothing else grants anything."""


def may(user: Any, act: str) -> bool:
    """Whether the signed-in, active `user` may do `act`; unknown acts raise KeyError."""
    roles = ACTS[act]
    return bool(user.is_authenticated and user.is_active and user.role in roles)


def require(user: Any, act: str) -> None:
    """Raise PermissionDenied (403) unless `user` may do `act`."""
    if not may(user, act):
        raise PermissionDenied(act)


def person(request: HttpRequest) -> User:
    """Who is signed in, behind `needs` or `signed_in`."""
    return cast("User", request.user)


View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def signed_in(view: View) -> View:
    """View decorator: sign in first, then go on there.

    What was being sent is not sent again: after a POST, back to the page that sent it, where its draft waits.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        back = _sender(request) if request.method == "POST" else ""
        back = back or request.get_full_path()
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: back}, safe='/')}")

    return cast(View, guarded)


def _sender(request: HttpRequest) -> str:
    """The page of ours that a request was sent from; empty when it names another site or none."""
    try:
        sender = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # "http://["
        return ""
    if sender.netloc != request.get_host():
        return ""
    return sender._replace(scheme="", netloc="", fragment="").geturl()


def needs(act: str) -> Callable[[View], View]:
    """View decorator: sign in first, then 403 unless the person may do `act`."""
    ACTS[act]

    def decorate(view: View) -> View:
        @signed_in
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request.user, act)
            return view(request, *args, **kwargs)

        guarded.act = act  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


_Row = TypeVar("_Row", bound=models.Model)


class ScopedQuerySet(models.QuerySet[_Row]):
    """Rows of one hospital each; what `for_user` leaves out does not exist for that person (404).

    Hospital people see their hospital. Engineers see their team's region and what is theirs.
    Desk roles see all, the depot too. Who may not do `sight` sees no row at all (T019).
    """

    sight: ClassVar[str | None] = None
    hospital_path: ClassVar[str] = "hospital"
    region_path: ClassVar[str] = "hospital__region"
    own_paths: ClassVar[tuple[str, ...]] = ()

    def for_user(self, user: User | Any) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.seen_by(user.role, person=user.pk, hospital=user.hospital_id)

    def seen_by(self, role: str, *, person: int | Given, hospital: int | Given | None) -> Self:
        """What an active person of `role` sees. The two keys may be given later, to a prepared query of the role."""
        if self.sight is not None and role not in ACTS[self.sight]:
            return self.none()
        if role in HOSPITAL:
            return self.filter(**{self.hospital_path: hospital})
        if role in DESK or role == "depot":
            return self.all()
        # Asked inside the same query, so an engineer's lists cost no more than anybody's.
        people = get_user_model()._default_manager
        region = people.filter(pk=person, team__region__isnull=False).values("team__region")
        return self.filter(models.Q(**{f"{self.region_path}__in": region}) | self.own(person))

    def own(self, person: int | Given) -> models.Q:
        """What is theirs, wherever it lies. A path over several rows would give a row several times: ask for keys."""
        return reduce(or_, (models.Q(**{path: person}) for path in self.own_paths), models.Q())
