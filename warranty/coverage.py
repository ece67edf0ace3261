"""Who pays for a repair, and why: a device's facts, a cause, a day, rules and contracts in; a verdict out (N6).

Pure: no Django, no reading of the time. Days are dates of the site's own zone (`local_day`). The chain asks, in
this order: an inherent defect of the software (B2), a warranty (A4, B2), a contract in force, repair at the hospital's
cost while the model is supported (A12). What would change the verdict is found by asking the same chain again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from sla.clock import anniversary

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")


class Outcome(StrEnum):
    """Who pays. The first three cost the hospital nothing more."""

    INHERENT = "inherent"
    FREE = "free"
    CONTRACT = "contract"
    BILLABLE = "billable"
    UNSUPPORTED = "unsupported"
    UNCLEAR = "unclear"


class Cause(StrEnum):
    """What a fault came from, as far as it decides who pays."""

    UNKNOWN = "unknown"
    HARDWARE = "hardware"
    SOFTWARE = "software"
    INHERENT_DEFECT = "inherent_defect"
    HANDLING = "handling"
    DAMAGE = "damage"
    SURROUNDINGS = "surroundings"


class Basis(StrEnum):
    """What a term counts its years from."""

    ACCEPTANCE = "accepted_on"
    IMPLEMENTATION = "installed_on"
    DISCONTINUATION = "discontinued_on"
    ALWAYS = "always"


class Finding(StrEnum):
    """What one link of the chain came to."""

    HOLDS = "holds"
    ENDED = "ended"
    NOT_BEGUN = "not_begun"
    NO_DATE = "no_date"
    EXCLUDED = "excluded"
    NO_RULE = "no_rule"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a device. `maker_until`: last day of a longer term that its maker gave to this very unit.

    A unit that took another's place names it in `replaces`, and the day of the swap.
    """

    kind: str
    accepted_on: date | None = None
    installed_on: date | None = None
    discontinued_on: date | None = None
    maker_until: date | None = None
    replaces: Facts | None = None
    swapped_on: date | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A fault of a device: what it came from, and the site's own date on which it was notified."""

    device: Facts
    on: date
    cause: str = Cause.UNKNOWN


