"""Parts and depots are set up in the admin; what the ledger names stays."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Entry
from spares.models import Depot, Lane, Part
from tests.factories import AdministratorFactory, DepotClerkFactory, DeviceModelFactory, EngineerFactory
from tests.spares.stock_case import depot, part, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(AdministratorFactory())
    return client


def test_a_part_is_set_up_and_how_it_is_counted_stays_once_it_lies_somewhere(client: Client) -> None:
    model = DeviceModelFactory()
    said = {"code": "FAN", "name": "风扇盘", "unit": "件", "is_active": "on", "fits": [model.pk]}
    assert client.post("/admin/spares/part/add/", said).status_code == 302
    made = Part.objects.get()
    assert (made.is_serialised, list(made.fits.all())) == (False, [model])
    stocked(depot(), made, 3)
    path = f"/admin/spares/part/{made.pk}/change/"
    assert client.post(path, {**said, "is_serialised": "on", "name": "风扇"}).status_code == 302
    made.refresh_from_db()
    assert (made.is_serialised, made.name) == (False, "风扇")
    assert client.get(f"/admin/spares/part/{made.pk}/delete/").status_code == 403
    assert Entry.objects.filter(subject__contains="FAN").exists()


def test_a_depot_is_set_up_with_its_lanes_and_only_depot_people_are_clerks(client: Client) -> None:
    clerk, engineer = DepotClerkFactory(), EngineerFactory()
    said = {
        "code": "chengdu",
        "name": "成都备件库",
        "city": "成都",
        "address": "高新区 1 号",
        "timezone": "Asia/Shanghai",
        "cut_off": "16:00",
        "is_active": "on",
        "lanes-TOTAL_FORMS": "1",
        "lanes-INITIAL_FORMS": "0",
        "lanes-0-city": "绵阳",
        "lanes-0-carrier": "顺丰",
        "lanes-0-days": "1",
        "lanes-0-arrives_by": "18:00",
    }
    refused = client.post("/admin/spares/depot/add/", {**said, "clerks": [engineer.pk]})
    assert (refused.status_code, Depot.objects.count()) == (200, 0)
    assert client.post("/admin/spares/depot/add/", {**said, "clerks": [clerk.pk]}).status_code == 302
    made = Depot.objects.get()
    assert (list(made.clerks.all()), Lane.objects.get().depot) == ([clerk], made)


def test_stock_is_not_set_up_by_hand(client: Client) -> None:
    stocked(depot(), part(), 3)
    for model in ("stockitem", "stockmovement", "unit"):
        assert client.get(f"/admin/spares/{model}/").status_code == 404
