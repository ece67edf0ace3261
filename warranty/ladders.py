"""What ends soon is said in time, to whom it concerns, once: warranties, support, contracts, duties (A4, A12, B2, N3).

Each ladder remembers the day up to which it has spoken and looks only at the days since: its work grows with what is
due, and a day that was missed is made up for. The calendar of a year to come has its own (`sla.housekeeping`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from devices.models import Device, DeviceModel, State
from notifications import outbox
from notifications.outbox import Message
from people.models import Hospital, Role, User
from sla.clock import anniversary
from warranty import coverage, duties, forecast
from warranty.cases import facts_of, term_of, with_replaced
from warranty.coverage import ONE_DAY, Basis, Facts, Outcome, Term
from warranty.models import Contract, CoverageTerm, WarningDay, WarrantyProof

STEPS = (180, 90, 30, 7)
"""Days before an end on which it is said."""
LONGEST = 30
"""Contract years that a contract may run on for."""
DEVICES = ("/desk/devices/", "/devices/")
"""Where the company's people and the hospital's read on."""
THEIRS = "/service/"


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a run: those after `since`, up to `today`, and the steps of the ladder."""

    since: date
    today: date
    steps: tuple[int, ...]

    def ends(self) -> list[tuple[date, date]]:
        """First and last day of what is to be said, for each step."""
        return [(self.since + timedelta(step + 1), self.today + timedelta(step)) for step in self.steps]

    def has(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.ends())

    def step(self, day: date) -> int:
        """The rung that an end on `day` stands on today: after an outage only the highest is said."""
        left = (day - self.today).days
        return min((step for step in self.steps if step >= left), default=min(self.steps))


def run(today: date, now: datetime) -> None:
    """Climb every ladder up to `today`. Twice on a day says nothing new."""
    for code, (steps, find) in LADDERS.items():
        with transaction.atomic():
            row, _ = WarningDay.objects.select_for_update().get_or_create(
                code=code, defaults={"said_until": today - ONE_DAY}
            )
            if row.said_until < today:
                outbox.tell_batch(list(find(Span(row.said_until, today, steps))), now)
                row.said_until = today
                row.save(update_fields=["said_until"])
    with transaction.atomic():
        outbox.tell_batch(list(_discontinued(today)), now)


# Warranties and support


def _terms(span: Span) -> Iterator[Message]:
    """Devices in use whose warranty, or whose model's repair, ends: one message for each hospital, rule and day."""
    terms = [term_of(row) for row in CoverageTerm.objects.exclude(years=None)]
    found = {pk for term in terms for pk in _candidates(term, span)} | _by_paper(span)
    known = with_replaced(found)
    ends: dict[tuple[int, str, date], list[Device]] = defaultdict(list)
    for pk in found:
        facts = facts_of(known[pk], known)
        for term in _in_force(terms, facts, span.today):
            last = coverage.last_day(term, facts)
            if last is not None and span.has(last):
                ends[known[pk].hospital_id, term.code, last].append(known[pk])
    clauses = {term.code: term for term in terms}
    people = People.of(hospital for hospital, _, _ in ends)
    for (hospital, code, last), devices in ends.items():
        term = clauses[code]
        kind = "warranty.support_ends" if term.outcome == Outcome.BILLABLE else "warranty.ends"
        context = {"count": len(devices), "device": devices[0].name, "clause": term.clause, "day": last}
        yield from people.messages(hospital, kind, f"{code}:{last}:{span.step(last)}", context)


def _in_force(terms: Iterable[Term], facts: Facts, today: date) -> Iterator[Term]:
    by_code: dict[str, list[Term]] = defaultdict(list)
    for term in terms:
        if not term.kinds or facts.kind in term.kinds:
            by_code[term.code].append(term)
    for versions in by_code.values():
        yield coverage.in_force(versions, facts, today)


def _candidates(term: Term, span: Span) -> set[int]:
    """Keys of the devices in use that may end in the span, by the day that the term counts from."""
    assert term.years is not None
    found: set[int] = set()
    for first, last in span.ends():
        days = (anniversary(first, -term.years), anniversary(last, -term.years) + ONE_DAY)
        if term.basis == Basis.DISCONTINUATION:
            wanted = [Q(model__in=DeviceModel.objects.filter(discontinued_on__range=days))]
        elif term.basis == Basis.ACCEPTANCE:
            wanted = [Q(accepted_on__range=days), Q(accepted_on=None, project__accepted_on__range=days)]
        else:
            wanted = [Q(project__started_on__range=days), Q(installed_on__range=days)]
        # One query each: an index serves a range, not an "or" over two tables.
        for condition in wanted:
            found |= set(Device.objects.filter(condition, state=State.IN_USE).order_by().values_list("pk", flat=True))
    return found


def _by_paper(span: Span) -> set[int]:
    """Keys of the devices in use whose maker's own term ends in the span."""
    wanted = Q()
    for days in span.ends():
        wanted |= Q(until__range=days)
    rows = WarrantyProof.objects.filter(wanted, device__state=State.IN_USE)
    return set(rows.order_by().values_list("device", flat=True))


