"""Fields that the console's forms share: a local moment, several files, a colleague with the duty mark."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from people.access import ACTS
from people.models import User
from people.roster import Roster
from tickets.models import Ticket

FILES = 5
TEXT = 8000
YEARS = range(2000, 2100)


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Up to `FILES` files. Their content is judged at the one door (attachments), not here."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(FilesField, self).clean(item, initial) for item in data or ()]
        if len(files) > FILES:
            raise ValidationError(_("At most %(count)d files at once.") % {"count": FILES}, code="many")
        return files


class DescribedField(forms.ModelChoiceField):
    """A row from a list, in the words that `describe` finds for it."""

    def __init__(self, *, describe: Callable[[Any], str], **kwargs: Any) -> None:
        super().__init__(queryset=None, **kwargs)
        self.describe = describe

    def label_from_instance(self, obj: Any) -> str:
        return self.describe(obj)


class MomentField(forms.DateTimeField):
    """A moment in the reader's time zone, to the minute, typed or picked; a year that nobody means is a slip."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        at: datetime | None = super().to_python(value)
        if at is not None and at.year not in YEARS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return at


def not_after(at: datetime, limit: datetime) -> datetime:
    """`at`, or a field error when it lies in the future (a minute's slack for the picker's rounding)."""
    if at > limit + timedelta(minutes=1):
        raise ValidationError(_("This time lies in the future."), code="future")
    return min(at, limit)


def long_text(label: Any, *, required: bool = True, rows: int = 3, help_text: Any = "") -> forms.CharField:
    """A text of several lines, at most `TEXT` characters."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
    )


def colleagues(ticket: Ticket, act: str) -> QuerySet[User]:
    """Active people who may do `act` for the ticket's region (people without a region serve all)."""
    near = Q(team__region=ticket.hospital.region_id) | Q(team__region=None)
    return User.objects.filter(near, is_active=True, role__in=ACTS[act]).select_related("team").order_by("name")


class ColleagueField(forms.ModelChoiceField):
    """A colleague; those on duty for the ticket's region come first, under their own heading."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), **kwargs)

    def offer(self, ticket: Ticket, act: str, now: datetime, without: Collection[int | None] = ()) -> None:
        """Fill the choices: who may do `act`, on duty first (three queries)."""
        self.queryset = colleagues(ticket, act).exclude(pk__in=[pk for pk in without if pk])
        roster, region = Roster.load(now), ticket.hospital.region_id
        duty = {person.pk for role in ACTS[act] for person in roster.on_duty(role, region, now)}
        people = list(self.queryset)
        groups = (
            (_("On duty now"), [person for person in people if person.pk in duty]),
            (_("Others"), [person for person in people if person.pk not in duty]),
        )
        choices: list[Any] = [] if self.empty_label is None else [("", self.empty_label)]
        self.choices = choices + [
            (name, [(person.pk, joined(person, person.team)) for person in group]) for name, group in groups if group
        ]


def joined(*parts: object) -> str:
    """The parts that are not empty, as one line."""
    return " · ".join(str(part) for part in parts if part)
