"""The hospital's list of its faults: filters, search, pages; and what was solved lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from common import wording
from common.keyset import Keyset, page
from common.present import Chip, Filter, Tag
from people.models import Role, User
from sla import present
from sla.models import Deadline
from tickets import portal_cards, portal_page, search
from tickets.models import Ticket
from tickets.states import Status

PAGE = 20
RECENT = 5
NEWEST_FIRST = Keyset()
OVER = [Status.CLOSED, Status.CANCELLED]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `promise` names the clock that `chip` shows."""

    ticket: Ticket
    place: str
    url: str
    tag: Tag
    promise: str
    chip: Chip | None
    verdict: Tag | None
    took: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list with its filters; `words` is what was searched for."""

    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]
    scopes: tuple[Filter, ...]
    words: str
    newer_url: str
    older_url: str
    keep: tuple[tuple[str, str], ...]


def listing(user: User, query: Mapping[str, str], now: datetime) -> Listing:
    """What `query` asks for: show=open|asking|over|all, whose=mine|all, q=words, after= or before=.

    Staff start with their own faults, the hospital's technician with everybody's. A search looks
    through all states.
    """
    whose = query.get("whose") or ("all" if user.role == Role.HOSPITAL_TECHNICIAN else "mine")
    words = query.get("q", "").strip()
    show = query.get("show") or ("all" if words else "open")
    seen = search.find(user, words) if words else Ticket.objects.for_user(user)
    mine = seen.filter(reporter=user) if whose == "mine" else seen
    counts = mine.aggregate(**{name: Count("pk", filter=which) for name, which in _states(user).items()})
    found = page(_rows(mine.filter(_states(user).get(show, Q()))), NEWEST_FIRST, query, PAGE)
    kept = {"show": show, "whose": whose, **({"q": words} if words else {})}
    return Listing(
        rows=tuple(_row(ticket, now) for ticket in found.rows),
        filters=_filters(counts, kept),
        scopes=_scopes(kept),
        words=words,
        newer_url=_url({**kept, "before": found.before}) if found.before else "",
        older_url=_url({**kept, "after": found.after}) if found.after else "",
        keep=tuple((name, value) for name, value in kept.items() if name == "whose"),
    )


def _states(user: User) -> dict[str, Q]:
    return {"open": ~Q(status__in=OVER), "asking": portal_cards.asked(user), "over": Q(status__in=OVER), "all": Q()}


def _url(query: dict[str, str]) -> str:
    return f"{reverse('portal:requests')}?{urlencode(query)}"


def _filters(counts: dict[str, int], kept: dict[str, str]) -> tuple[Filter, ...]:
    names = {
        "open": pgettext("faults", "Open"),
        "asking": pgettext("faults", "Waiting for me"),
        "over": pgettext("faults", "Closed"),
        "all": pgettext("faults", "All"),
    }
    return tuple(
        Filter(name, _url({**kept, "show": key}), counts[key], kept["show"] == key) for key, name in names.items()
    )


def _scopes(kept: dict[str, str]) -> tuple[Filter, ...]:
    names = {"mine": _("Reported by me"), "all": _("Whole hospital")}
    return tuple(Filter(name, _url({**kept, "whose": key}), None, kept["whose"] == key) for key, name in names.items())


def _rows(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Rows with their running clocks and the verdicts of those that stopped."""
    running = Deadline.objects.filter(state__in=[Deadline.State.RUNNING, Deadline.State.PAUSED])
    return _with_verdicts(tickets.select_related("site", "device", "reporter", "timeline")).prefetch_related(
        Prefetch("timeline__deadlines", running.select_related("commitment"), to_attr="live")
    )


def _with_verdicts(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    state, path = Deadline.State, "timeline__deadlines__state"
    return tickets.annotate(
        kept=Count("timeline__deadlines", filter=Q(**{path: state.MET})),
        broken=Count("timeline__deadlines", filter=Q(**{path: state.MISSED})),
    )


def _row(ticket: Ticket, now: datetime) -> Row:
    clock = present.governing(ticket.timeline.live)  # type: ignore[attr-defined]
    return Row(
        ticket=ticket,
        place=portal_cards.named(ticket),
        url=portal_cards.url(ticket),
        tag=portal_cards.TAGS[ticket.status],
        promise=str(portal_page.PROMISES.get(clock.code, clock.commitment.name)) if clock else "",
        chip=present.chip(clock, now) if clock else None,
        verdict=_verdict(ticket) if ticket.status == Status.CLOSED else None,
        took=_took(ticket),
    )


def _verdict(ticket: Ticket) -> Tag | None:
    """ "4 promises, all kept", or how many were not: said just as plainly."""
    kept, broken = ticket.kept, ticket.broken  # type: ignore[attr-defined]
    if not kept + broken:
        return None
    if not broken:
        text = ngettext("%(count)d promise, kept", "%(count)d promises, all kept", kept)
        return Tag(text % {"count": kept}, "check", "ok")
    text = ngettext("%(late)d of %(count)d promise late", "%(late)d of %(count)d promises late", kept + broken)
    return Tag(text % {"late": broken, "count": kept + broken}, "x", "bad")


def _took(ticket: Ticket) -> str:
    return wording.duration((ticket.solved_at - ticket.created_at).total_seconds()) if ticket.solved_at else ""


@dataclass(frozen=True, slots=True)
class Recent:
    """The last faults that were solved, and how many there are in all."""

    rows: tuple[Row, ...]
    total: int
    url: str


def recently_solved(user: User, now: datetime) -> Recent:
    """What the home page shows under the cards."""
    closed = Ticket.objects.for_user(user).filter(status=Status.CLOSED)
    rows = tuple(_row(ticket, now) for ticket in _rows(closed).order_by("-closed_at")[:RECENT])
    total = closed.count() if len(rows) == RECENT else len(rows)
    return Recent(rows, total, _url({"show": "over", "whose": "all"}))
