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
from spares import returns, stock
from spares.models import Depot, Lane, Part, Return, StockItem
from tickets.models import FaultClass

TABLE = tomllib.loads(Path(__file__).with_name("depots.toml").read_text())
STOCKED = timedelta(days=60)
"""How long ago the shelves were filled."""
OWED = (
    (5, "雅安市青衣江医院", "TE50-PSU-01", "TE50PSU01-2402-117"),
    (12, "泸州市沱江口医院", "MX8-FAN-01", "MX8FAN01-2311-026"),
    (31, "达州市洲河人民医院", "TE50-MB-03", "TE50MB03-2312-088"),
    (15, "德阳市旌湖中医医院", "CAM-12X", "CAM12X-2309-051"),
    (22, "绵阳市涪滨人民医院", "MX8-MB-01", "MX8MB01-2310-004"),
    (40, "乐山市三江妇幼保健院", "TE50-ENC-02", "TE50ENC02-2401-033"),
)
"""Faulty parts on their way back: since how many days, whose, which."""


def make(world: World, now: datetime) -> None:
    """Depots with their lanes and clerks, parts that fit the demo's devices, and stock, some under its minimum."""
    depots = {row["code"]: _depot(row, world.people) for row in TABLE["depot"]}
    models = {code: DeviceModel.objects.get(name=name) for code, (_maker, name, _kind) in cast.MODELS.items()}
    for number, row in enumerate(TABLE["part"], start=1):
        part = _part(row, models)
        for place, (code, (shelf, pieces, minimum)) in enumerate(row["stock"].items(), start=1):
            _fill(depots[code], part, shelf, minimum, _serials(part, number, place, pieces), pieces, now)
    for days, hospital, code, serial in OWED:
        _owe(world, depots["chengdu"], hospital, code, serial, now - timedelta(days=days))
    _back_and_forth(world, now)


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
        device_model=models.get(row.get("device", "")),
        unit=row.get("unit", "件"),
        is_serialised=row.get("serialised", True),
        is_key=row.get("key", False),
    )
    part.fits.set(models[code] for code in row["fits"])
    if "script" in row:
        FaultClass.objects.get(code=row["script"]).parts.add(part)
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


def _owe(world: World, depot: Depot, hospital: str, code: str, serial: str, since: datetime) -> Return:
    return returns.open_one(
        hospital=world.sites[hospital].hospital,
        part=Part.objects.get(code=code),
        depot=depot,
        faulty_serial=serial,
        owed_since=since,
        by=world.people["lihang"],
        now=since,
    )


def _back_and_forth(world: World, now: datetime) -> None:
    """One lies in the depot, one has its new one before it was sent, one is with the maker."""
    clerk = world.people["chenxiulan"]
    here, ahead, sent = Return.objects.order_by("pk")[3:]

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    returns.receive(here, by=clerk, now=ago(2))
    returns.maker_shipped(ahead, maker_case="HS-RMA-26-1187", by=clerk, now=ago(20))
    returns.replacement_in(ahead, serial="MX8MB01-2610-019", by=clerk, now=ago(17))
    returns.receive(sent, by=clerk, now=ago(33))
    returns.send_to_maker(sent, maker_case="HS-RMA-26-1042", waybill="SF1560027719920", by=clerk, now=ago(31))
