"""What has to come back to a depot, as its clerks read it: both legs, and for how long each has been owed (A13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.keyset import Keyset, page
from common.present import Filter, Tag
from people.models import User
from spares import depot_tabs
from spares.depot_board import EVERY, may_work_in
from spares.models import Depot, Return
from spares.return_forms import STEPS, ReturnStep

State = Return.State
OPEN = (State.OWED, State.RECEIVED, State.AT_MAKER)
STATES = {
    "": gettext_lazy("All open ones"),
    State.OWED: gettext_lazy("Owed by hospitals"),
    State.RECEIVED: gettext_lazy("In the depot, not sent"),
    State.AT_MAKER: gettext_lazy("With the maker"),
}
PAGE_SIZE = 25
TONES = ((30, "bad"), (10, "warn"))
"""From so many days on an open leg is shown in this tone; the reminders come at 10, 20 and 30."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A good part that went out and the faulty one that comes in. `days`: how long the open leg has taken."""

    row: Return
    days: int
    may_work: bool

    @property
    def tag(self) -> Tag:
        tone = next((tone for days, tone in TONES if self.days >= days), "off")
        text = _("%(days)d d") % {"days": self.days}
        return Tag(text, "triangle-alert" if tone == "bad" else "hourglass" if tone == "warn" else "clock", tone)  # type: ignore[arg-type]

    @property
    def steps(self) -> tuple[type[ReturnStep], ...]:
        """What the reader may do to it now."""
        return tuple(step for step in STEPS.values() if step.is_offered(self.row)) if self.may_work else ()

    @property
    def main_step(self) -> type[ReturnStep] | None:
        return next((step for step in self.steps if step.leads_on(self.row)), None)

    @property
    def other_steps(self) -> tuple[type[ReturnStep], ...]:
        main = self.main_step
        return tuple(step for step in self.steps if step is not main)


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    """The returns as a person asked for them."""

    tabs: tuple[Filter, ...]
    states: tuple[Filter, ...]
    depots: tuple[Filter, ...]
    pairs: tuple[Pair, ...]
    newer_url: str
    older_url: str


def read(query: QueryDict, user: User, now: datetime) -> ReturnsPage:
    """The open returns for an address (depot=, state=, after= or before=), the oldest first: three queries."""
    depots = list(
        Depot.objects.filter(is_active=True).annotate(
            is_own=Exists(Depot.clerks.through.objects.filter(depot=OuterRef("pk"), user=user.pk))
        )
    )
    mine = {depot.pk for depot in depots if depot.is_own}
    code, state = query.get("depot", ""), query.get("state", "")
    state = state if state in OPEN else ""
    rows = Return.objects.for_user(user).filter(state__in=OPEN)
    if named := [depot.pk for depot in depots if depot.code == code]:
        rows = rows.filter(depot__in=named)
    elif mine and code != EVERY:
        rows = rows.filter(depot__in=mine)
    held = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
    shown = rows.filter(state=state) if state else rows
    found = page(for_pairs(shown), Keyset("owed_since"), query, PAGE_SIZE)
    return ReturnsPage(
        tabs=depot_tabs.row("returns", {"returns": sum(held.values())}, _address(depot=code)),
        states=_states(held, code, state),
        depots=_depots(depots, bool(mine), code, state),
        pairs=tuple(Pair(row, _days(row, now), may_work_in(row.depot_id, user, mine)) for row in found.rows),
        newer_url=f"?{_address(depot=code, state=state, before=found.before)}" if found.before else "",
        older_url=f"?{_address(depot=code, state=state, after=found.after)}" if found.after else "",
    )


def for_pairs(rows: Any) -> Any:
    """Returns with all that a card of them shows."""
    return rows.select_related("hospital", "depot", "part", "good_unit", "replacement", "line__request")


def _days(row: Return, now: datetime) -> int:
    """Whole days of the leg that is open."""
    since = {State.RECEIVED: row.received_at, State.AT_MAKER: row.sent_at}.get(State(row.state)) or row.owed_since
    return (now - since).days


def _states(held: dict[str, int], code: str, state: str) -> tuple[Filter, ...]:
    counts = {"": sum(held.values()), **held}
    here = reverse("spares:returns")
    return tuple(
        Filter(name, f"{here}?{_address(depot=code, state=key)}", counts.get(key, 0), key == state)
        for key, name in STATES.items()
    )


def _depots(depots: Sequence[Depot], has_own: bool, code: str, state: str) -> tuple[Filter, ...]:
    here = reverse("spares:returns")
    every = EVERY if has_own else ""
    choices = [("", _("My depots"))] if has_own else []
    choices += [(every, _("All depots")), *((depot.code, depot.name) for depot in depots)]
    return tuple(
        Filter(name, f"{here}?{_address(depot=key, state=state)}", current=key == code) for key, name in choices
    )


def _address(**said: str) -> str:
    kept = QueryDict(mutable=True)
    kept.update({key: value for key, value in said.items() if value})
    return kept.urlencode()
