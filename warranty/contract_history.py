"""The versions of a contract as its audit entries tell them, worded for the reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.models import Entry
from devices.models import DeviceModel
from warranty import contracts
from warranty.models import Contract
from warranty.wording import CAUSES

WORDS: dict[str, Any] = {**dict(DeviceModel.Kind.choices), **dict(CAUSES), **dict(Contract.Scope.choices)}
CODED = frozenset({"scope", "device_kinds", "excluded_causes"})


@dataclass(frozen=True, slots=True)
class Change:
    """A field before and after."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Step:
    """One moment in the life of a contract."""

    name: str
    icon: str
    at: datetime
    who: str
    changes: tuple[Change, ...]


def steps(contract: Contract) -> list[Step]:
    """When it came into force and what was changed since, the latest first: one query."""
    acts = (contracts.ACTIVATED, contracts.CHANGED)
    entries = Entry.objects.filter(act__in=acts, detail__id=contract.pk).select_related("actor")
    return [_step(entry) for entry in entries]


def _step(entry: Entry) -> Step:
    who = str(getattr(entry.actor, "name", "") or "")
    if entry.act == contracts.ACTIVATED:
        return Step(_("Put in force"), "circle-check", entry.at, who, ())
    name = _("Changed: version %(number)s") % {"number": entry.detail.get("version", "?")}
    return Step(name, "pencil", entry.at, who, tuple(_changes(entry.detail.get("changes", {}))))


def _changes(changes: dict[str, list[str]]) -> Iterator[Change]:
    for field, (old, new) in changes.items():
        label = capfirst(str(getattr(Contract._meta.get_field(field), "verbose_name", field)))
        yield Change(label, _worded(field, old), _worded(field, new))


def _worded(field: str, value: str) -> str:
    """Codes as words; what is typed or named stays."""
    return ", ".join(str(WORDS.get(code, code)) for code in value.split(", ")) if field in CODED else value