@dataclass(frozen=True, slots=True)
class Term:
    """A version of a rule. Empty `kinds` or `causes`: any; `excludes` wins over both. `years` None: without end.

    `outcome` says which link of the chain it is: INHERENT, FREE (a warranty) or BILLABLE (support at the
    hospital's cost).
    """

    key: int
    code: str
    version: int
    clause: str
    outcome: str
    basis: str
    years: int | None
    valid_from: date
    kinds: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cover:
    """A contract that covers the device, from its first day to its last, both included."""

    key: int
    number: str
    version: int
    clause: str
    is_free: bool
    starts_on: date
    ends_on: date
    excludes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Price:
    """What a unit of billable work costs, and how many units a visit usually takes. `contract` None: for all.

    `name` and `unit` are for whoever reads the estimate.
    """

    key: int
    code: str
    version: int
    amount: Decimal
    quantity: Decimal
    valid_from: date
    contract: int | None = None
    name: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain that was asked: the rule, what it came to, and the last day it speaks of."""

    source: str
    key: int
    code: str
    version: int
    clause: str
    outcome: str
    finding: str
    basis: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What would lead elsewhere: another cause, a later day, or a date that is missing (then `outcome` is open)."""

    what: str
    value: str
    outcome: str | None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """`quantity` × `amount`, from the price row `price`."""

    price: Price
    sum: Decimal


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who pays, by which link, until when (last day included; None: without end), and what would change it.

    `chain` holds every link that was asked, the deciding one last. `decider` is the role that has to say it when
    the outcome is unclear. `estimate` is there for billable work only.
    """

    outcome: str
    rule: Link
    chain: tuple[Link, ...]
    changes: tuple[Change, ...] = ()
    decider: str = ""
    estimate: tuple[EstimateLine, ...] = ()

    @property
    def clause(self) -> str:
        return self.rule.clause

    @property
    def until(self) -> date | None:
        return self.rule.until if self.rule.finding == Finding.HOLDS else None

    @property
    def total(self) -> Decimal:
        return sum((line.sum for line in self.estimate), Decimal(0))


DECIDERS = {Finding.NO_DATE: "lead", Finding.NOT_BEGUN: "manager", Finding.NO_RULE: "manager"}
"""Why it is unclear → who has to say: a lead finds the protocol, a manager decides what no rule says."""
NOBODY = Link("", 0, "", 0, "", Outcome.UNCLEAR, Finding.NO_RULE)


def local_day(at: datetime, zone: str) -> date:
    """The date that the site's own clock shows at `at`: it decides, not the server's."""
    return at.astimezone(ZoneInfo(zone)).date()


def verdict(
    case: Case, terms: Sequence[Term], contracts: Sequence[Cover] = (), prices: Sequence[Price] = ()
) -> Verdict:
    """Who pays for the repair of `case`. `contracts` are those that cover the device, of any time."""
    found = decide(case, terms, contracts)
    changes = tuple(_changes(case, found, terms, contracts))
    return replace(found, changes=changes, estimate=estimate(case, found, contracts, prices))


def estimate(
    case: Case, found: Verdict, contracts: Sequence[Cover], prices: Iterable[Price]
) -> tuple[EstimateLine, ...]:
    """What billable work would cost; no price is looked at where `found` bills nothing."""
    return tuple(_estimate(case, contracts, prices)) if found.outcome == Outcome.BILLABLE else ()


def last_day(term: Term, device: Facts) -> date | None:
    """The last day of a term with years for this device; None without its date.

    A unit swapped in while the term of the one that it replaced still ran keeps that end, unless the maker's term
    for the new one is longer (worked example 11).
    """
    own = _own_last_day(term, device)
    if device.replaces is not None and device.swapped_on is not None:
        before = last_day(term, device.replaces)
        own = before if before is not None and device.swapped_on <= before else own
    if term.basis != Basis.ACCEPTANCE or device.maker_until is None:
        return own
    return device.maker_until if own is None else max(own, device.maker_until)


def _own_last_day(term: Term, device: Facts) -> date | None:
    start = _start(term, device)
    return None if start is None or term.years is None else years_later(start, term.years)


def years_later(day: date, years: int) -> date:
    """As `anniversary`; what lies behind the end of the calendar is its last day."""
    return date.max if day.year + years > MAXYEAR else anniversary(day, years)


def _start(term: Term, device: Facts) -> date | None:
    found: date | None = None if term.basis == Basis.ALWAYS else getattr(device, term.basis)
    return found


def in_force(term_versions: Iterable[Term], device: Facts, on: date) -> Term:
    """The version of a rule that was promised: valid on the day that its years count from, else on the day asked.

    A later version takes nothing from a device that was accepted before it. Before the first: the first.
    """
    versions = sorted(term_versions, key=lambda term: (term.valid_from, term.version))
    since = _start(versions[0], device) if versions[0].basis in (Basis.ACCEPTANCE, Basis.IMPLEMENTATION) else None
    valid = [term for term in versions if term.valid_from <= (since or on)]
    return valid[-1] if valid else versions[0]


def decide(case: Case, terms: Sequence[Term], contracts: Sequence[Cover]) -> Verdict:
    """As `verdict`, without what would change it and without an estimate: a tenth of the work."""
    rules = list(_rules(case, terms))
    chain: list[Link] = []
    for link in (
        *_links(case, rules, Outcome.INHERENT),
        *_longest_first(_links(case, rules, Outcome.FREE)),
        *_longest_first(_covers(case, contracts)),
    ):
        chain.append(link)
        if link.finding == Finding.HOLDS:
            return Verdict(link.outcome, link, tuple(chain))
    # A warranty that may run, only nobody has said since when, comes before any bill.
    if open_question := next((one for one in chain if one.finding in (Finding.NO_DATE, Finding.NOT_BEGUN)), None):
        return Verdict(Outcome.UNCLEAR, open_question, tuple(chain), decider=DECIDERS[Finding(open_question.finding)])
    support = list(_longest_first(_links(case, rules, Outcome.BILLABLE)))
    if not support:
        return Verdict(Outcome.UNCLEAR, NOBODY, tuple(chain), decider=DECIDERS[Finding.NO_RULE])
    outcome = Outcome.BILLABLE if support[0].finding == Finding.HOLDS else Outcome.UNSUPPORTED
    return Verdict(outcome, support[0], (*chain, *support[:1]))


def _rules(case: Case, terms: Sequence[Term]) -> Iterator[Term]:
    """Of each rule the version in force, if it is about such devices."""
    for code in dict.fromkeys(term.code for term in terms):
        term = in_force((one for one in terms if one.code == code), case.device, case.on)
        if not term.kinds or case.device.kind in term.kinds:
            yield term


def _links(case: Case, rules: Iterable[Term], outcome: str) -> Iterator[Link]:
    for term in rules:
        if term.outcome == outcome and (not term.causes or case.cause in term.causes):
            yield _link(case, term)


def _link(case: Case, term: Term) -> Link:
    since, until = _start(term, case.device), last_day(term, case.device)
    finding = Finding.HOLDS
    if case.cause in term.excludes:
        finding = Finding.EXCLUDED
    elif until is not None and case.on > until:
        finding = Finding.ENDED
    elif term.basis in (Basis.ACCEPTANCE, Basis.IMPLEMENTATION):
        if until is None and since is None:
            finding = Finding.NO_DATE
        elif since is not None and case.on < since and case.device.replaces is None:
            finding = Finding.NOT_BEGUN
    return Link("term", term.key, term.code, term.version, term.clause, term.outcome, finding, term.basis, since, until)


def _covers(case: Case, contracts: Iterable[Cover]) -> Iterator[Link]:
    for contract in contracts:
        finding = Finding.HOLDS
        if case.on > contract.ends_on:
            finding = Finding.ENDED
        elif case.on < contract.starts_on:
            continue
        elif case.cause in contract.excludes:
            finding = Finding.EXCLUDED
        outcome = Outcome.FREE if contract.is_free else Outcome.CONTRACT
        yield Link(
            "contract",
            contract.key,
            contract.number,
            contract.version,
            contract.clause,
            outcome,
            finding,
            since=contract.starts_on,
            until=contract.ends_on,
        )


def _longest_first(links: Iterable[Link]) -> list[Link]:
    """What holds before what does not, what is free before what a contract pays, and the longest of each first."""
    return sorted(
        links, key=lambda link: (link.finding != Finding.HOLDS, link.outcome != Outcome.FREE, -_reach(link.until))
    )


def _reach(until: date | None) -> int:
    return (until or date.max).toordinal()


def _changes(case: Case, found: Verdict, terms: Sequence[Term], contracts: Sequence[Cover]) -> Iterator[Change]:
    for cause in Cause:
        other = decide(replace(case, cause=cause), terms, contracts)
        if cause != case.cause and other.outcome != found.outcome:
            yield Change("cause", cause, other.outcome, other.clause)
    if found.rule.finding == Finding.NO_DATE:
        yield Change("date", found.rule.basis, None, found.clause)
    if (day := _turn(case, found, terms, contracts)) is not None:
        later = decide(replace(case, on=day), terms, contracts)
        yield Change("day", day.isoformat(), later.outcome, later.clause)


def _turn(case: Case, found: Verdict, terms: Sequence[Term], contracts: Sequence[Cover]) -> date | None:
    """The next day on which the same fault would have another outcome; None if none is in sight."""
    links = {link for one in (found, decide(replace(case, on=date.max), terms, contracts)) for link in one.chain}
    edges = {link.until + ONE_DAY for link in links if link.until is not None and link.until < date.max}
    edges |= {link.since for link in links if link.since is not None}
    edges |= {contract.starts_on for contract in contracts}
    for day in sorted(edge for edge in edges if edge > case.on):
        if decide(replace(case, on=day), terms, contracts).outcome != found.outcome:
            return day
    return None


def _estimate(case: Case, contracts: Sequence[Cover], prices: Iterable[Price]) -> Iterator[EstimateLine]:
    """One line for each kind of price, from the contract in force if it names its own, else from the list."""
    running = {one.key for one in contracts if one.starts_on <= case.on <= one.ends_on}
    valid = [one for one in prices if one.valid_from <= case.on and (one.contract is None or one.contract in running)]
    for code in dict.fromkeys(one.code for one in valid):
        same = (one for one in valid if one.code == code)
        price = max(same, key=lambda one: (one.contract is not None, one.valid_from, one.version))
        yield EstimateLine(price, (price.amount * price.quantity).quantize(CENT))
