"""Any sequence of acts on stock: it is refused exactly when it should be, and the sums of the ledger are the stock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from spares import audit, stock
from spares.models import Part, RequestLine, StockItem, Unit
from spares.refusal import Refused
from spares.stocktake import count
from tests.factories import SiteFactory
from tests.spares.stock_case import NOW, depot, line, part

DEPOTS = ("beijing", "shanghai")
SENT: dict[str, Any] = {"by": None, "now": NOW}
SERIALS = ("S1", "S2", "S3", "S4")
depots = st.sampled_from(DEPOTS)
pieces = st.integers(1, 4)
serials = st.sampled_from(SERIALS)
which = st.integers(0, 1)


@dataclass
class Wish:
    """A line of a request as the slow reference sees it."""

    row: RequestLine
    at: str = ""
    reserved: int = 0
    picked: int = 0
    gone: bool = False
    left: int = 0
    """Pieces that went and did not come back."""
    out: set[str] = field(default_factory=set)
    """Their serials."""


class LedgerMachine(RuleBasedStateMachine):
    """The verbs beside a reference that knows nothing of movements: where each piece is, who it is promised to."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.depots = {"beijing": depot("beijing", "北京"), "shanghai": depot("shanghai", "上海")}
        self.fans, self.boards = part("FAN"), part("BOARD", serials=True)
        site = SiteFactory()
        self.fan_lines = [Wish(line(self.fans, 3, site)) for _ in range(2)]
        self.board_lines = [Wish(line(self.boards, 2, site)) for _ in range(2)]
        self.on_hand = dict.fromkeys(DEPOTS, 0)
        # Serial → depot it lies in free, line it is picked for, or why it is not there.
        self.units: dict[str, str | Wish] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def tries(self, allowed: bool, act: Callable[[], object]) -> bool:
        """Do it; it must be refused exactly when it is not allowed."""
        try:
            act()
        except Refused:
            assert not allowed
            return False
        assert allowed
        return True

    def boards_at(self, at: str) -> int:
        return sum(where == at or (isinstance(where, Wish) and where.at == at) for where in self.units.values())

    def free(self, lines: list[Wish], at: str) -> int:
        held = self.on_hand[at] if lines is self.fan_lines else self.boards_at(at)
        return held - sum(one.reserved for one in lines if one.at == at)

    @rule(at=depots, n=pieces)
    def receive_pieces(self, at: str, n: int) -> None:
        stock.receive(self.depots[at], self.fans, quantity=n, **SENT)
        self.on_hand[at] += n

    @rule(at=depots, serial=serials)
    def receive_unit(self, at: str, serial: str) -> None:
        allowed = self.units.get(serial, "missing") == "missing"
        if self.tries(allowed, partial(stock.receive, self.depots[at], self.boards, serials=[serial], **SENT)):
            self.units[serial] = at

    @rule(serialised=st.booleans(), place=which, at=depots, n=pieces)
    def reserve(self, serialised: bool, place: int, at: str, n: int) -> None:
        lines = self.board_lines if serialised else self.fan_lines
        wish = lines[place]
        fits = wish.reserved + n <= wish.row.quantity and not wish.gone and (not wish.reserved or wish.at == at)
        allowed = fits and n <= self.free(lines, at)
        if self.tries(allowed, partial(stock.reserve, wish.row, n, depot=self.depots[at], **SENT)):
            wish.at, wish.reserved = at, wish.reserved + n

    @rule(serialised=st.booleans(), place=which, n=st.none() | pieces)
    def release(self, serialised: bool, place: int, n: int | None) -> None:
        wish = (self.board_lines if serialised else self.fan_lines)[place]
        allowed = n is None or n <= wish.reserved - (0 if wish.gone else wish.picked) or not wish.at
        if not self.tries(allowed, partial(stock.release, wish.row, n, **SENT)) or wish.gone:
            return
        for serial in [one for one, where in self.units.items() if where is wish and n is None]:
            self.units[serial] = wish.at
        wish.picked = 0 if n is None else wish.picked
        wish.reserved -= wish.reserved if n is None else min(n, wish.reserved)

    @rule(place=which, n=pieces)
    def pick_pieces(self, place: int, n: int) -> None:
        wish = self.fan_lines[place]
        allowed = not wish.gone and wish.picked + n <= wish.reserved
        if self.tries(allowed, partial(stock.pick, wish.row, quantity=n)):
            wish.picked += n

    @rule(place=which, serial=serials)
    def pick_unit(self, place: int, serial: str) -> None:
        wish = self.board_lines[place]
        allowed = not wish.gone and wish.picked < wish.reserved and self.units.get(serial) == wish.at
        if self.tries(allowed, partial(stock.pick, wish.row, serial=serial)):
            wish.picked, self.units[serial] = wish.picked + 1, wish

    @rule(place=which, serial=serials)
    def unpick_unit(self, place: int, serial: str) -> None:
        wish = self.board_lines[place]
        if self.tries(self.units.get(serial) is wish, partial(stock.unpick, wish.row, serial=serial)):
            wish.picked, self.units[serial] = wish.picked - 1, wish.at

    @rule(serialised=st.booleans(), place=which)
    def issue(self, serialised: bool, place: int) -> None:
        wish = (self.board_lines if serialised else self.fan_lines)[place]
        allowed = 0 < wish.reserved == wish.picked
        if not self.tries(allowed, partial(stock.issue, wish.row, **SENT)):
            return
        if not serialised:
            self.on_hand[wish.at] -= wish.reserved
        wish.out = {one for one, where in self.units.items() if where is wish}
        self.units = {one: "gone" if where is wish else where for one, where in self.units.items()}
        wish.left, wish.reserved, wish.gone = wish.reserved, 0, True

    @rule(place=which, n=pieces)
    def take_back_pieces(self, place: int, n: int) -> None:
        wish = self.fan_lines[place]
        if self.tries(wish.gone and n <= wish.left, partial(stock.take_back, wish.row, quantity=n, **SENT)):
            wish.left -= n
            self.on_hand[wish.at] += n

    @rule(place=which, serial=serials)
    def take_a_unit_back(self, place: int, serial: str) -> None:
        wish = self.board_lines[place]
        if self.tries(serial in wish.out, partial(stock.take_back, wish.row, serial=serial, **SENT)):
            wish.out.remove(serial)
            wish.left -= 1
            self.units[serial] = wish.at

    @rule(at=depots, n=pieces, scrapped=st.booleans())
    def take_pieces_away(self, at: str, n: int, scrapped: bool) -> None:
        other = next(one for one in DEPOTS if one != at)
        if self.tries(n <= self.free(self.fan_lines, at), self.away(at, other, scrapped, self.fans, quantity=n)):
            self.on_hand[at] -= n
            self.on_hand[other] += 0 if scrapped else n

    @rule(at=depots, serial=serials, scrapped=st.booleans())
    def take_a_unit_away(self, at: str, serial: str, scrapped: bool) -> None:
        other = next(one for one in DEPOTS if one != at)
        allowed = self.units.get(serial) == at and self.free(self.board_lines, at) > 0
        if self.tries(allowed, self.away(at, other, scrapped, self.boards, serials=[serial])):
            self.units[serial] = "scrapped" if scrapped else other

    def away(self, at: str, other: str, scrapped: bool, what: Part, **named: Any) -> Callable[[], object]:
        if scrapped:
            return partial(stock.scrap, self.depots[at], what, reason="旧", **named, **SENT)
        return partial(stock.transfer, self.depots[at], self.depots[other], what, **named, **SENT)

    @rule(at=depots, n=st.integers(0, 9))
    def count_pieces(self, at: str, n: int) -> None:
        promised = self.on_hand[at] - self.free(self.fan_lines, at)
        if self.tries(n >= promised, partial(count, self.depots[at], self.fans, quantity=n, reason="盘点", **SENT)):
            self.on_hand[at] = n

    @rule(at=depots, seen=st.sets(serials))
    def count_units(self, at: str, seen: set[str]) -> None:
        here = {one for one, where in self.units.items() if where == at}
        held = {one for one, where in self.units.items() if isinstance(where, Wish) and where.at == at}
        strange = any(self.units.get(one, "missing") != "missing" for one in seen - here - held)
        promised = self.boards_at(at) - self.free(self.board_lines, at)
        allowed = held <= seen and not strange and len(seen) >= promised
        act = partial(count, self.depots[at], self.boards, serials=sorted(seen), reason="盘点", **SENT)
        if self.tries(allowed, act):
            self.units |= dict.fromkeys(seen - held, at) | dict.fromkeys(here - seen, "missing")

    @invariant()
    def the_stock_is_what_the_reference_says_and_the_ledger_adds_up(self) -> None:
        rows = {(row.depot.code, row.part_id): row for row in StockItem.objects.select_related("depot")}
        for at in DEPOTS:
            for lines, what, held in (
                (self.fan_lines, self.fans, self.on_hand[at]),
                (self.board_lines, self.boards, self.boards_at(at)),
            ):
                row = rows.get((at, what.pk))
                figures = (row.on_hand, row.free) if row else (0, 0)
                assert figures == (held, self.free(lines, at))
        assert list(audit.differences()) == []
        assert Unit.objects.filter(state=Unit.State.RESERVED).count() == sum(
            one.picked for one in self.board_lines if not one.gone
        )


@pytest.mark.django_db
def test_any_sequence_of_acts_keeps_ledger_and_stock_together() -> None:
    chosen = settings(max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(LedgerMachine, settings=chosen)  # type: ignore[no-untyped-call]
