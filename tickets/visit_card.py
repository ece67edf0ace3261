"""A visit as a card: promised and actual side by side, the way, how they checked in, and what may be done (A2, A8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.present import Tag
from common.wording import labelled, listed
from people.access import may
from people.models import User
from sla.models import Deadline
from tickets import links
from tickets.actions import Action
from tickets.models import Ticket
from visits.models import Crew, Visit
from visits.states import AHEAD

State = Visit.State
ICONS = {
    State.PLANNED: "calendar-clock",
    State.TRAVEL: "truck",
    State.ON_SITE: "map-pin",
    State.WORKING: "wrench",
    State.DONE: "circle-check",
    State.CANCELLED: "ban",
}


@dataclass(frozen=True, slots=True)
class Card:
    """`steps`: name, planned, actual. `way` and `check_in` in words, empty without."""

    visit: Any
    tag: Tag
    steps: tuple[tuple[str, datetime | None, datetime | None], ...]
    way: str
    check_in: str
    buttons: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a visit is. `expected_at`: when somebody is there, as far as that is known."""

    state: str
    arrived_at: datetime | None
    expected_at: datetime


def state_tag(visit: Stage, due_at: datetime | None, now: datetime) -> Tag:
    """Where a visit stands: blue on its way, green kept, orange when it will be late, red when it is."""
    return _tag(State(visit.state), _standing(visit, due_at, now), get_language())


def _standing(visit: Stage, due_at: datetime | None, now: datetime) -> str:
    """How the visit stands to its deadline; empty without one, and while it is in time."""
    if due_at is None or visit.state == State.CANCELLED:
        return ""
    if visit.arrived_at is not None:
        return "kept" if visit.arrived_at <= due_at else "late"
    if due_at < now:
        return "over"
    return "tight" if visit.expected_at > due_at else ""


@cache
def _tag(state: Visit.State, standing: str, _language: str | None) -> Tag:
    """One of a few dozen tags of a language: a week's board shows hundreds."""
    icon, word = ICONS[state], str(state.label)
    if standing == "late":
        return Tag(_("%(state)s, came late") % {"state": word}, "x", "bad")
    if standing == "over":
        return Tag(_("%(state)s, deadline over") % {"state": word}, "triangle-alert", "bad")
    if standing == "tight":
        return Tag(_("%(state)s, will be late") % {"state": word}, "hourglass", "warn")
    if standing == "kept":
        return Tag(word, icon, "ok")
    return Tag(word, icon, "off" if state in {State.DONE, State.CANCELLED} else "act")


def find(user: User, pk: int) -> Any:
    """A visit that `user` sees, with its lead engineer's name, its ticket and the clock that waits for it; or None."""
    lead = Crew.objects.on_record().filter(visit=OuterRef("pk"), is_lead=True).order_by("-pk")
    clock = Deadline.objects.filter(timeline=OuterRef("timeline"), code="onsite")
    rows = Visit.objects.for_user(user).select_related("site", "hospital", "ticket_link__ticket", "travel_base")
    return (
        rows.annotate(engineer=Subquery(lead.values("engineer__name")[:1]))
        .annotate(due_at=Subquery(clock.exclude(state__in=HIDDEN).order_by("-pk").values("due_at")[:1]))
        .filter(pk=pk)
        .first()
    )


HIDDEN = (Deadline.State.SUPERSEDED, Deadline.State.WITHDRAWN, Deadline.State.CANCELLED)


def cards(
    visits: Iterable[Any], ticket: Ticket, due_at: datetime | None, user: User, now: datetime
) -> tuple[Card, ...]:
    """The visits of a ticket, newest first."""
    return tuple(card(visit, ticket, due_at, user, now) for visit in sorted(visits, key=lambda one: -one.pk))


def card(visit: Any, ticket: Ticket | None, due_at: datetime | None, user: User, now: datetime) -> Card:
    """One visit; `visit.engineer`: the name of who leads it."""
    expected_at = visit.expected_arrival_at or visit.starts_at
    return Card(
        visit=visit,
        tag=state_tag(Stage(visit.state, visit.arrived_at, expected_at), due_at, now),
        steps=(
            (_("Set out"), None, visit.departed_at),
            (_("Arrived"), expected_at, visit.arrived_at),
            (_("Work began"), None, visit.started_at),
            (_("Work ended"), visit.ends_at, visit.finished_at),
            (_("Left"), None, visit.left_at),
        ),
        way=_way(visit),
        check_in=_check_in(visit),
        buttons=_buttons(visit, ticket, user) if ticket else (),
    )


def _way(visit: Visit) -> str:
    if visit.travel_minutes is None:
        return ""
    words = {"start": visit.travel_from, "minutes": visit.travel_minutes, "km": visit.travel_km or 0}
    said = [_("from %(start)s: %(minutes)d min, %(km)d km") % words]
    if visit.travel_reason:
        said.append(visit.travel_reason)
    elif visit.travel_is_estimate:
        said.append(_("way estimated"))
    elif visit.travel_source:
        said.append(visit.travel_source)
    if visit.departed_at and visit.arrived_at and visit.departed_at < visit.arrived_at:
        took = round((visit.arrived_at - visit.departed_at).total_seconds() / 60)
        said.append(_("it took %(minutes)d min") % {"minutes": took})
    return listed(said)


def _check_in(visit: Visit) -> str:
    if not visit.check_in:
        return ""
    said = [str(Visit.CheckIn(visit.check_in).label)]
    if visit.distance_m is not None:
        said.append(_("%(metres)d m from the site") % {"metres": visit.distance_m})
    if visit.check_in_reason:
        said.append(visit.check_in_reason)
    return labelled(_("Check-in"), listed(said))


def _buttons(visit: Visit, ticket: Ticket, user: User) -> tuple[Action, ...]:
    if visit.state not in AHEAD or not may(user, "visits.dispatch"):
        return ()
    page = links.for_person(ticket, user)
    verbs = [("reassign-visit", _("Send somebody else"), "replace"), ("call-off", _("Call it off"), "ban")]
    if visit.state == State.PLANNED:
        verbs.insert(0, ("move-visit", _("Move"), "calendar-clock"))
    return tuple(Action(verb, text, icon, False, f"{page}{verb}/?visit={visit.pk}") for verb, text, icon in verbs)
