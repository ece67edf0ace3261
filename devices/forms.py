"""What the desk hands in: a list of devices, and what its columns are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.importing import columns
from devices.models import ImportBatch


class ListForm(forms.Form):
    """A workbook or a CSV file; what is in it is judged at the one door (attachments)."""

    file = forms.FileField(
        label=_("Workbook (.xlsx) or CSV file"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty.")},
    )


class ColumnsForm(forms.Form):
    """Which heading of the file is which column. An empty choice: the file does not say it."""

    def __init__(self, data: Any = None, *, batch: ImportBatch) -> None:
        super().__init__(data, initial=batch.mapping)
        choices = [("", _("not in the file")), *enumerate(_lettered(batch.headings))]
        for column in columns.ALL:
            self.fields[column.code] = forms.TypedChoiceField(
                label=column.label,
                choices=choices,
                coerce=int,
                empty_value=None,
                required=column.required,
                error_messages={"required": _("Say which column this is.")},
            )

    def mapping(self) -> dict[str, int]:
        """Column → number of the heading, of a valid form."""
        return {code: at for code, at in self.cleaned_data.items() if at is not None}


def _lettered(headings: Sequence[str]) -> list[str]:
    """ "C · 序列号", as a spreadsheet calls its columns."""
    return [f"{_letters(at)} · {heading or '…'}" for at, heading in enumerate(headings)]


def _letters(at: int) -> str:
    return chr(ord("A") + at) if at < 26 else _letters(at // 26 - 1) + _letters(at % 26)
