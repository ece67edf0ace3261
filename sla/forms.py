"""Forms of the calendar pages: a year as lines or as a file, one day, and a hospital's critical period."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Hospital
from sla import holidays, year_drafts
from sla.chinese import SpecialDay
from sla.models import CriticalPeriod, NationalDay

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
    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=holidays.LONGEST_NAME, required=False)


class PeriodForm(forms.ModelForm[CriticalPeriod]):
    """A critical period: once, with both moments, or around each month's end, counted in working days."""

    monthly = forms.BooleanField(label=gettext_lazy("Around each month's end"), required=False)

    class Meta:
        model = CriticalPeriod
        fields = ("hospital", "kind", "reason", "starts_at", "ends_at", "days_before", "days_after")
        widgets: ClassVar = {
            name: forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            for name in ("starts_at", "ends_at")
        }

    def __init__(self, *args: Any, hospitals: QuerySet[Hospital], **kwargs: Any) -> None:
        kwargs["initial"] = {"days_before": 1, "days_after": 2, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.order_fields(["hospital", "kind", "reason", "monthly"])
        hospital = self.fields["hospital"]
        assert isinstance(hospital, forms.ModelChoiceField)
        hospital.queryset, hospital.empty_label = hospitals, _("Choose a hospital")

    def clean(self) -> dict[str, Any]:
        """Keep what belongs to the way that was chosen; `critical.plan` judges the rest."""
        data = super().clean() or {}
        monthly = data.get("monthly")
        for name in ("starts_at", "ends_at") if monthly else ("days_before", "days_after"):
            data[name] = None
            self.errors.pop(name, None)
        wanted = ("days_before", "days_after") if monthly else ("starts_at", "ends_at")
        for name in wanted:
            if data.get(name) is None and name not in self.errors:
                self.add_error(name, _("Fill this in."))
        return data


class ProposalForm(PeriodForm):
    """What a hospital's technician proposes: for their own hospital."""

    class Meta(PeriodForm.Meta):
        fields = ("kind", "reason", "starts_at", "ends_at", "days_before", "days_after")  # type: ignore[assignment]

    def __init__(self, *args: Any, hospital: Hospital, **kwargs: Any) -> None:
        forms.ModelForm.__init__(self, *args, **{**kwargs, "initial": {"days_before": 1, "days_after": 2}})
        self.order_fields(["kind", "reason", "monthly"])
        self.instance.hospital = hospital
