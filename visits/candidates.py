"""The rows that a choice of engineer is made from: four queries, whatever the number of engineers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.fields.json import JSONField
from django.db.models.functions import Coalesce, JSONObject

from common.prepared import Given, Prepared
from people import travel
from people.models import Role, Site, TravelFactor, TravelTime, User
from people.roster import Roster
from visits import ways
from visits.booking import span_of
from visits.models import Crew, Skill
from visits.ranking import Booked, Candidate, Engineer, Leg, Place, rank
from visits.states import OPEN

AHEAD = timedelta(days=2)
"""How far ahead bookings are looked at: who is taken for longer is no candidate for a fault."""


def candidates(
    site: Site,
    *,
    device_kind: str,
    due_at: datetime | None,
    now: datetime,
    work: timedelta | None = None,
) -> tuple[Candidate, ...]:
    """The engineers of the site's region, best first: see `ranking.rank`. `site` comes with its hospital."""
    region = site.hospital.region_id
    people = _people(site=site.pk, kind=device_kind, region=region, now=now)
    booked = _booked(region, now)
    ways_there = _Ways(site, people, booked)
    on_duty = {one.pk for one in Roster.of_role(Role.ENGINEER, now).on_duty(Role.ENGINEER, region, now)}
    return rank(
        [_engineer(one, booked[one.pk], on_duty, site, now) for one in people],
        ways_there.leg,
        now=now,
        due_at=due_at,
        work=work or settings.VISIT_LASTS,
        follows_within=settings.VISIT_FOLLOWS_WITHIN,
    )


def _engineers() -> QuerySet[User]:
    """Those of a region, each with `grade` for the kind of device and `road`, the newest figure from their base."""
    skills = Skill.objects.filter(engineer=OuterRef("pk"), device_kind=Given("kind"))
    roads = TravelTime.objects.filter(site=Given("site"), base=OuterRef("team__base"), valid_from__lte=Given("now"))
    road = JSONObject(minutes="minutes", km="km", is_estimate="is_estimate")
    people = User.objects.filter(role=Role.ENGINEER, is_active=True, team__region=Given("region"))
    return (
        people.select_related("team__base")
        .annotate(grade=Coalesce(Subquery(skills.values("grade")[:1]), 0))
        .annotate(road=Subquery(roads.order_by("-valid_from").values(road=road)[:1], output_field=JSONField()))
        .order_by("pk")
    )


def _bookings() -> QuerySet[Crew]:
    theirs = {"engineer__role": Role.ENGINEER, "engineer__is_active": True, "engineer__team__region": Given("region")}
    near = Crew.objects.filter(released_at=None, during__overlap=Given("near"), **theirs)
    return near.select_related("visit__site__hospital").order_by("during")


_people = Prepared(_engineers)
_near = Prepared(_bookings)


def _booked(region: int, now: datetime) -> dict[int, list[Crew]]:
    found: dict[int, list[Crew]] = defaultdict(list)
    for row in _near(region=region, near=DateTimeTZRange(now - settings.VISIT_FOLLOWS_WITHIN, now + AHEAD)):
        found[row.engineer_id].append(row)
    return found


def _engineer(person: User, booked: list[Crew], on_duty: set[int], site: Site, now: datetime) -> Engineer:
    zone = ZoneInfo(site.timezone)
    today = now.astimezone(zone).date()
    base = person.team.base if person.team else None
    return Engineer(
        key=person.pk,
        name=person.name,
        grade=person.grade,  # type: ignore[attr-defined]
        is_on_duty=person.pk in on_duty,
        load=sum(row.visit.state in OPEN and row.visit.starts_at.astimezone(zone).date() == today for row in booked),
        home=Place(base.name) if base else None,
        booked=tuple(Booked(*span_of(row), Place(str(row.visit.site), row.visit.site_id)) for row in booked),
    )


class _Ways:
    """The ways of these people to one site: from their bases by the table, from other sites by estimate."""

    def __init__(self, site: Site, people: Iterable[User], booked: dict[int, list[Crew]]) -> None:
        self._site = site
        self._people = {one.pk: one for one in people}
        self._sites = {row.visit.site_id: row.visit.site for rows in booked.values() for row in rows}
        self._factors: list[TravelFactor] = list(TravelFactor.objects.all())

    def leg(self, one: Engineer, start: Place, at: datetime) -> Leg:
        """The way of an engineer who sets out at `at`, in the traffic of that hour."""
        found = self._plain(self._people[one.key], start)
        factor = travel.factor_of(self._factors, at, self._site.timezone)
        return Leg(round(found.minutes * factor), found.km, found.is_estimate)

    def _plain(self, person: User, start: Place) -> Leg:
        if start.site is not None:
            way = ways.between(self._sites[start.site], self._site)
            return Leg(way.minutes, way.km, way.is_estimate)
        if road := person.road:  # type: ignore[attr-defined]
            return Leg(**road)
        assert person.team is not None, "only a base is a place without a site"
        assert person.team.base is not None, "only a base is a place without a site"
        guess = travel.estimate(person.team.base, self._site)
        return Leg(guess.minutes, guess.km, is_estimate=True)
