"""What a policy promises, in words: each clock with its clause, limits and hours, and the on-site rules of a site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common import wording
from people import travel
from people.models import Site
from sla.book import Tables
from sla.facts import Kind
from sla.models import Calendar
from sla.runs import Rule

WHEN: dict[str, Any] = {
    "node_down": gettext_lazy("node down"),
    "urgent": gettext_lazy("urgent response"),
    "complaint": gettext_lazy("complaint"),
    "fault": gettext_lazy("fault"),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """One clock of a policy. `limits`: what it grants, each with the case that it is for; `hours`: when it counts."""

    name: str
    clause: str
    limits: tuple[str, ...]
    hours: str


@dataclass(frozen=True, slots=True)
class OnSite:
    """The two limits of a site in seconds: `travel` from the failure of remote help on, `bound` from the notice on.

    None: the policy has no such clock, or no travel figure is on file for the site.
    """

    site: Site
    base: str
    travel: float | None
    bound: float | None

    @property
    def sentence(self) -> str:
        """Which of the two governs, for a fault whose remote help ends at once and for one where it takes longer."""
        if self.travel is None or self.bound is None:
            return ""
        if (spare := self.bound - self.travel) <= 0:
            return _("The outer limit governs: it comes first however early remote help ends.")
        text = _(
            "Travel + limit governs if remote help ends within %(span)s of the notice; after that the outer limit."
        )
        return text % {"span": wording.duration(spare)}


def rules_of(policy: str, now: datetime) -> list[Rule]:
    """The clocks of the policy of that code as they are promised now, in its order: one query, as a rule."""
    return Tables.current().rules(policy, now)


def promises(rules: Sequence[Rule]) -> list[Promise]:
    """The clocks of a policy in words: one query."""
    hours = dict(Calendar.objects.filter(pk__in={rule.calendar for rule in rules}).values_list("pk", "name"))
    return [Promise(rule.name, rule.clause, tuple(_limits(rule)), hours[rule.calendar]) for rule in rules]


def on_site(rules: Sequence[Rule], sites: Sequence[Site], now: datetime) -> list[OnSite]:
    """For each site what the on-site rules among the clocks of a policy come to: one query."""
    there = [one for one in rules if Kind.ARRIVED in one.stops_on and Kind.REMOTE_FAILED not in one.stops_on]
    roads, found = travel.Roads(sites), []
    for site in sites:
        road = roads.figure(site, now)
        ways = [60.0 * (road.minutes + _usual(rule)) for rule in there if rule.adds_travel and road is not None]
        bounds = [60.0 * limit for rule in there if (limit := _band(rule, road.km if road else None)) is not None]
        base = road.base_name if road else ""
        found.append(OnSite(site, base, min(ways, default=None), min(bounds, default=None)))
    return found


def _usual(rule: Rule) -> int:
    """Minutes of the target that holds when nothing special does."""
    return next((int(one["minutes"]) for one in rule.targets if not one.get("when") and "minutes" in one), 0)


def _band(rule: Rule, km: int | None) -> int | None:
    """Minutes of the band that the distance falls into; without a figure only a rule with one band for all."""
    for band in rule.bands:
        if "up_to_km" not in band or (km is not None and km <= band["up_to_km"]):
            return int(band["minutes"]) if km is not None or len(rule.bands) == 1 else None
    return None


def _limits(rule: Rule) -> Iterator[str]:
    for target in sorted(rule.targets, key=lambda one: bool(one.get("when"))):
        amount = _amount(rule, target)
        if rule.adds_travel:
            amount = _("travel time + %(span)s") % {"span": amount}
        case = " · ".join(_case(term, value) for term, value in target.get("when", {}).items())
        yield _("%(case)s: %(limit)s") % {"case": case, "limit": amount} if case else amount
    for band in rule.bands:
        span = wording.duration(60 * band["minutes"])
        if "up_to_km" in band:
            yield _("%(span)s up to %(km)s km") % {"span": span, "km": band["up_to_km"]}
        else:
            yield _("%(span)s farther away") % {"span": span} if len(rule.bands) > 1 else span


def _amount(rule: Rule, target: dict[str, Any]) -> str:
    if target.get("days") == 1 and rule.closes_at == 0:
        return _("the same day")
    if "days" in target:
        text = ngettext("%(days)s working day", "%(days)s working days", target["days"])
        return text % {"days": target["days"]}
    return wording.duration(60 * target["minutes"])


def _case(term: str, value: Any) -> str:
    """The case that a target is for; what nobody named is shown as it stands in the policy."""
    known = WHEN.get(term) if value is True else WHEN.get(str(value))
    return str(known) if known else f"{term} = {value}"
