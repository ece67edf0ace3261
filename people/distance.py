"""How far two places lie apart, and how long the road between them may take. Pure: no Django here.

An estimate for where the travel table says nothing (A2): the great circle times a factor for roads that bend, at
a speed that grows with the distance, plus the minutes from the car to the door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

EARTH_KM = 6371.0088

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True, slots=True)
class Road:
    """What an estimate is made with. `speeds`: (up to so many km of road, km/h), the last for all beyond."""

    factor: float
    speeds: Sequence[tuple[float, float]]
    door_minutes: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Minutes and kilometres of a way that nobody measured."""

    minutes: int
    km: int


def straight_km(one: Point, other: Point) -> float:
    """The great circle between two points, in kilometres (haversine)."""
    (lat, lon), (to_lat, to_lon) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def by_road(one: Point, other: Point, road: Road) -> Estimate:
    """How long the way from `one` to `other` may take; rounded up, so that nothing is promised that is not there."""
    km = straight_km(one, other) * road.factor
    last = road.speeds[-1]
    speed = next((speed for up_to, speed in road.speeds if km <= up_to), last[1])
    return Estimate(ceil(km / speed * 60) + road.door_minutes, ceil(km))
