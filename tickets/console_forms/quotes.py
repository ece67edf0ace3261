"""Quotes: drafted item by item, sent, answered elsewhere, taken back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.forms.formsets import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets import quote_card, workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import FilesField, long_text
from tickets.models import Quote
from tickets.quote_sums import MOST_LINES, MOST_PRICE, MOST_QUANTITY, Line
from tickets.states import Refused
from tickets.workflow.verdicts import current
from warranty.coverage import Outcome, local_day

BLANK_LINES = 3
State, Means = Quote.State, Quote.Means


class LineForm(forms.Form):
    """One item; a line without words and price is none."""

    description = forms.CharField(label=gettext_lazy("Item"), max_length=120)
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"), min_value=Decimal("0.01"), max_value=MOST_QUANTITY, decimal_places=2
    )
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, required=False)
    price = forms.DecimalField(
        label=gettext_lazy("Price, before tax"), min_value=0, max_value=MOST_PRICE, decimal_places=2
    )
    tax_rate = forms.DecimalField(
        label=gettext_lazy("Tax rate (%)"), min_value=0, max_value=Decimal("99.99"), decimal_places=2
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "empty_permitted": True, "use_required_attribute": False})

    def has_changed(self) -> bool:
        return any((self[name].value() or "").strip() for name in ("description", "price")) if self.is_bound else False


Lines = formset_factory(LineForm, extra=BLANK_LINES, max_num=MOST_LINES, validate_max=True)


class QuoteForm(VerbForm):
    """What the company's people do with quotes."""

    @classmethod
    def act(cls) -> str:
        return "quotes.make"


class DraftQuoteForm(QuoteForm):
    """The draft that there is, else one filled from the last quote or the verdict's estimate."""

    verb = "draft_quote"
    heading, submit = gettext_lazy("Draft of a quote"), gettext_lazy("Save the draft")
    done = gettext_lazy("Saved. The hospital sees nothing of it before it is sent.")

    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = long_text(
        gettext_lazy("Remarks"), required=False, rows=2, help_text=gettext_lazy("The hospital reads this.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def prepare(self) -> None:
        self.draft = self.ticket.quotes.filter(state=State.DRAFT).first()
        today = local_day(self.now, self.ticket.site.timezone)
        self.initial.setdefault("seen", _token(self.draft))
        if self.draft:
            self.initial.update(valid_until=self.draft.valid_until, note=self.draft.note)
        else:
            self.initial.setdefault("valid_until", today + timedelta(days=settings.QUOTE_VALID_DAYS))
        data = self.data if self.is_bound else None
        self.line_forms = Lines(data, prefix="line", initial=None if self.is_bound else self._first_lines())
        for form in self.line_forms.extra_forms:
            form.initial = {"quantity": 1, "tax_rate": settings.QUOTE_TAX_RATE}

    def _first_lines(self) -> list[dict[str, Any]]:
        last = self.draft or self.ticket.quotes.exclude(state=State.ACCEPTED).first()
        if last is not None:
            return [
                {name: row[name] for name in ("description", "unit", "quantity", "price", "tax_rate")}
                for row in last.lines
            ]
        verdict = current(self.ticket)
        return [
            {
                "description": row["name"],
                "unit": row["unit"],
                "quantity": row["quantity"],
                "price": row["amount"],
                "tax_rate": settings.QUOTE_TAX_RATE,
            }
            for row in (verdict.estimate if verdict and verdict.outcome == Outcome.BILLABLE else ())
        ]

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.line_forms.is_valid()])

    def perform(self) -> None:
        workflow.save_quote(
            self.ticket,
            lines=[Line(**form.cleaned_data) for form in self.line_forms if form.cleaned_data],
            valid_until=self.cleaned_data["valid_until"],
            note=self.cleaned_data["note"],
            read=self.draft if _token(self.draft) == self.cleaned_data["seen"] else None,
            by=self.user,
            now=self.now,
        )


class OfQuoteForm(QuoteForm):
    """For one quote of the ticket: the one that its address names, else the newest in `state`."""

    state: str = State.SENT
    quote = forms.ModelChoiceField(queryset=Quote.objects.none(), widget=forms.HiddenInput)

    def prepare(self) -> None:
        field = self.fields["quote"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = self.ticket.quotes.all()
        rows = self.ticket.quotes.filter(state=self.state)
        named = str(self.initial.get("quote", ""))
        row = (rows.filter(pk=named).first() if named.isdecimal() and len(named) < 18 else None) or rows.first()
        self.initial["quote"] = row
        if row is not None:
            self.hint = f"{quote_card.headline(row)} {type(self).hint}".strip()
            self.show(row)

    def show(self, row: Quote) -> None:
        """Fill what depends on the quote that is asked about."""


class SendQuoteForm(OfQuoteForm):
    verb = "send_quote"
    state = State.DRAFT
    heading, submit = gettext_lazy("Send the quote to the hospital"), gettext_lazy("Send the quote")
    done = gettext_lazy("Sent with its paper. The hospital has been told.")
    hint = gettext_lazy("Nobody can change it afterwards; a newer version replaces it.")

    seen = forms.CharField(widget=forms.HiddenInput)

    def show(self, row: Quote) -> None:
        self.initial["seen"] = _token(row)

    def perform(self) -> None:
        quote: Quote = self.cleaned_data["quote"]
        if _token(quote) != self.cleaned_data["seen"]:
            raise Refused(_("A colleague has saved this draft since you opened it. Open it again."))
        workflow.send_quote(quote, by=self.user, now=self.now)


class RecordAnswerForm(OfQuoteForm):
    verb = "record_answer"
    heading, submit = gettext_lazy("Record the hospital's answer"), gettext_lazy("Record it")
    done = gettext_lazy("Recorded. The hospital reads who answered, and that you recorded it.")

    answer = forms.ChoiceField(
        label=gettext_lazy("Answer"),
        choices=[("accepted", gettext_lazy("Accepted")), ("declined", gettext_lazy("Declined"))],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=gettext_lazy("Who at the hospital said so"), max_length=60)
    means = forms.ChoiceField(
        label=gettext_lazy("How"), choices=[one for one in Means.choices if one[0] != Means.PORTAL]
    )
    reason = forms.CharField(label=gettext_lazy("In their words"), max_length=200, required=False)
    uploads = FilesField(label=gettext_lazy("Letter or mail"), required=False)

    def perform(self) -> None:
        said = self.cleaned_data
        workflow.record_answer(
            said["quote"],
            accept=said["answer"] == "accepted",
            name=said["name"],
            means=said["means"],
            reason=said["reason"],
            files=said["uploads"],
            by=self.user,
            now=self.now,
        )


class WithdrawQuoteForm(OfQuoteForm):
    verb = "withdraw_quote"
    heading = submit = gettext_lazy("Take the quote back")
    done = gettext_lazy("Taken back. The hospital has been told.")

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("The hospital reads this.")
    )

    def perform(self) -> None:
        said = self.cleaned_data
        workflow.withdraw_quote(said["quote"], reason=said["reason"], by=self.user, now=self.now)


class DiscardQuoteForm(OfQuoteForm):
    verb = "discard_quote"
    state = State.DRAFT
    heading = submit = gettext_lazy("Discard the draft")
    done = gettext_lazy("Discarded.")

    def perform(self) -> None:
        workflow.discard_draft(self.cleaned_data["quote"], by=self.user, now=self.now)


def _token(quote: Quote | None) -> str:
    """Which draft, as saved when."""
    return f"{quote.pk}:{quote.changed_at.isoformat()}" if quote else ""
