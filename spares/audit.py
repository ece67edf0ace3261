"""Add up the ledger anew and name every figure that differs from it (house rule 13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

RULES = {
    "pieces on hand are the sum of the movements": """
        SELECT 'stock', item.id, item.on_hand, coalesce(sum(movement.on_hand), 0)
        FROM spares_stockitem item LEFT JOIN spares_stockmovement movement ON movement.item_id = item.id
        GROUP BY item.id HAVING item.on_hand <> coalesce(sum(movement.on_hand), 0)
    """,
    "reserved pieces are the sum of the movements": """
        SELECT 'stock', item.id, item.reserved, coalesce(sum(movement.reserved), 0)
        FROM spares_stockitem item LEFT JOIN spares_stockmovement movement ON movement.item_id = item.id
        GROUP BY item.id HAVING item.reserved <> coalesce(sum(movement.reserved), 0)
    """,
    "each movement goes on from the one before it": """
        SELECT 'movement', id, on_hand_after, running FROM (
            SELECT id, on_hand_after, sum(on_hand) OVER (PARTITION BY item_id ORDER BY id) AS running
            FROM spares_stockmovement) AS walked
        WHERE on_hand_after <> running
    """,
    "a part with serials has as many pieces as units": """
        SELECT 'stock', item.id, item.on_hand, count(unit.id)
        FROM spares_stockitem item JOIN spares_part part ON part.id = item.part_id AND part.is_serialised
        LEFT JOIN spares_unit unit ON unit.item_id = item.id AND unit.state IN ('in_stock', 'reserved')
        GROUP BY item.id HAVING item.on_hand <> count(unit.id)
    """,
    "a unit lies in the stock of its own part": """
        SELECT 'unit', unit.id, unit.part_id, item.part_id
        FROM spares_unit unit JOIN spares_stockitem item ON item.id = unit.item_id
        WHERE unit.part_id <> item.part_id
    """,
    "a line has reserved what its movements say": """
        SELECT 'line', line.id, line.reserved, coalesce(sum(movement.reserved), 0)
        FROM spares_requestline line LEFT JOIN spares_stockmovement movement ON movement.line_id = line.id
        GROUP BY line.id HAVING line.reserved <> coalesce(sum(movement.reserved), 0)
    """,
    "no more comes back for a line than left and was not fitted": """
        SELECT 'line', line.id, -sum(movement.on_hand), line.used
        FROM spares_requestline line JOIN spares_stockmovement movement
            ON movement.line_id = line.id AND movement.kind IN ('issue', 'back')
        GROUP BY line.id HAVING -sum(movement.on_hand) < line.used
    """,
    "what is not needed of a line is owed, back or written off": """
        SELECT 'line', line.id, line.unused, coalesce(sum(pair.quantity), 0)
        FROM spares_requestline line
        LEFT JOIN spares_return pair
            ON pair.line_id = line.id AND pair.kind = 'unused' AND pair.resolution <> 'kept'
        GROUP BY line.id HAVING line.unused <> coalesce(sum(pair.quantity), 0)
    """,
    "what came back unused is stock again": """
        SELECT 'return', pair.id, pair.quantity, coalesce(sum(movement.on_hand), 0)
        FROM spares_return pair LEFT JOIN spares_stockmovement movement
            ON movement.line_id = pair.line_id AND movement.kind = 'back' AND movement.reason = pair.number
        WHERE pair.kind = 'unused' AND pair.resolution = 'restocked'
        GROUP BY pair.id HAVING pair.quantity <> coalesce(sum(movement.on_hand), 0)
    """,
    "a line has picked the units that it holds": """
        SELECT 'line', line.id, CASE WHEN line.reserved > 0 THEN line.picked ELSE 0 END, count(unit.id)
        FROM spares_requestline line JOIN spares_part part ON part.id = line.part_id AND part.is_serialised
        LEFT JOIN spares_unit unit ON unit.line_id = line.id AND unit.state = 'reserved'
        GROUP BY line.id HAVING count(unit.id) <> CASE WHEN line.reserved > 0 THEN line.picked ELSE 0 END
    """,
}
"""A sentence that always holds → the rows that break it: of what, its key, the stored figure, the counted one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not follow from the movements or the units."""

    rule: str
    row: str
    key: int
    stored: int
    counted: int

    def __str__(self) -> str:
        return f"{self.row} {self.key}: {self.stored}, counted {self.counted}, but {self.rule}"


def differences() -> Iterator[Difference]:
    """Every row that breaks a rule; none is good. Reads only."""
    with connection.cursor() as cursor:
        for rule, rows in RULES.items():
            cursor.execute(rows)
            yield from (Difference(rule, *row) for row in cursor.fetchall())
