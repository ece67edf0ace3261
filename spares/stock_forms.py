"""What a clerk fills in to change a stock: one form per verb of `spares.stock`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4, uuid5

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from people.models import User
from spares import stock, stocktake
from spares.models import Depot, Part, StockItem

Data = QueryDict | Mapping[str, Any] | None
MOST = 100_000
LONGEST_LIST = 20_000
"""Characters of a list of serials: some hundred of them."""


class SerialsField(forms.CharField):
    """Serial numbers, one per line, as a hand scanner types them."""

    widget = forms.Textarea(attrs={"rows": 5, "autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_LIST, **kwargs)

    def clean(self, value: Any) -> list[str]:
        return str(super().clean(value)).splitlines()


class StockForm(forms.Form):
    """A change of one stock. `heading` is the dialog's, `submit` its button, `said` the answer.

    It asks for serials or a quantity, as the part is counted. `key`: the same form sent twice counts once.
    """

    slug: ClassVar[str]
    icon: ClassVar[str]
    heading: ClassVar[Any]
    submit: ClassVar[Any]
    said: ClassVar[Any]
    counts: ClassVar[bool] = True
    hint: Any = ""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Data = None, *, item: StockItem, user: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.item, self.user, self.now = item, user, now
        self.initial.setdefault("key", uuid4())
        if self.counts:
            self.fields |= {"serials": self._serials()} if item.part.is_serialised else {"quantity": self._quantity()}
            self.order_fields(("depot", "serials", "quantity"))

    def _serials(self) -> forms.Field:
        return SerialsField(label=_("Serial numbers"), help_text=_("One per line; scan them one after the other."))

    def _quantity(self) -> forms.Field:
        return forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST)

    def pieces(self) -> dict[str, Any]:
        """Serials or quantity, and what every verb takes."""
        said = self.cleaned_data
        named: dict[str, Any] = {name: said[name] for name in ("serials", "quantity", "reason") if name in said}
        # Sent again with other words, after a step back in the browser, it is another act.
        words = sorted((name, str(value)) for name, value in said.items())
        return {**named, "by": self.user, "now": self.now, "key": uuid5(said["key"], f"{self.item.pk} {words}")}

    def perform(self) -> None:
        """Call the verb; what it refuses it raises."""
        raise NotImplementedError


class ReceiveForm(StockForm):
    slug, icon = "receive", "package-plus"
    heading, submit = gettext_lazy("Take into stock"), pgettext_lazy("stock", "Received")
    said = gettext_lazy("It is in stock.")

    reason = forms.CharField(
        label=gettext_lazy("Delivery note"), max_length=200, required=False, help_text=gettext_lazy("Its number.")
    )

    def perform(self) -> None:
        stock.receive(self.item.depot, self.item.part, **self.pieces())


class CountForm(StockForm):
    """What really lies there, against the books as they were when the form was opened."""

    slug, icon = "count", "clipboard-list"
    heading, submit = gettext_lazy("Count it"), pgettext_lazy("stock", "Counted")
    said = gettext_lazy("The count is in the books.")

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Needed when it differs from the books."),
    )
    expected = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("expected", self.item.on_hand)
        self.hint = _("By the books %(stock)d lie here. What is picked and has not left counts as well.") % {
            "stock": self.item.on_hand
        }

    def _serials(self) -> forms.Field:
        return SerialsField(
            label=_("Serial numbers that you see"), required=False, help_text=_("Scan every one. Empty: none is there.")
        )

    def _quantity(self) -> forms.Field:
        return forms.IntegerField(label=_("How many you count"), min_value=0, max_value=MOST)

    def perform(self) -> None:
        expected = self.cleaned_data["expected"]
        stocktake.count(self.item.depot, self.item.part, expected=expected, **self.pieces())


class TransferForm(StockForm):
    slug, icon = "transfer", "arrow-right-left"
    heading, submit = gettext_lazy("Move to another depot"), gettext_lazy("Move it")
    said = gettext_lazy("It is in the other depot's stock.")
    hint = gettext_lazy("Only free pieces can be moved.")

    depot = forms.ModelChoiceField(Depot.objects.none(), label=gettext_lazy("To"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["depot"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Depot.objects.filter(is_active=True).exclude(pk=self.item.depot_id)

    def perform(self) -> None:
        stock.transfer(self.item.depot, self.cleaned_data["depot"], self.item.part, **self.pieces())


class ScrapForm(StockForm):
    slug, icon = "scrap", "trash-2"
    heading, submit = gettext_lazy("Scrap"), gettext_lazy("Scrap it")
    said = gettext_lazy("It is out of the books.")
    hint = gettext_lazy("It is gone for good. Only free pieces and faulty units can be scrapped.")

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def perform(self) -> None:
        stock.scrap(self.item.depot, self.item.part, **self.pieces())


class PlaceForm(StockForm):
    slug, icon, counts = "place", "warehouse", False
    heading, submit = gettext_lazy("Shelf and minimum"), gettext_lazy("Save")
    said = gettext_lazy("Saved.")

    shelf = forms.CharField(
        label=gettext_lazy("Shelf"), max_length=20, required=False, help_text=gettext_lazy("For example A-03-2.")
    )
    minimum = forms.IntegerField(
        label=gettext_lazy("Minimum"),
        min_value=0,
        max_value=MOST,
        help_text=gettext_lazy("With fewer free pieces it stands on the reorder list."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"shelf": self.item.bin, "minimum": self.item.minimum, **self.initial}

    def perform(self) -> None:
        said = self.cleaned_data
        stock.place(self.item, shelf=said["shelf"], minimum=said["minimum"], by=self.user, now=self.now)


class StartForm(forms.Form):
    """Which part is received in a depot, to begin with: the next form asks how many, or for the serials."""

    part = forms.CharField(
        label=gettext_lazy("Part number"),
        max_length=40,
        help_text=gettext_lazy("Scan it from the box, or type it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "part-numbers"}),
    )

    def clean_part(self) -> Part:
        """The part in use with this number."""
        found = Part.objects.filter(code__iexact=self.cleaned_data["part"].strip(), is_active=True).first()
        if found is None:
            raise forms.ValidationError(_("No part in use has this number."))
        return found


FORMS: dict[str, type[StockForm]] = {
    form.slug: form for form in (ReceiveForm, CountForm, TransferForm, ScrapForm, PlaceForm)
}
"""The last part of a form's address → the form, in the order in which they are offered."""
