"""The hospitals as a list: what stands there, what is open, what is owed, what ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.keyset import Keyset, page
from common.present import Filter
from devices.models import Device
from people.models import Hospital, Region, User
from tickets import queue
from tickets.models import Ticket
from tickets.queue import Tab
from tickets.states import OPEN
from warranty import duties, entitlements
from warranty.coverage import local_day
from warranty.forecast import AT_RISK
from warranty.models import Contract

PAGE = 30
NEWEST = Keyset()
KEYS = ("q", "region", "show")
MAX_INPUT, MAX_WORDS = 100, 8
SEARCHED = ("name", "short_name", "city", "region__name")
SOON = timedelta(days=90)
"""How far ahead a contract's end is soon: the second rung of its ladder."""
ALL, OPEN_ONES, ENDING, WITHOUT = "", "open", "ending", "without"
SHOWN: dict[str, Any] = {
    ALL: _("All"),
    OPEN_ONES: _("With open tickets"),
    ENDING: _("Contract ends within 90 days"),
    WITHOUT: _("Without a contract"),
}


class HospitalFilter(django_filters.FilterSet):
    """Region; a value outside the choices filters nothing and is told."""

    region = django_filters.ChoiceFilter(label=_("Region"), field_name="region_id", empty_label=_("All regions"))

    class Meta:
        model = Hospital
        fields = ("region",)

    def __init__(self, data: QueryDict, queryset: QuerySet[Hospital], *, user: User) -> None:
        super().__init__(data, queryset)
        seen = Region.objects.filter(hospitals__in=Hospital.objects.for_user(user)).distinct().order_by("name")
        self.filters["region"].extra["choices"] = list(seen.values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class Row:
    """A hospital; `over`: open tickets with a promise broken now; `at_risk`: duties; `ends_on`: of its contracts in
    force the first to end, None without one.
    """

    hospital: Hospital
    devices: int
    open: int
    over: int
    contracts: int
    ends_on: date | None
    days_left: int
    at_risk: int

    @property
    def ends_soon(self) -> bool:
        return self.ends_on is not None and self.days_left <= SOON.days


@dataclass(frozen=True, slots=True)
class Hospitals:
    """The list as a person asked for it."""

    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]
    filterset: HospitalFilter
    words: str
    show: str
    narrowed: bool
    newer_url: str
    older_url: str


def read(query: QueryDict, user: User, now: datetime) -> Hospitals:
    """The list for an address (q=, region=, show=, after= or before=): as many queries, however many hospitals."""
    words, show = query.get("q", "").strip(), query.get("show", "")
    show = show if show in SHOWN else ALL
    today = local_day(now, settings.TIME_ZONE)
    asked = _shown(_find(Hospital.objects.for_user(user).filter(is_active=True), words), show, user, today)
    filterset = HospitalFilter(query, asked, user=user)
    inside = page(filterset.qs.select_related("region"), NEWEST, query, PAGE)
    return Hospitals(
        rows=_rows(inside.rows, user, now, today),
        filters=tuple(
            Filter(name, f"?{_kept(query, show=code)}", current=code == show) for code, name in SHOWN.items()
        ),
        filterset=filterset,
        words=words,
        show=show,
        narrowed=bool(words or show) or any(filterset.form.cleaned_data.values()),
        newer_url=_neighbour(query, "before", inside.before),
        older_url=_neighbour(query, "after", inside.after),
    )


def _find(hospitals: QuerySet[Hospital], text: str) -> QuerySet[Hospital]:
    """Those that every word of `text` fits: name, short name, city or region."""
    for word in text.replace("\x00", "")[:MAX_INPUT].split()[:MAX_WORDS]:
        fits = Q()
        for column in SEARCHED:
            fits |= Q(**{f"{column}__icontains": word})
        hospitals = hospitals.filter(fits)
    return hospitals


def _in_force(user: User, today: date) -> QuerySet[Contract]:
    return Contract.objects.for_user(user).signed().filter(starts_on__lte=today, ends_on__gte=today)


def _shown(hospitals: QuerySet[Hospital], show: str, user: User, today: date) -> QuerySet[Hospital]:
    running = _in_force(user, today).filter(hospital=OuterRef("pk"))
    if show == OPEN_ONES:
        return hospitals.filter(Exists(Ticket.objects.for_user(user).filter(hospital=OuterRef("pk"), status__in=OPEN)))
    if show == ENDING:
        return hospitals.filter(Exists(running.filter(ends_on__lte=today + SOON)))
    return hospitals.exclude(Exists(running)) if show == WITHOUT else hospitals


def _rows(hospitals: list[Hospital], user: User, now: datetime, today: date) -> tuple[Row, ...]:
    """With the figures of a page, each kind of them in one query."""
    keys = [hospital.pk for hospital in hospitals]
    stand = Device.objects.for_user(user).in_use().filter(hospital__in=keys).order_by()
    devices = dict(stand.values_list("hospital").annotate(count=Count("pk")))
    mine = Ticket.objects.for_user(user).filter(hospital__in=keys, status__in=OPEN).order_by().values("hospital")
    over = Count("pk", filter=queue.condition(Tab.OVER, user, now))
    tickets = {row["hospital"]: (row["open"], row["over"]) for row in mine.annotate(open=Count("pk"), over=over)}
    contracts = list(_in_force(user, today).filter(hospital__in=keys).order_by("ends_on"))
    owed = duties.ledger_of(entitlements.in_year(contracts, today), today)
    risks = Counter(duty.contract.hospital_id for duty in owed if duty.forecast.state in AT_RISK)
    running = _by_hospital(contracts)
    return tuple(
        _row(hospital, devices, tickets.get(hospital.pk, (0, 0)), running.get(hospital.pk, []), risks, today)
        for hospital in hospitals
    )


def _by_hospital(contracts: Iterable[Contract]) -> dict[int, list[Contract]]:
    found: dict[int, list[Contract]] = {}
    for contract in contracts:
        found.setdefault(contract.hospital_id, []).append(contract)
    return found


def _row(
    hospital: Hospital,
    devices: Mapping[int, int],
    tickets: tuple[int, int],
    contracts: list[Contract],
    risks: Counter[int],
    today: date,
) -> Row:
    ends_on = contracts[0].ends_on if contracts else None
    return Row(
        hospital=hospital,
        devices=devices.get(hospital.pk, 0),
        open=tickets[0],
        over=tickets[1],
        contracts=len(contracts),
        ends_on=ends_on,
        days_left=(ends_on - today).days if ends_on else 0,
        at_risk=risks[hospital.pk],
    )


def _kept(query: QueryDict, **changes: str) -> str:
    result = QueryDict(mutable=True)
    for key in KEYS:
        if value := changes.get(key, query.get(key, "")).strip():
            result[key] = value
    return result.urlencode()


def _neighbour(query: QueryDict, way: str, cursor: str) -> str:
    if not cursor:
        return ""
    place = QueryDict(_kept(query), mutable=True)
    place[way] = cursor
    return f"?{place.urlencode()}"
