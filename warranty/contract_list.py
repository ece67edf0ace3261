"""The list of contracts: what is looked for, how many of each state, and what each of a page says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.keyset import Keyset, page
from common.present import Filter, Tag
from people.access import may
from people.models import User
from warranty import entitlements
from warranty.entitlements import Left
from warranty.models import Contract

PAGE = 30
SOON = timedelta(days=90)
"""A contract that ends within it is one to speak of (the second step of its ladder)."""
MAX_INPUT, MAX_WORDS = 100, 8
KEYS = ("q", "hospital", "state")
BY_END = Keyset("ends_on", gaps=False, days=True)
RUNNING, ENDING, COMING, ENDED, DRAFT, ALL = "running", "ending", "coming", "ended", "draft", "all"
STATES: dict[str, Any] = {
    RUNNING: gettext_lazy("In force"),
    ENDING: gettext_lazy("Ending within 90 days"),
    COMING: gettext_lazy("To come"),
    ENDED: gettext_lazy("Ended"),
    DRAFT: gettext_lazy("Drafts"),
    ALL: gettext_lazy("All"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A contract, where it stands today, and what is left of its quotas this contract year."""

    contract: Contract
    today: date
    quotas: tuple[Left, ...]

    @property
    def tag(self) -> Tag:
        return state_tag(self.contract, self.today)

    @property
    def rest(self) -> str:
        return rest(self.contract, self.today)

    @property
    def short(self) -> str:
        """“Meeting guarantee 2 / 4 · inspection 1 / 1”."""
        return " · ".join(
            f"{capfirst(one.entitlement.get_kind_display())} {one.used} / {one.granted}" for one in self.quotas
        )


@dataclass(frozen=True, slots=True)
class Contracts:
    """The list as a person asked for it."""

    rows: tuple[Row, ...]
    states: tuple[Filter, ...]
    words: str
    state: str
    narrowed: bool
    newer_url: str
    older_url: str


def visible(user: User) -> QuerySet[Contract]:
    """The contracts of the hospitals that a person sees; drafts only for whoever may change contracts."""
    found = Contract.objects.for_user(user)
    return found if may(user, "contracts.change") else found.signed()


def read(query: QueryDict, user: User, today: date) -> Contracts:
    """The list for an address (q=, hospital=, state=, after= or before=): four queries."""
    words, hospital = query.get("q", "").replace("\x00", "").strip()[:MAX_INPUT], key_of(query.get("hospital", ""))
    state = query.get("state", "")
    state = state if state in STATES else (ALL if words or hospital else RUNNING)
    found = _found(visible(user), words, hospital)
    conditions = _conditions(today)
    counts = found.aggregate(**{code: Count("pk", filter=condition) for code, condition in conditions.items()})
    wanted = found.filter(conditions[state]).select_related("hospital", "policy", "project")
    inside = page(wanted, BY_END, query, PAGE)
    return Contracts(
        rows=tuple(_rows(inside.rows, today)),
        states=tuple(
            Filter(name, f"?{kept(query, state=code)}", counts[code], code == state)
            for code, name in STATES.items()
            if code != DRAFT or may(user, "contracts.change")
        ),
        words=words,
        state=state,
        narrowed=bool(words or hospital),
        newer_url=_neighbour(query, "before", inside.before),
        older_url=_neighbour(query, "after", inside.after),
    )


def key_of(text: str) -> int | None:
    """The key that stands in an address, or nothing when it cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _found(contracts: QuerySet[Contract], words: str, hospital: int | None) -> QuerySet[Contract]:
    if hospital is not None:
        contracts = contracts.filter(hospital=hospital)
    for word in words.split()[:MAX_WORDS]:
        of_hospital = Q(hospital__name__icontains=word) | Q(hospital__short_name__icontains=word)
        contracts = contracts.filter(of_hospital | Q(number__icontains=word) | Q(name__icontains=word))
    return contracts


def _conditions(today: date) -> dict[str, Q]:
    signed = Q(activated_at__isnull=False)
    running = signed & Q(starts_on__lte=today, ends_on__gte=today)
    return {
        RUNNING: running,
        ENDING: running & Q(ends_on__lte=today + SOON),
        COMING: signed & Q(starts_on__gt=today),
        ENDED: signed & Q(ends_on__lt=today),
        DRAFT: Q(activated_at__isnull=True),
        ALL: Q(pk__isnull=False),
    }


def _rows(contracts: list[Contract], today: date) -> list[Row]:
    quotas: dict[int, list[Left]] = defaultdict(list)
    for one in entitlements.in_year(contracts, today):
        quotas[one.entitlement.contract_id].append(one)
    return [Row(contract, today, tuple(quotas[contract.pk])) for contract in contracts]


def state_tag(contract: Contract, today: date) -> Tag:
    """Where a contract stands on a day, in a word with its picture."""
    if contract.activated_at is None:
        return Tag(_("Draft"), "file-pen", "off")
    if today < contract.starts_on:
        return Tag(_("To come"), "calendar-clock", "off")
    if today > contract.ends_on:
        return Tag(_("Ended"), "archive", "off")
    if contract.ends_on - today <= SOON:
        return Tag(_("Ends soon"), "hourglass", "warn")
    return Tag(_("In force"), "circle-check", "ok")


def rest(contract: Contract, today: date) -> str:
    """How far its first or last day is away."""
    if today < contract.starts_on:
        days = (contract.starts_on - today).days
        return ngettext("begins in %(days)s day", "begins in %(days)s days", days) % {"days": days}
    days = (contract.ends_on - today).days
    if days < 0:
        return ngettext("ended %(days)s day ago", "ended %(days)s days ago", -days) % {"days": -days}
    return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}


def kept(query: QueryDict, **changes: str) -> str:
    """The query string of a list: the known keys of `query`, with `changes`, back on the first page."""
    result = QueryDict(mutable=True)
    for key in KEYS:
        if value := changes.get(key, query.get(key, "")).strip():
            result[key] = value
    return result.urlencode()


def _neighbour(query: QueryDict, way: str, cursor: str) -> str:
    return f"?{kept(query)}&{way}={cursor}" if cursor else ""
