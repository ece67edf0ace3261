"""Make the rows of the demo's company and hospitals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password

from devices import lifecycle
from devices.models import Device, DeviceModel, Project
from people.models import (
    Department,
    Hospital,
    Region,
    Role,
    Rotation,
    RotationMember,
    ServiceBase,
    Site,
    Team,
    TravelTime,
    User,
)
from servicedesk.demo import cast
from sla.defaults import BEGINNING
from sla.models import Policy, PolicyAssignment

TABLE_DATE = date(2026, 3, 1)
SOFTWARE = ("6.2.1", "6.2.3", "6.1.8")


@dataclass
class World:
    """The rows that the stories are told with, by name."""

    people: dict[str, User] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    nurses: dict[str, User] = field(default_factory=dict)
    devices: dict[str, list[Device]] = field(default_factory=dict)

    def engineers(self, site: Site) -> list[User]:
        """Front-line engineers of the site's region."""
        region = site.hospital.region_id
        return [p for p in self.people.values() if p.role == Role.ENGINEER and p.team and p.team.region_id == region]


def read() -> World:
    """The world of a demo that was made before."""
    world = World()
    for person in User.objects.filter(is_demo=True).select_related("team", "hospital"):
        login = (person.email or "").split("@")[0]
        world.people[login] = person
        if person.hospital and person.role == Role.HOSPITAL_STAFF:
            world.nurses[person.hospital.name] = person
    for site in Site.objects.select_related("hospital"):
        world.sites[site.hospital.name] = site
    for device in Device.objects.in_use().select_related("hospital", "site", "model").order_by("pk"):
        world.devices.setdefault(device.hospital.name, []).append(device)
    return world


def make() -> World:
    """Make everything once, in an empty database that has its defaults."""
    regions = {code: Region.objects.create(code=code, name=name) for code, name in cast.REGIONS.items()}
    bases = {
        name: ServiceBase.objects.create(
            name=name, city=city, region=regions[region], latitude=latitude, longitude=longitude
        )
        for name, city, region, latitude, longitude in cast.BASES
    }
    teams = {
        name: Team.objects.create(name=name, tier=tier, region=regions.get(region), base=bases.get(base))
        for name, tier, region, base in cast.TEAMS
    }
    models = {
        code: DeviceModel.objects.create(maker=maker, name=name, kind=kind, discontinued_on=cast.DISCONTINUED.get(code))
        for code, (maker, name, kind) in cast.MODELS.items()
    }
    his = Policy.objects.get(code="his")
    for number, place in enumerate(cast.PLACES, start=1):
        site = _place(place, regions[place.region], bases)
        _devices(place, site, number, models)
        if place.his:
            PolicyAssignment.objects.create(
                hospital=site.hospital, policy=his, device_kind=DeviceModel.Kind.HIS_SERVER, valid_from=BEGINNING
            )
    _strays(models)
    _people(teams)
    world = read()
    _pasts(world.people)
    for role, name, turns in cast.ROTATIONS:
        rotation = Rotation.objects.create(role=role, name=name, starts_on=date(2020, 1, 6))
        for position, login in enumerate(turns, start=1):
            RotationMember.objects.create(rotation=rotation, user=world.people[login], position=position)
    return world


def _place(place: cast.Place, region: Region, bases: dict[str, ServiceBase]) -> Site:
    hospital = Hospital.objects.create(name=place.name, short_name=place.short, city=place.city, region=region)
    Department.objects.bulk_create(Department(hospital=hospital, name=name) for name in ("信息科", "医务科"))
    nearer = place.nearer
    site = Site.objects.create(
        hospital=hospital,
        name=place.site,
        address=place.address,
        city=place.city,
        latitude=place.latitude,
        longitude=place.longitude,
        base=bases[nearer[0]] if nearer else bases["成都站"],
        access_notes="机房钥匙在保卫科，手术示教室需提前联系医务科。",
    )
    rows = [("成都站", *place.chengdu), *([nearer] if nearer else [])]
    for base, minutes, km in rows:
        TravelTime.objects.create(
            site=site,
            base=bases[base],
            minutes=minutes,
            km=km,
            source="道路表 2026-03",
            source_date=TABLE_DATE,
            valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        )
    return site


