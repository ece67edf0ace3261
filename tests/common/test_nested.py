"""Rows that come inside another query are those of their own one, in their columns' types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import OuterRef, Value
from pytest_django import DjangoAssertNumQueries

from common.nested import Nested
from people.models import User
from spares.models import Depot, Part, PartRequest, StockItem
from tests.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 4, 5, 6, 123400, tzinfo=UTC)


def plain(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def request(depot: Depot | None, **more: Any) -> PartRequest:
    site = SiteFactory()
    given = {"requested_at": AT, "changed_at": AT, "subject": "MCU", "origin": "ticket", **more}
    return PartRequest.objects.create(hospital=site.hospital, site=site, depot=depot, **given)


def test_they_are_the_same_rows_with_what_they_point_at(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    depot = Depot.objects.create(code="a", name="A", city="成都", address="x")
    kept = {"choice": [{"depot": 1, "late_s": 0}], "ship_by": AT + timedelta(days=1), "reason": "“x”\\ \n'"}
    rows = [request(depot, number="P-1", **kept), request(depot, number="P-2")]
    asked = Nested(PartRequest.objects.filter(depot=OuterRef("pk")).order_by("-pk"), "depot__name")
    with django_assert_num_queries(1):
        (found,) = Depot.objects.annotate(asked=asked.inside())
        inside = asked.rows(found.asked)
        assert [one.depot and one.depot.name for one in inside] == ["A", "A"]
    assert inside == rows[::-1]
    assert [plain(one) for one in inside] == [plain(PartRequest.objects.get(pk=one.pk)) for one in inside]


def test_money_keeps_its_digits_and_a_row_without_rows_has_none() -> None:
    part = Part.objects.create(code="a", name="A", price="10000000.10")
    depot = Depot.objects.create(code="a", name="A", city="成都", address="x")
    StockItem.objects.create(depot=depot, part=part)
    parts = Nested(Part.objects.filter(items__depot=OuterRef("pk")))
    (found,) = Depot.objects.annotate(parts=parts.inside())
    assert parts.rows(found.parts)[0].price == Decimal("10000000.10")
    StockItem.objects.all().delete()
    (found,) = Depot.objects.annotate(parts=parts.inside())
    assert parts.rows(found.parts) == []


def test_nobody_and_annotations_come_as_they_are() -> None:
    person = UserFactory(role="operator")
    people = Nested(User.objects.filter(pk=OuterRef("pk")).annotate(said=Value("ja")), "said", "team__name")
    (found,) = User.objects.filter(pk=person.pk).annotate(same=people.inside())
    (same,) = people.rows(found.same)
    assert (same, same.team, same.said) == (person, None, "ja")
