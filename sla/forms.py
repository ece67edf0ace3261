"""Forms of the calendar pages: a year as lines or as a file, and one day."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla import holidays, year_drafts
from sla.chinese import SpecialDay
from sla.models import NationalDay

SHOWN_PROBLEMS = 12


class YearForm(forms.Form):
    """A whole year: pasted lines or a text file, not both. `days` holds what was read of a valid form."""

    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=year_drafts.FIRST_YEAR, max_value=year_drafts.LAST_YEAR
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For example the number of the State Council's notice."),
    )
    lines = forms.CharField(
        label=gettext_lazy("Days"),
        required=False,
        max_length=holidays.MOST_BYTES,
        help_text=gettext_lazy(
            "One line each: date, kind, name. A date may be a span. Kind: holiday (放假) or workday (调休上班)."
        ),
        widget=forms.Textarea(
            attrs={"rows": 8, "placeholder": "2027-10-01~2027-10-07, 放假, 国庆节\n2027-10-09, 调休上班, 国庆节"}
        ),
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)
    days: list[SpecialDay]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        text, upload = data.get("lines", ""), data.get("file")
        if text and upload:
            self.add_error("file", _("Paste the lines or choose a file, not both."))
        elif upload:
            text = self._read(upload)
        if not self.errors:
            self._parse(text)
        return data

    def _read(self, upload: UploadedFile) -> str:
        text, problems = holidays.decoded(upload.read(holidays.MOST_BYTES + 1))
        for problem in problems:
            self.add_error("file", str(problem))
        return text

    def _parse(self, text: str) -> None:
        self.days, problems = holidays.parse(text, self.cleaned_data["year"])
        for problem in problems[:SHOWN_PROBLEMS]:
            self.add_error(None, str(problem))
        if (more := len(problems) - SHOWN_PROBLEMS) > 0:
            self.add_error(None, _("And %(count)s more lines are wrong.") % {"count": more})


ORDINARY = ("", gettext_lazy("ordinary day"))


class DayForm(forms.Form):
    """One day of the draft."""

    date = forms.DateField(label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[*NationalDay.DayKind.choices, ORDINARY], required=False
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=holidays.LONGEST_NAME, required=False)