def _discontinued(today: date) -> Iterator[Message]:
    """Models that are discontinued, said once for each whenever that was entered (A12)."""
    models = {
        f"model-{one.pk}-{one.discontinued_on}": one
        for one in DeviceModel.objects.filter(discontinued_on__lte=today).order_by("pk")
    }
    said = set(WarningDay.objects.filter(code__in=models).values_list("code", flat=True))
    for code, model in models.items():
        if code in said:
            continue
        WarningDay.objects.create(code=code, said_until=today)
        counts: dict[int, int] = defaultdict(int)
        for hospital in Device.objects.filter(model=model, state=State.IN_USE).values_list("hospital", flat=True):
            counts[hospital] += 1
        people = People.of(counts)
        for hospital, count in counts.items():
            context = {"count": count, "model": str(model), "day": model.discontinued_on}
            yield from people.messages(hospital, "warranty.discontinued", code, context)


# Contracts and duties


def _contracts(span: Span) -> Iterator[Message]:
    """Contracts that end and are followed by none."""
    wanted = Q()
    for days in span.ends():
        wanted |= Q(ends_on__range=days)
    ending = Contract.objects.signed().filter(wanted).exclude(followed_by__activated_at__isnull=False)
    rows = list(ending.order_by("pk"))
    people = People.of(row.hospital_id for row in rows)
    for row in rows:
        key = f"{row.pk}:{row.ends_on}:{span.step(row.ends_on)}"
        context = {"number": row.number, "name": row.name, "day": row.ends_on}
        links = (f"/desk/contracts/{row.pk}/", THEIRS)
        yield from people.messages(row.hospital_id, "warranty.contract_ends", key, context, links)


def _duties(span: Span) -> Iterator[Message]:
    """What is owed in a contract year that ends, and is not done. A matter of the company."""
    lines = [
        line
        for line in duties.ledger(_years_ending(span), span.today)
        if span.has(line.ends_on) and line.forecast.state != forecast.State.DONE
    ]
    people = People.of(line.contract.hospital_id for line in lines)
    for line in lines:
        key = f"{line.entitlement.pk}:{line.ends_on}:{span.step(line.ends_on)}"
        context = {
            "duty": line.entitlement.kind,
            "clause": line.entitlement.clause,
            "day": line.ends_on,
            "owed": line.forecast.owed,
            "done": line.forecast.done,
            "planned": line.forecast.planned,
        }
        hospital = line.contract.hospital_id
        links = (f"/desk/contracts/{line.contract.pk}/#duties", "")
        yield from people.messages(hospital, "warranty.duty_open", key, context, links)


def _years_ending(span: Span) -> Iterable[Contract]:
    """Contracts with a contract year that ends in the span: those whose first day has an anniversary behind it."""
    starts: set[date] = set()
    ends: set[date] = set()
    for first, last in span.ends():
        for number in range((last - first).days + 1):
            end = first + timedelta(number)
            ends.add(end)
            starts |= {anniversary(end + ONE_DAY, -years) for years in range(1, LONGEST + 1)}
            if (end.month, end.day) == (2, 27):  # the eve of a 29 February that is missing
                leap = (anniversary(end + ONE_DAY, -years) for years in range(1, LONGEST + 1))
                starts |= {day + ONE_DAY for day in leap}
    return Contract.objects.signed().filter(Q(starts_on__in=starts) | Q(ends_on__in=ends))


# Who is told


@dataclass(frozen=True)
class People:
    """Who hears about hospitals: their technicians, the leads of their region, the managers."""

    hospitals: dict[int, Hospital]
    users: tuple[User, ...]

    @classmethod
    def of(cls, hospitals: Iterable[int]) -> People:
        """Two queries, whatever the number of hospitals."""
        rows = Hospital.objects.in_bulk(set(hospitals))
        company = Q(role__in=(Role.LEAD, Role.MANAGER))
        theirs = Q(role=Role.HOSPITAL_TECHNICIAN, hospital__in=rows)
        users = User.objects.filter(company | theirs, is_active=True).select_related("team") if rows else ()
        return cls(rows, tuple(users))

    def messages(
        self, hospital: int, kind: str, key: str, context: Mapping[str, object], links: tuple[str, str] = DEVICES
    ) -> Iterator[Message]:
        """One matter of a hospital, for the company's people and for its own, with the `links` of both.

        Without a link of theirs, the hospital's people are not told.
        """
        row = self.hospitals[hospital]
        told = [user for user in self.users if self._concerns(user, row)]
        said = {**context, "hospital": row.short_name or row.name}
        ours = [user for user in told if not user.is_hospital]
        theirs = [user for user in told if user.is_hospital]
        for people, link in zip((ours, theirs), links, strict=True):
            if people and link:
                yield Message(people, kind, f"{kind}:{hospital}:{key}", said, link)

    @staticmethod
    def _concerns(user: User, hospital: Hospital) -> bool:
        if user.is_hospital:
            return user.hospital_id == hospital.pk
        return user.role == Role.MANAGER or not user.team or user.team.region_id in (None, hospital.region_id)


LADDERS: dict[str, tuple[tuple[int, ...], Callable[[Span], Iterator[Message]]]] = {
    "terms": (STEPS, _terms),
    "contracts": (STEPS, _contracts),
    "duties": (forecast.WARN_DAYS, _duties),
}
