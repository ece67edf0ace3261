"""The choices that somebody waits for: which depot keeps the promise, and whom to send."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import DeviceModel
from people.models import Site
from servicedesk.bench import floor
from servicedesk.bench.report import Figure, of_times
from servicedesk.bench.timing import timed
from spares import sourcing
from spares.models import Part
from visits.candidates import candidates

DEPOT_MS = 20
SEND_QUERIES = 4


def measure(repeats: int, now: datetime) -> list[Figure]:
    """Both, with their rows read anew each time, for other parts, cities and moments each time."""
    chance = random.Random(7)  # noqa: S311 - which parts are asked for
    parts = list(Part.objects.filter(code__startswith="BENCH-").values_list("pk", flat=True))
    sites = list(Site.objects.select_related("hospital").order_by("?")[:50])
    moments = (now + timedelta(minutes=n) for n in count())

    def depot() -> object:
        at, needs = next(moments), dict.fromkeys(chance.sample(parts, chance.randint(1, 3)), 1)
        due = {"ship_by": at + timedelta(days=1), "deliver_by": at + timedelta(days=2)}
        return sourcing.options(needs, chance.choice(sites).city, asked_at=at, **due)

    def send() -> object:
        due_at = now + timedelta(hours=chance.randint(1, 8))
        return candidates(chance.choice(sites), device_kind=DeviceModel.Kind.MCU, due_at=due_at, now=now)

    depots = f"which depot, {len(set(parts)):,} parts"
    return [*_figures(depots, depot, repeats, goal=DEPOT_MS), *_figures("whom to send", send, repeats, SEND_QUERIES)]


def _figures(
    name: str, do: Callable[[], Any], repeats: int, queries: int | None = None, goal: float | None = None
) -> Iterator[Figure]:
    do()
    with CaptureQueriesContext(connection) as captured:
        do()
    texts = [query["sql"] for query in captured]
    yield Figure(f"{name}: queries", "queries", len(texts), goal=queries)
    bare = floor.statements(texts, repeats)
    used = time.process_time()
    times = timed(do, repeats)
    used = time.process_time() - used
    yield of_times(f"{name}: all a person waits for", times, goal=goal, floor=bare.p95, floor_of="bare SQL, p95")
    yield Figure(f"{name}: processor time", "ms", 1000 * used / repeats)
