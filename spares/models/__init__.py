"""Spare parts: what there is, where it lies, who asked for it and how it gets there (A6, A7, A11, A13)."""

from spares.models.parts import Depot, Lane, Part, StockItem, StockMovement, Unit
from spares.models.requests import CarrierEvent, PartRequest, RequestLine
from spares.models.returns import Return

__all__ = [
    "CarrierEvent",
    "Depot",
    "Lane",
    "Part",
    "PartRequest",
    "RequestLine",
    "Return",
    "StockItem",
    "StockMovement",
    "Unit",
]
