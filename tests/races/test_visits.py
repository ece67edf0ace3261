"""Two dispatchers book one engineer at the same moment: one gets them, the other hears why not (A8)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import translation

from people.models import Site
from tests.factories import SiteFactory
from tests.races.test_tickets import at_once
from tests.visits.visit_case import Ground, at, ground
from visits.booking import ONE_PLACE
from visits.models import Crew, Visit
from visits.states import Refused

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 8


@pytest.fixture
def g(transactional_db: None) -> Ground:
    return ground()


@pytest.fixture
def unguarded(transactional_db: None) -> Iterator[None]:
    """The database without its constraint."""
    (constraint,) = [one for one in Crew._meta.constraints if one.name == ONE_PLACE]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Crew, constraint)
    yield
    Crew.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Crew, constraint)


def test_with_the_constraint_off_one_engineer_is_in_two_places_at_once(g: Ground, unguarded: None) -> None:
    """Looking first, then booking: what `plan` does not rely on."""
    span = DateTimeTZRange(at("11:25"), at("15:00"))
    rows = [
        Visit(
            site=g.site, hospital=g.site.hospital, subject="x", starts_at=at("13:00"), ends_at=at("15:00"),
            created_at=at("09:00"), changed_at=at("09:00"),
        )
        for _ in range(HANDS)
    ]  # fmt: skip
    Visit.objects.bulk_create(rows)

    def naive(visit: Visit) -> bool:
        if Crew.objects.filter(engineer=g.engineer, released_at=None, during__overlap=span).exists():
            return False
        Visit.objects.count()  # somebody else looks meanwhile
        Crew.objects.create(visit=visit, engineer=g.engineer, during=span)
        return True

    assert sum(at_once([lambda row=row: naive(row) for row in rows], HANDS)) > 1


def test_of_eight_who_book_one_engineer_one_gets_them_and_seven_hear_why_not(g: Ground) -> None:
    sites = [SiteFactory() for _ in range(HANDS)]

    def plan(site: Site) -> object:
        with translation.override("en"):
            return g.plan(site=site, way=None)

    results = at_once([lambda site=site: plan(site) for site in sites], HANDS)
    refused = [one for one in results if isinstance(one, Refused)]
    assert (len(refused), Visit.objects.count(), Crew.objects.count()) == (HANDS - 1, 1, 1)
    assert {one.sentence.partition(":")[0] for one in refused} == {"李航 has another visit from 03-11 13"}


def test_two_crews_of_the_same_two_in_other_orders_do_not_lock_each_other_out(g: Ground) -> None:
    mate = g.colleague(name="赵磊")
    acts = [
        lambda pair=pair: g.plan(pair[0], crew=[pair[1]], way=None)
        for pair in [(g.engineer, mate), (mate, g.engineer)] * 4
    ]
    results = at_once(acts, HANDS)
    assert sum(isinstance(one, Visit) for one in results) == 1
    assert all(isinstance(one, Visit | Refused) for one in results)