def _devices(place: cast.Place, site: Site, number: int, models: dict[str, DeviceModel]) -> None:
    """An MCU with a terminal in every room, all of one accepted project; HIS in a project of its own."""
    start = cast.STARTS[number % len(cast.STARTS)]
    video = _project(site, "远程会诊系统一期", start, 80)
    put = partial(lifecycle.install, site=site, by=None, now=_noon(start), on=start)
    mcu = put(
        model=models["mcu"],
        name="MCU-1",
        room="信息科机房",
        serial=f"MX8-24{number:02}-001",
        software_version="8.4",
        project=video,
    )
    for index, room in enumerate(place.rooms, start=1):
        put(
            model=models["terminal"],
            name=f"会诊终端 TE-{index}",
            room=room,
            serial=f"TE50-24{number:02}-{index:03}",
            parent=mcu,
            software_version=SOFTWARE[index % 3],
            project=video,
        )
    if place.his:
        put(
            model=models["his"],
            name="HIS 主服务器",
            room="信息科机房",
            serial=f"HIS6-25{number:02}",
            software_version="6.0.12",
            project=_project(site, "HIS 6 实施", cast.HIS_START, 60),
            on=cast.HIS_START,
            now=_noon(cast.HIS_START),
        )


def _strays(models: dict[str, DeviceModel]) -> None:
    """Devices of no project: one whose model is no longer supported, one whose papers are missing."""
    site = Site.objects.get(hospital__name=cast.OLD_HOSPITAL)
    for code, name, room, serial, day, is_accepted in cast.STRAYS:
        lifecycle.install(
            model=models[code],
            name=name,
            room=room,
            serial=serial,
            site=site,
            accepted_on=day if is_accepted else None,
            by=None,
            now=_noon(day),
            on=day,
        )


def _project(site: Site, name: str, start: date, days: int) -> Project:
    """Accepted so many days after it was begun."""
    end = start + timedelta(days=days)
    return Project.objects.create(hospital=site.hospital, name=name, started_on=start, accepted_on=end)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(4), UTC)


def _pasts(people: dict[str, User]) -> None:
    """What happened to some devices since: a swap, a move, upgrades, one out of use."""
    engineer = people["lihang"]
    site = Site.objects.get(hospital__name=cast.PEOPLE[0].hospital)
    devices = {device.name: device for device in site.devices.all()}
    for verb, name, day, what in cast.LIVES:
        device = devices[name]
        now = _noon(day)
        devices[name] = getattr(lifecycle, verb)(device, by=engineer, now=now, **_given(device, what))


def _given(device: Device, what: dict[str, str]) -> dict[str, Any]:
    """A move says the whole place: what it does not change stays."""
    if "room" in what:
        return {"site": device.site, "parent": device.parent, **what}
    return dict(what)


def _people(teams: dict[str, Team]) -> None:
    password = make_password(cast.PASSWORD)
    hospitals = {hospital.name: hospital for hospital in Hospital.objects.all()}
    rows = [
        User(
            name=p.name,
            role=p.role,
            title=p.title,
            phone=p.phone,
            email=f"{p.login}@{cast.MAIL_DOMAIN}",
            hospital=hospitals.get(p.hospital),
            team=teams.get(p.team),
        )
        for p in cast.PEOPLE
    ]
    others = [hospital for name, hospital in hospitals.items() if name != cast.PEOPLE[0].hospital]
    rows += [
        User(
            name=name,
            role=Role.HOSPITAL_STAFF,
            title="护士长",
            phone=f"137000001{number:02}",
            email=f"nurse{number:02}@{cast.MAIL_DOMAIN}",
            hospital=hospital,
        )
        for number, (name, hospital) in enumerate(zip(cast.NURSES, others, strict=True), start=1)
    ]
    for row in rows:
        row.password, row.is_demo = password, True
    User.objects.bulk_create(rows)
