"""What a quote comes to: half a cent up on each line, and totals that a reader gets who adds up the paper."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.quote_sums import Line, add_up, read, stored

amounts = st.decimals("0", "99999.99", places=2)
lines = st.lists(
    st.builds(
        Line,
        description=st.text(max_size=5),
        unit=st.just("次"),
        quantity=st.decimals("0.01", "999.99", places=2),
        price=amounts,
        tax_rate=st.decimals("0", "99.99", places=2),
    ),
    max_size=6,
)


def line(quantity: str, price: str, rate: str) -> Line:
    return Line("工时", "小时", Decimal(quantity), Decimal(price), Decimal(rate))


def up(amount: Fraction) -> Decimal:
    """Half a cent up, by fractions: the slow way."""
    return Decimal((amount * 100 + Fraction(1, 2)).__floor__()) / 100


@pytest.mark.parametrize(
    ("one", "net", "tax", "total"),
    [
        (line("1", "300", "6"), "300.00", "18.00", "318.00"),
        (line("2.5", "0.01", "0"), "0.03", "0.00", "0.03"),
        (line("1", "0.25", "2"), "0.25", "0.01", "0.26"),
        (line("3", "33.335", "13"), "100.01", "13.00", "113.01"),
        (line("0.5", "0.01", "13"), "0.01", "0.00", "0.01"),
    ],
)
def test_a_line_is_rounded_half_up_to_the_cent(one: Line, net: str, tax: str, total: str) -> None:
    assert (str(one.net), str(one.tax), str(one.total)) == (net, tax, total)


def test_the_tax_is_the_sum_of_the_lines_taxes_not_the_tax_of_the_sum() -> None:
    sums = add_up([line("1", "0.08", "6")] * 3)
    assert (sums.net, sums.tax, sums.total) == (Decimal("0.24"), Decimal("0.00"), Decimal("0.24"))


@settings(max_examples=60)
@given(lines)
def test_sums_agree_with_slow_fractions_and_totals_are_sums(items: list[Line]) -> None:
    sums = add_up(items)
    net = [up(Fraction(one.quantity) * Fraction(one.price)) for one in items]
    tax = [up(Fraction(of) * Fraction(one.tax_rate) / 100) for of, one in zip(net, items, strict=True)]
    assert (sums.net, sums.tax) == (sum(net), sum(tax))
    assert sums.total == sums.net + sums.tax == sum(one.total for one in items)
    assert [read(stored(one)) for one in items] == items
