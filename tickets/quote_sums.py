"""What a quote comes to. Pure. Amounts are CNY with two places, rounded half up on each line; totals sum the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
MOST_LINES = 30
MOST_QUANTITY, MOST_PRICE = Decimal("9999.99"), Decimal("9999999.99")
MOST_TOTAL = Decimal("9999999999.99")
"""What a quote's columns hold; nobody means more."""


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` units at `price` each, before tax; `tax_rate` in per cent of the net amount."""

    description: str
    unit: str
    quantity: Decimal
    price: Decimal
    tax_rate: Decimal

    @property
    def net(self) -> Decimal:
        return cents(self.quantity * self.price)

    @property
    def tax(self) -> Decimal:
        return cents(self.net * self.tax_rate / 100)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Sums:
    """`total` is `net` + `tax`."""

    net: Decimal
    tax: Decimal
    total: Decimal


def cents(amount: Decimal) -> Decimal:
    """`amount` with two places, half a cent up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def add_up(lines: Iterable[Line]) -> Sums:
    """The sums of the lines, each rounded before it is added: what a reader gets who adds up the paper."""
    rows = list(lines)
    net, tax = (sum((getattr(line, name) for line in rows), Decimal("0.00")) for name in ("net", "tax"))
    return Sums(net, tax, net + tax)


def stored(line: Line) -> dict[str, str]:
    """The line as JSON holds it: decimals as text, which loses nothing, with its own sums for readers."""
    return {name: str(value) for name, value in {**asdict(line), **_sums(line)}.items()}


def _sums(line: Line) -> dict[str, Decimal]:
    return {"net": line.net, "tax": line.tax, "total": line.total}


def read(row: Mapping[str, Any]) -> Line:
    """The line that `stored` wrote."""
    amounts = {name: Decimal(row[name]) for name in ("quantity", "price", "tax_rate")}
    return Line(description=row["description"], unit=row["unit"], **amounts)
