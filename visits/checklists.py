"""Which list of checks an engineer goes through, what is still missing in it, and what is out of range (A8, A9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from people.models import User
from visits.models import Checklist

OK, BAD, NOT_HERE = "ok", "bad", "na"
ANSWERS = (OK, BAD, NOT_HERE)
"""What a plain check can come to: right, wrong, does not apply."""


class Refused(Exception):
    """A list was not published or changed; the text is a sentence for the administrator."""


def published() -> list[Checklist]:
    """The newest published version of each list, in one query."""
    rows = Checklist.objects.filter(published_at__isnull=False).order_by("code", "-version").distinct("code")
    return list(rows)


def choose(lists: Iterable[Checklist], device_kind: str, fault_class: str) -> Checklist | None:
    """The most special of `lists` for a device and a fault, either may be "": the kind of device weighs more."""
    fitting = [one for one in lists if one.device_kind in {"", device_kind} and one.fault_class in {"", fault_class}]
    return max(fitting, key=lambda one: (one.device_kind != "", one.fault_class != "", one.code), default=None)


def item(items: Iterable[Mapping[str, Any]], key: str) -> Mapping[str, Any] | None:
    """The check of a list with this key."""
    return next((one for one in items if one["key"] == key), None)


def judge(check: Mapping[str, Any], value: str) -> bool | None:
    """Whether a reading is as it should be; None where nothing can be said ("does not apply", a text).

    ValueError when it is no answer to such a check: no number, none of ok, bad, na.
    """
    kind = check["kind"]
    if kind == "check":
        if value not in ANSWERS:
            raise ValueError(value)
        return None if value == NOT_HERE else value == OK
    if kind == "number":
        number = float(value)
        low, high = check.get("low"), check.get("high")
        if number != number or number in {float("inf"), float("-inf")}:
            raise ValueError(value)
        return (low is None or number >= low) and (high is None or number <= high)
    return None


def gaps(items: Sequence[Mapping[str, Any]], results: Collection[str], photos: Collection[str]) -> list[str]:
    """The keys of required checks without a result, in their order. `photos`: checks that a photo was taken for."""
    return [
        one["key"]
        for one in items
        if one.get("required") and one["key"] not in (photos if one["kind"] == "photo" else results)
    ]


@transaction.atomic
def publish(draft: Checklist, *, by: User, now: datetime) -> Checklist:
    """From now on engineers get this version. Raises `Refused` when it is out already or empty."""
    row = Checklist.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if row.published_at is not None:
        raise Refused(_("This version is published already."))
    if not row.items:
        raise Refused(_("There is no check in it yet."))
    row.published_at, row.published_by = now, by
    row.save(update_fields=["published_at", "published_by"])
    trail.note("visits.checklist_published", row, by=by, now=now, id=row.pk)
    return row


@transaction.atomic
def draft_of(checklist: Checklist, *, by: User, now: datetime) -> Checklist:
    """The draft of the next version: the one that is there, else a copy of the newest."""
    rows = Checklist.objects.select_for_update(of=("self",)).filter(code=checklist.code).order_by("-version")
    newest = rows[0]
    if newest.published_at is None:
        return newest
    copied = ("code", "name", "device_kind", "fault_class", "procedure", "items")
    draft = Checklist.objects.create(version=newest.version + 1, **{name: getattr(newest, name) for name in copied})
    trail.note("visits.checklist_drafted", draft, by=by, now=now, id=draft.pk)
    return draft
