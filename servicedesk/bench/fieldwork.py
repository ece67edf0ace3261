"""What the field's pages are measured on: shelves of fifty depots, and a week of visits of sixty engineers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import count, cycle
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from people.models import Role, User
from servicedesk.bench.world import MAIL_DOMAIN, vocabulary
from spares.models import CarrierEvent, Depot, Lane, Part, PartRequest, RequestLine
from tickets.models import Ticket, TicketPart, TicketVisit
from visits.models import Crew, Visit

DEPOTS = 50
NAMED_CITIES = 12
"""So many cities have a lane of their own from each depot; the others share one."""
BINS = """
INSERT INTO spares_stockitem (depot_id, part_id, bin, on_hand, reserved, minimum)
SELECT depot.id, part.id, 'A-' || part.id %% 90, (part.id * 7 + depot.id * 3) %% 5, 0, 1
FROM spares_depot depot CROSS JOIN spares_part part
WHERE part.code LIKE 'BENCH-%%' AND part.id %% 100 < 90
"""
"""Each depot has nine of ten parts on a shelf, and of every fifth shelf all pieces are gone."""
LEDGER = """
INSERT INTO spares_stockmovement (item_id, kind, on_hand, reserved, on_hand_after, reason, at)
SELECT item.id, 'receive', item.on_hand, 0, item.on_hand, '', %s
FROM spares_stockitem item JOIN spares_part part ON part.id = item.part_id
WHERE part.code LIKE 'BENCH-%%' AND item.on_hand > 0
"""
ENGINEERS, WEEK = 60, 7
SLOTS = ((time(8, 0), time(9, 0), time(11, 30)), (time(12, 30), time(13, 30), time(16, 0)))
"""When somebody sets out, is to be there and is done; the second of them every other day."""
WITH_PARTS = 40
"""So many of the week's tickets wait for parts, too."""
MADE_HERE = (TicketPart, CarrierEvent, RequestLine, PartRequest, TicketVisit, Crew, Visit)


