"""How the ledger of stock is written: rows locked in key order, one movement for every change (house rule 13)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from spares.models import Depot, Part, RequestLine, StockItem, StockMovement, Unit

Movements = tuple[StockMovement, ...]


@dataclass(slots=True)
class Act:
    """What one person does to stock at one moment. Its movements share a `pair`; `key` makes a repeat count once."""

    by: int | None
    now: datetime
    key: UUID | None = None
    reason: str = ""
    movements: list[StockMovement] = field(default_factory=list)
    items: dict[int, StockItem] = field(default_factory=dict)

    def done(self) -> Movements:
        """What this act did when it came the first time; empty when this is the first. Asked under the locks."""
        first = StockMovement.objects.filter(key=self.key).first() if self.key else None
        if first is None:
            return ()
        rows = (
            StockMovement.objects.filter(pair=first.pair) if first.pair else StockMovement.objects.filter(pk=first.pk)
        )
        return tuple(rows.order_by("pk"))

    def enter(
        self,
        item: StockItem,
        kind: StockMovement.Kind,
        *,
        on_hand: int = 0,
        reserved: int = 0,
        unit: Unit | None = None,
        line: RequestLine | None = None,
    ) -> None:
        """Change a locked `item` by so many pieces, and put it down."""
        item.on_hand += on_hand
        item.reserved += reserved
        self.items[item.pk] = item
        movement = StockMovement(
            item=item,
            kind=kind,
            on_hand=on_hand,
            reserved=reserved,
            on_hand_after=item.on_hand,
            unit=unit,
            line=line,
            reason=self.reason,
            by_id=self.by,
            at=self.now,
        )
        self.movements.append(movement)

    def close(self) -> Movements:
        """Write the items and their movements."""
        pair = uuid4() if len(self.movements) > 1 else None
        for place, movement in enumerate(self.movements):
            movement.pair = pair
            movement.key = self.key if place == 0 else None
        StockItem.objects.bulk_update(self.items.values(), ("on_hand", "reserved"))
        return tuple(StockMovement.objects.bulk_create(self.movements))


def lock(depots: Iterable[Depot | int], parts: Iterable[Part | int]) -> dict[tuple[int, int], StockItem]:
    """The stock of these parts in these depots, locked in key order, by (depot, part); made where there was none.

    Whoever changes several stocks in one transaction calls this first, with all of them.
    """
    wanted = {(_key(depot), _key(part)) for part in set(parts) for depot in set(depots)}
    chosen = StockItem.objects.filter(
        depot__in={depot for depot, _part in wanted}, part__in={part for _depot, part in wanted}
    )
    missing = wanted - set(chosen.values_list("depot", "part"))
    if missing:
        rows = [StockItem(depot_id=depot, part_id=part) for depot, part in sorted(missing)]
        StockItem.objects.bulk_create(rows, ignore_conflicts=True)
    rows_locked = chosen.select_related("depot", "part").select_for_update(of=("self",)).order_by("pk")
    return {(row.depot_id, row.part_id): row for row in rows_locked}


def ensure(depot: Depot, part: Part) -> StockItem:
    """The stock of a part in a depot, an empty one where there was none."""
    return StockItem.objects.get_or_create(depot=depot, part=part)[0]


def lock_units(part: Part, serials: Collection[str]) -> dict[str, Unit]:
    """The units of a part with these serials, locked in key order; what has never been here is left out."""
    rows = Unit.objects.filter(part=part, serial__in=serials).select_for_update(of=("self",)).order_by("pk")
    return {row.serial: row for row in rows.select_related("item__depot", "line__request", "part")}


def _key(row: Depot | Part | int) -> int:
    return row if isinstance(row, int) else row.pk
