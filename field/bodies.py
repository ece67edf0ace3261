"""What a phone may send, kind by kind (docs/field.md). Unknown names and values of another type are mistakes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from common.strict import LARGEST_KEY, Choice, Flag, Moment, Strict, Text, Whole
from visits.models import Visit

LONG = 4000
FARTHEST_CLOCK = 100 * 366 * 24 * 3600 * 1000
"""Milliseconds that a phone's clock may be off and still be heard."""
MOST_PENDING = 500
MOST_PARTS = 20


def _words(most: int, **more: Any) -> Text:
    return Text(max_length=most, required=False, allow_blank=True, default="", **more)


def _offset() -> Whole:
    return Whole(min_value=-FARTHEST_CLOCK, max_value=FARTHEST_CLOCK)


class Measure(serializers.FloatField):
    """A number within bounds, as a number."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Pending(Strict):
    key = serializers.UUIDField()
    kind = _words(20)
    visit = Whole(min_value=1, max_value=LARGEST_KEY)
    at = Moment()


class About(Strict):
    """What a phone says of itself."""

    name = _words(80)
    offset_ms = _offset()
    pending = Pending(many=True)

    def validate_pending(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(rows) > MOST_PENDING:
            raise serializers.ValidationError(_("At most %(most)d.") % {"most": MOST_PENDING})
        return [{**row, "key": str(row["key"]), "at": row["at"].isoformat()} for row in rows]


class Act(Strict):
    """What every act says: which, where, and when by the phone's clock."""

    kind = Text(max_length=20)
    visit = Whole(min_value=1, max_value=LARGEST_KEY)
    at = Moment()
    offset_ms = _offset()
    sent_at = Moment()
    afterwards = Flag(required=False, default=False)


class Position(Strict):
    latitude = Measure(min_value=-90, max_value=90)
    longitude = Measure(min_value=-180, max_value=180)
    accuracy_m = Measure(min_value=0, max_value=1_000_000)


class Arrive(Act):
    position = Position(required=False, allow_null=True, default=None)
    code = _words(200)
    reason = _words(200)


class Note(Act):
    text = Text(max_length=LONG)
    is_public = Flag(required=False, default=False)


class Photo(Act):
    item = _words(50)
    text = _words(LONG)
    is_public = Flag(required=False, default=False)


class Version(Strict):
    """Which list of checks the phone shows."""

    code = Text(max_length=50)
    version = Whole(min_value=1, max_value=LARGEST_KEY)


class Reading(Act):
    item = Text(max_length=50)
    checklist = Version(required=False, allow_null=True, default=None)
    value = _words(200)
    text = _words(LONG)


class Part(Act):
    line = Whole(min_value=1, max_value=LARGEST_KEY)
    serial = _words(60)
    faulty_serial = _words(60)
    quantity = Whole(min_value=1, max_value=1000, required=False, default=1)


class Unused(Act):
    line = Whole(min_value=1, max_value=LARGEST_KEY)
    serial = _words(60)
    quantity = Whole(min_value=1, max_value=1000, required=False, default=1)
    text = _words(200)


class Wanted(Strict):
    part = Whole(min_value=1, max_value=LARGEST_KEY)
    quantity = Whole(min_value=1, max_value=1000)


class AskPart(Act):
    parts = Wanted(many=True)
    reason = _words(200)

    def validate_parts(self, rows: list[dict[str, int]]) -> list[dict[str, int]]:
        if not 0 < len(rows) <= MOST_PARTS:
            raise serializers.ValidationError(_("One to %(most)d parts.") % {"most": MOST_PARTS})
        return rows


class Finish(Act):
    outcome = Choice(choices=Visit.Outcome.choices)
    found = _words(LONG)
    done = _words(LONG)
    parts = Wanted(many=True, required=False, default=list)
    next_at = Moment(required=False, allow_null=True, default=None)


class Sign(Act):
    is_solved = Flag()
    satisfaction = Whole(min_value=1, max_value=5, required=False, allow_null=True, default=None)
    name = _words(60)
    department = _words(80)
    refusal = _words(200)


class Edit(Act):
    field = Text(max_length=20)
    base = _words(200)
    value = _words(200)
    text = _words(200)


class Resolve(Act):
    edit = serializers.UUIDField()
    choice = Choice(choices=["mine", "theirs", "lead"])
    seen = _words(200)


BODIES: dict[str, type[Act]] = {
    "depart": Act,
    "arrive": Arrive,
    "start": Act,
    "leave": Act,
    "note": Note,
    "photo": Photo,
    "reading": Reading,
    "part": Part,
    "unused": Unused,
    "ask_part": AskPart,
    "finish": Finish,
    "sign": Sign,
    "edit": Edit,
    "resolve": Resolve,
}


def read(said: Any) -> dict[str, Any]:
    """What was sent, checked by its kind. Raises DRF's ValidationError that names each mistake."""
    kind = said.get("kind") if isinstance(said, dict) else None
    if kind not in BODIES and isinstance(said, dict):
        raise serializers.ValidationError({"kind": [_("There is no such act.")]})
    body = BODIES.get(kind or "", Act)(data=said)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
