"""The demo's depots: what lies in them, on which shelf, and how long a parcel takes from each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from devices.models import DeviceModel
from people.models import User
from servicedesk.demo import cast
from servicedesk.demo.world import World
from spares import stock
from spares.models import Depot, Lane, Part, StockItem

TABLE = tomllib.loads(Path(__file__).with_name("depots.toml").read_text())
STOCKED = timedelta(days=60)
"""How long ago the shelves were filled."""


def make(world: World, now: datetime) -> None:
    """Depots with their lanes and clerks, parts that fit the demo's devices, and stock, some under its minimum."""
    depots = {row["code"]: _depot(row, world.people) for row in TABLE["depot"]}
    models = {code: DeviceModel.objects.get(name=name) for code, (_maker, name, _kind) in cast.MODELS.items()}
    for number, row in enumerate(TABLE["part"], start=1):
        part = _part(row, models)
        for place, (code, (shelf, pieces, minimum)) in enumerate(row["stock"].items(), start=1):
            _fill(depots[code], part, shelf, minimum, _serials(part, number, place, pieces), pieces, now)


def _depot(row: Mapping[str, Any], people: Mapping[str, User]) -> Depot:
    fields = {key: row[key] for key in ("code", "name", "city", "address", "phone")}
    depot = Depot.objects.create(cut_off=time.fromisoformat(row["cut_off"]), **fields)
    if clerk := people.get(row.get("clerk", "")):
        depot.clerks.add(clerk)
    Lane.objects.bulk_create(
        Lane(depot=depot, city=city, carrier=carrier, days=days, arrives_by=time.fromisoformat(there))
        for city, carrier, days, there in row["lanes"]
    )
    return depot


def _part(row: Mapping[str, Any], models: Mapping[str, DeviceModel]) -> Part:
    part = Part.objects.create(
        code=row["code"],
        name=row["name"],
        maker=row["maker"],
        price=row["price"],
        unit=row.get("unit", "件"),
        is_serialised=row.get("serialised", True),
        is_key=row.get("key", False),
    )
    part.fits.set(models[code] for code in row["fits"])
    return part


def _serials(part: Part, number: int, place: int, pieces: int) -> list[str]:
    """Serials as makers give them: the part, the month it was made in, a count."""
    if not part.is_serialised:
        return []
    return [f"{part.code.replace('-', '')}-26{place + 4:02}-{number:02}{count:02}" for count in range(1, pieces + 1)]


def _fill(depot: Depot, part: Part, shelf: str, minimum: int, serials: list[str], pieces: int, now: datetime) -> None:
    StockItem.objects.create(depot=depot, part=part, bin=shelf, minimum=minimum)
    given: dict[str, Any] = {"serials": serials} if serials else {"quantity": pieces}
    stock.receive(depot, part, reason="首批入库", by=depot.clerks.first(), now=now - STOCKED, **given)