def shelves(parts: int, now: datetime) -> None:
    """Fill up to `DEPOTS` depots with lanes, each with `parts` parts by movements of the ledger."""
    cities = vocabulary()["cities"]
    Part.objects.bulk_create(
        Part(code=f"BENCH-{n:05}", name=f"备件 {n}", maker="", is_serialised=False) for n in range(parts)
    )
    rows = [
        Depot(code=f"bench-{n}", name=f"{cities[n % len(cities)]}备件库 {n}", city=cities[n % len(cities)], address="—")
        for n in range(DEPOTS - Depot.objects.count())
    ]
    Lane.objects.bulk_create(
        Lane(depot=depot, city=city, carrier=carrier, days=days + (number + place) % 2)
        for number, depot in enumerate(Depot.objects.bulk_create(rows))
        for place, city in enumerate(("", *cities[:NAMED_CITIES]))
        for carrier, days in (("顺丰", 1), ("京东", 2))
    )
    with connection.cursor() as cursor:
        cursor.execute(BINS, [])
        cursor.execute(LEDGER, [now])
        for table in ("spares_stockitem", "spares_stockmovement", "spares_lane", "spares_part"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def forget() -> None:
    """Remove the visits and requests of an earlier run, before their tickets go."""
    for model in MADE_HERE:
        model._default_manager.all().delete()


def week(now: datetime) -> None:
    """Visits of the engineers from today's midnight on, for tickets that are not over; some wait for parts."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    engineers = User.objects.filter(role=Role.ENGINEER, email__endswith=f"@{MAIL_DOMAIN}").order_by("pk")
    people, others = list(engineers[:ENGINEERS]), list(engineers[ENGINEERS:])
    User.objects.filter(pk__in=[one.pk for one in others]).update(is_active=False)
    tickets = list(Ticket.objects.in_progress().select_related("site", "device").order_by("pk"))
    # Every other one stays without: most of those that are not over wait for nobody on site.
    served = tickets[::2]
    visits, crew, links = [], [], []
    for (person, begins, there, ends), ticket in zip(_plan(people, today, zone), cycle(served), strict=False):
        visit = _visit(ticket, begins, there, ends, now)
        visits.append(visit)
        crew.append(Crew(visit=visit, engineer=person, during=DateTimeTZRange(begins, ends)))
        links.append(TicketVisit(ticket=ticket, visit=visit, cycle=ticket.cycle))
    Visit.objects.bulk_create(visits)
    Crew.objects.bulk_create(crew)
    TicketVisit.objects.bulk_create(links)
    _parts(served[:WITH_PARTS], now)
    with connection.cursor() as cursor:
        for model in MADE_HERE:
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def _plan(people: list[User], today: Any, zone: ZoneInfo) -> Iterator[tuple[User, datetime, datetime, datetime]]:
    for number, person in enumerate(people):
        for ahead in range(WEEK):
            for slot in SLOTS[: 1 + (number + ahead) % 2]:
                begins, there, ends = (datetime.combine(today + timedelta(days=ahead), at, zone) for at in slot)
                yield person, begins, there, ends


def _visit(ticket: Ticket, begins: datetime, there: datetime, ends: datetime, now: datetime) -> Visit:
    """As it stands at `now`: not begun, on its way, at the site or done."""
    done, there_now, on_way, ahead = (Visit.State(name) for name in ("done", "on_site", "travel", "planned"))
    steps: dict[str, datetime] = {"departed_at": begins, "arrived_at": there, "finished_at": ends, "left_at": ends}
    state = done if ends <= now else there_now if there <= now else on_way if begins <= now else ahead
    return Visit(
        hospital_id=ticket.hospital_id,
        site_id=ticket.site_id,
        timeline_id=ticket.timeline_id,
        subject=ticket.title[:200],
        state=state,
        starts_at=there,
        ends_at=ends,
        travel_from="成都",
        travel_minutes=60,
        travel_km=70,
        expected_arrival_at=there,
        created_at=now,
        changed_at=now,
        **{name: at for name, at in steps.items() if at <= now},
    )


def _parts(tickets: list[Ticket], now: datetime) -> None:
    """A request under way for each, with two lines, what the carrier said, and the depots that were weighed."""
    depots, parts = list(Depot.objects.order_by("pk")[:5]), list(Part.objects.order_by("-pk")[:2])
    weighed = [
        {"depot": one.pk, "name": one.name, "verdict": "makes", "carrier": "顺丰", "leaves_at": now.isoformat(),
         "there_at": now.isoformat(), "late_s": 0, "ships_late_s": 0, "missing": {}, "free": 2, "provisional": False,
         "chosen": one == depots[0], "because": ""}
        for one in depots
    ]  # fmt: skip
    about = {"state": PartRequest.State.SHIPPED, "origin": "ticket", "carrier": "顺丰", "depot": depots[0]}
    about |= dict.fromkeys(("requested_at", "packed_at", "shipped_at", "changed_at"), now)
    rows = PartRequest.objects.bulk_create(
        PartRequest(
            number=f"RQ-BENCH-{number:04}",
            hospital_id=ticket.hospital_id,
            site_id=ticket.site_id,
            timeline_id=ticket.timeline_id,
            device_id=ticket.device_id,
            subject=ticket.title[:200],
            waybill=f"SF{number:08}",
            choice=weighed,
            **about,
        )
        for number, ticket in zip(count(1), tickets, strict=False)
    )
    RequestLine.objects.bulk_create(RequestLine(request=row, part=part) for row in rows for part in parts)
    CarrierEvent.objects.bulk_create(
        CarrierEvent(request=row, kind=kind, at=now, place="成都", recorded_at=now)
        for row in rows
        for kind in (CarrierEvent.Kind.HANDED_OVER, CarrierEvent.Kind.IN_TRANSIT, CarrierEvent.Kind.OUT_FOR_DELIVERY)
    )
    TicketPart.objects.bulk_create(
        TicketPart(ticket=ticket, request=row, cycle=ticket.cycle, told=TicketPart.Step.SHIPPED)
        for ticket, row in zip(tickets, rows, strict=True)
    )
