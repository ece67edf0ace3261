"""The page of the duty ledger: an address in, filters with counts and worded lines out; and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit import trail
from common.present import Filter, Tag
from devices.exporting import as_csv
from people.models import User
from warranty import ledger, outlook
from warranty.contract_list import key_of
from warranty.duties import Duty
from warranty.ledger import Question
from warranty.models import DutyEntry, Entitlement
from warranty.outlook import STAGES, Stage

MAX_INPUT = 100
KEYS = ("q", "hospital", "kind", "state")


@dataclass(frozen=True, slots=True)
class Line:
    """A duty with its words."""

    duty: Duty

    @property
    def tag(self) -> Tag:
        return outlook.tag(self.duty)

    @property
    def sentence(self) -> str:
        return outlook.sentence(self.duty)

    @property
    def open(self) -> list[DutyEntry]:
        """Planned and not done."""
        return [one for one in self.duty.entries if one.done_on is None]

    @property
    def done(self) -> list[DutyEntry]:
        return [one for one in self.duty.entries if one.done_on is not None]


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """The ledger as a person asked for it. `query`: its address without the page, for the file."""

    lines: tuple[Line, ...]
    stages: tuple[Filter, ...]
    kinds: Sequence[tuple[str, Any]]
    question: Question
    query: str
    narrowed: bool
    newer_url: str
    older_url: str


def read(query: QueryDict, user: User, today: date) -> LedgerPage:
    """The ledger for an address (q=, hospital=, kind=, state=, after= or before=): four queries."""
    question = asked(query)
    found = ledger.read(user, question, today, query.dict())
    stages = [Filter(_("All"), f"?{kept(query, state='')}", sum(found.counts.values()), not question.stage)]
    stages += [
        Filter(name, f"?{kept(query, state=code)}", found.counts[code], code == question.stage)
        for code, name in STAGES.items()
        if code != Stage.MISSED
    ]
    return LedgerPage(
        lines=tuple(map(Line, found.lines)),
        stages=tuple(stages),
        kinds=Entitlement.Kind.choices,
        question=question,
        query=kept(query),
        narrowed=bool(question.words or question.hospital or question.kind or question.stage),
        newer_url=f"?{kept(query)}&before={found.before}" if found.before else "",
        older_url=f"?{kept(query)}&after={found.after}" if found.after else "",
    )


def asked(query: QueryDict) -> Question:
    """The question of an address; what makes no sense in it is left out."""
    hospital, kind, stage = (query.get(name, "") for name in ("hospital", "kind", "state"))
    return Question(
        words=query.get("q", "").replace("\x00", "").strip()[:MAX_INPUT],
        hospital=key_of(hospital),
        kind=kind if kind in Entitlement.Kind.values else "",
        stage=stage if stage in set(Stage) else "",
    )


def kept(query: QueryDict, **changes: str) -> str:
    """The query string of a ledger: the known keys of `query`, with `changes`, back on the first page."""
    result = QueryDict(mutable=True)
    for key in KEYS:
        if value := changes.get(key, query.get(key, "")).strip():
            result[key] = value
    return result.urlencode()


def export(query: QueryDict, user: User, *, now: datetime, today: date, address: str | None) -> bytes:
    """Every line of the question as a CSV file in the reader's language; who took how many is on record (T037)."""
    rows = list(_cells(ledger.every(user, asked(query), today)))
    trail.note("duties.exported", kept(query) or "-", by=user, now=now, address=address, rows=len(rows))
    return as_csv(_headings(), rows)


def _headings() -> list[str]:
    return [
        _("Hospital"),
        _("Contract"),
        _("Duty"),
        _("Clause"),
        _("Year from"),
        _("Year to"),
        _("Owed"),
        _("Done"),
        _("Planned"),
        _("Overdue"),
        _("State"),
        _("Why"),
    ]


def _cells(duties: Sequence[Duty]) -> Iterator[list[str]]:
    for duty in duties:
        ahead = duty.forecast
        yield [
            duty.contract.hospital.name,
            duty.contract.number,
            capfirst(duty.entitlement.get_kind_display()),
            duty.entitlement.clause,
            duty.starts_on.isoformat(),
            duty.ends_on.isoformat(),
            *map(str, (ahead.owed, ahead.done, ahead.planned, ahead.overdue)),
            str(outlook.tag(duty).text),
            outlook.sentence(duty),
        ]
