"""How a choice of depot reads: when it would be there, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from common.wording import clock, duration, listed, sentences
from spares.choice import Option
from spares.models import Return


def option(one: Option, codes: Mapping[int, str], now: datetime) -> str:
    """A depot's option in a sentence or two. `codes`: part numbers by key."""
    return _option(one.verdict, one.leaves_at, one.there_at, one.late, one.ships_late, one.missing, codes, now)


def kept_option(row: Mapping[str, Any], codes: Mapping[int, str], now: datetime) -> str:
    """The same of an option as a request keeps it (`sourcing.kept`)."""
    missing = {int(part): count for part, count in row["missing"].items()}
    leaves, there = (datetime.fromisoformat(row[key]) if row[key] else None for key in ("leaves_at", "there_at"))
    late, ships_late = (timedelta(seconds=row[key]) for key in ("late_s", "ships_late_s"))
    return _option(row["verdict"], leaves, there, late, ships_late, missing, codes, now)


def owed(row: Return, now: datetime) -> str:
    """What is still to come back to the depot, which piece and since when."""
    said = {
        "serial": row.faulty_serial,
        "part": row.part.name,
        "count": row.quantity,
        "day": clock(row.owed_since, now),
    }
    if row.kind == Return.Kind.FAULTY:
        piece = _("the faulty %(part)s %(serial)s") if row.faulty_serial else _("the faulty %(part)s")
    else:
        said["serial"] = row.good_unit.serial if row.good_unit else ""
        piece = _("the unused %(part)s %(serial)s") if row.good_unit else _("unused: %(part)s × %(count)d")
    return _("Still to come back since %(day)s: %(piece)s") % {**said, "piece": piece % said}


def _option(
    verdict: str,
    leaves: datetime | None,
    there: datetime | None,
    late: timedelta,
    ships_late: timedelta,
    missing: Mapping[int, int],
    codes: Mapping[int, str],
    now: datetime,
) -> str:
    if leaves is None or there is None:
        return _("No carrier goes there.")
    said = [_("Leaves %(leaves)s, there %(there)s.") % {"leaves": clock(leaves, now), "there": clock(there, now)}]
    if late:
        said.append(_("That is %(span)s too late.") % {"span": duration(late.total_seconds())})
    elif ships_late:
        said.append(_("It leaves %(span)s after the promise to ship.") % {"span": duration(ships_late.total_seconds())})
    if verdict == "short":
        lacking = listed(f"{codes.get(part, '?')} × {count}" for part, count in missing.items())
        said.append(_("It lacks %(parts)s.") % {"parts": lacking})
    return sentences(said)
