"""A quote as a paper for the hospital's files, in the language of the installation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from common import paper
from common.wording import money, plain
from people.models import User
from tickets.models import Quote
from tickets.quote_sums import Line


def name(quote: Quote) -> str:
    """What the file is called."""
    return f"{quote.number}-v{quote.version}.pdf"


def make(quote: Quote, *, by: User, now: datetime) -> bytes:
    """The paper (PDF/A) of a quote that `by` sends at `now`."""
    with translation.override(settings.LANGUAGE_CODE):
        return paper.pdf("quote.typ", _data(quote, by, now), now.astimezone(UTC))


def _data(quote: Quote, by: User, now: datetime) -> dict[str, Any]:
    ticket = quote.ticket
    device = f"{ticket.device.name} · {ticket.device.serial}" if ticket.device else ""
    about = {
        _("Quote"): quote.name,
        _("Date"): f"{now.astimezone(ZoneInfo(ticket.site.timezone)):%Y-%m-%d}",
        _("Valid until"): f"{quote.valid_until:%Y-%m-%d}",
        _("Hospital"): ticket.hospital.name,
        _("Site"): " · ".join(part for part in (ticket.site.name, ticket.place) if part),
        _("Device"): device,
        _("Matter"): f"{ticket.number} · {ticket.title}",
        _("From"): f"{by.name} · {settings.HOTLINE_NUMBER}",
    }
    return {
        "lang": settings.LANGUAGE_CODE.partition("-")[0],
        "title": _("Quote"),
        "product": _("Service Desk"),
        "about": [[label, value] for label, value in about.items() if value],
        "head": [_("Item"), _("Quantity"), _("Price"), _("Net"), _("Tax rate"), _("Tax"), _("Sum")],
        "lines": [_row(line) for line in quote.items],
        "sums": [
            [_("Net"), money(quote.net)],
            [_("Tax"), money(quote.tax)],
            [_("Total (%(currency)s)") % {"currency": quote.currency}, money(quote.total)],
        ],
        "note": quote.note,
        "terms": _(
            "Work at the hospital's cost begins once it has accepted this quote, in the portal or by signing here."
        ),
        "signature": _("Accepted for the hospital (name, stamp, date)"),
    }


def _row(line: Line) -> list[str]:
    quantity, rate = f"{plain(line.quantity)} {line.unit}".strip(), f"{plain(line.tax_rate)} %"
    return [line.description, quantity, money(line.price), money(line.net), rate, money(line.tax), money(line.total)]
