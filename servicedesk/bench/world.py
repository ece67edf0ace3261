"""Hundreds of hospitals: copies of the demo's, each with its own name, people, devices and road times."""

from __future__ import annotations

import random
import tomllib
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.core.management import call_command

from devices.models import Device
from people.models import Hospital, Role, Site, TravelTime, User
from servicedesk.demo import world as demo
from sla.defaults import BEGINNING

SETS = 10
"""How many of each person of the company there are: a hundred and sixty people for a million tickets."""
MAIL_DOMAIN = "bench.example"


@cache
def vocabulary() -> dict[str, list[str]]:
    """The word lists of `words.toml` by name."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text())


def made_up_name(chance: random.Random) -> str:
    """A person's name."""
    lists = vocabulary()
    return chance.choice(lists["surnames"]) + chance.choice(lists["given"])


@dataclass(frozen=True)
class Place:
    """A copy of a demo hospital; `model` is the address that both have. `slots`: what differs in a ticket's rows."""

    model: str
    slots: dict[str, str]
    searched: dict[str, str]
    """Slot → the text of it that the search index holds."""


def make(copies: int, seed: int = 2026) -> None:
    """The demo's world in an empty database, `copies` of each of its hospitals, and `SETS` of its company people."""
    call_command("load_defaults")
    world = demo.make()
    # The demo's tickets are a year old at most; here they are two.
    TravelTime.objects.update(valid_from=BEGINNING)
    chance = random.Random(seed)  # noqa: S311 - names, not secrets
    lists = vocabulary()
    names = [f"{city}市{kind}" for kind in lists["kinds"] for city in lists["cities"]]
    chance.shuffle(names)
    for number, site in enumerate(s for s in world.sites.values() for _ in range(copies)):
        _hospital(site, names[number], number, world, chance)
    _company(world, chance)


def _hospital(model: Site, name: str, number: int, world: demo.World, chance: random.Random) -> None:
    original = model.hospital
    short = name.replace("市", "").replace("医院", "")
    hospital = Hospital.objects.create(name=name, short_name=short, region=original.region, city=name.split("市")[0])
    site = copy(model)
    site.pk, site.hospital, site.city = None, hospital, hospital.city
    site.save(force_insert=True)
    roads = list(TravelTime.objects.filter(site=model))
    for road in roads:
        road.pk, road.site = None, site
    TravelTime.objects.bulk_create(roads)
    devices = [copy(device) for device in world.devices[original.name]]
    for device in devices:
        day = device.acceptance
        device.pk, device.hospital, device.site, device.parent, device.project = None, hospital, site, None, None
        device.replaces, device.accepted_on = None, day
        device.serial = f"{device.serial.split('-')[0]}-{number:04}-{chance.randrange(1000):03}{device.serial[-1]}"
    Device.objects.bulk_create(devices)
    User.objects.bulk_create(
        User(
            name=made_up_name(chance),
            role=role,
            hospital=hospital,
            phone=f"13{5 + n}{number:08}",
            email=f"hospital{number}-{n}@{MAIL_DOMAIN}",
            password="!",  # noqa: S106 - nobody signs in with it
        )
        for n, role in enumerate((Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN))
    )


def _company(world: demo.World, chance: random.Random) -> None:
    User.objects.bulk_create(
        User(
            name=made_up_name(chance),
            role=person.role,
            team=person.team,
            email=f"{login}-{number}@{MAIL_DOMAIN}",
            password="!",  # noqa: S106 - nobody signs in with it
        )
        for number in range(SETS)
        for login, person in sorted(world.people.items())
        if not person.is_hospital
    )


def places() -> list[Place]:
    """Every copied hospital, with the slots that `templates` leaves open for it."""
    rows = []
    nurses = User.objects.filter(email__endswith=f"-0@{MAIL_DOMAIN}", role=Role.HOSPITAL_STAFF)
    nurse_of = {nurse.hospital_id: nurse for nurse in nurses}
    sites = Site.objects.select_related("hospital").prefetch_related("devices", "travel_times__base").order_by("pk")
    for site in sites.filter(hospital__in=nurse_of):
        hospital, nurse = site.hospital, nurse_of[site.hospital_id]
        slots = {
            "h": str(hospital.pk),
            "hs": hospital.short_name,
            "s": str(site.pk),
            "r": str(nurse.pk),
            "rn": nurse.name,
            "rp": nurse.phone or "",
        }
        slots |= {f"w:{road.base.name}": str(road.pk) for road in site.travel_times.all()}
        slots |= {f"v:{device.name}": str(device.pk) for device in site.devices.all()}
        searched = {f"v:{device.name}": f"{device.name} {device.serial}" for device in site.devices.all()}
        searched["h"] = f"{hospital.name} {hospital.short_name}"
        rows.append(Place(site.address, slots, searched))
    return rows


def crews() -> list[dict[str, str]]:
    """The `SETS` companies: slot → user id (`p:login`) or name (`P:login`)."""
    found: list[dict[str, str]] = [{} for _ in range(SETS)]
    for user in User.objects.filter(email__endswith=f"@{MAIL_DOMAIN}", hospital=None):
        login, _, number = (user.email or "").split("@")[0].rpartition("-")
        found[int(number)] |= {f"p:{login}": str(user.pk), f"P:{login}": user.name}
    return found
