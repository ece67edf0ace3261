"""Requests for parts and returns for other programs: the same verbs, rights and sentences as the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from sla import defaults
from spares import requests
from spares.models import Return
from tests.api_case import Program
from tests.factories import DepotClerkFactory, EngineerFactory, TechnicianFactory
from tests.spares.request_case import Matter

pytestmark = pytest.mark.django_db


@pytest.fixture
def matter(db: None) -> Iterator[Matter]:
    defaults.load()
    made = Matter()
    with time_machine.travel(made.at("15:00"), tick=False):
        yield made


def test_a_depots_system_picks_packs_ships_and_delivers(matter: Matter) -> None:
    row, program = matter.ask(), Program(matter.clerk)
    (listed,) = program.get("/part-requests/", state="reserved").json()["results"]
    assert (listed["number"], listed["depot"]["name"], listed["lines"][0]["part"]["code"]) == (
        row.number, "成都备件库", "MCU-MB",
    )  # fmt: skip
    here = f"/part-requests/{row.number}"
    refused = program.post(f"{here}/scan/", scanned="B1")
    assert (refused.status_code, "北京备件库" in refused.json()["detail"]) == (409, True)
    assert program.post(f"{here}/scan/", scanned="A1").json()["state"] == "picked"
    assert program.post(f"{here}/pack/").json()["state"] == "packed"
    key = {"Idempotency-Key": "parcel-1"}
    for _ in range(2):
        sent = program.post(f"{here}/ship/", key, carrier="顺丰", waybill="SF1").json()
    assert (sent["state"], sent["waybill"], len(sent["events"])) == ("shipped", "SF1", 1)
    assert program.post(f"{here}/deliver/", received_by="刘海燕").json()["state"] == "delivered"
    assert program.post(f"{here}/cancel/", reason="迟").status_code == 409


def test_who_may_read_and_who_may_work(matter: Matter) -> None:
    row = matter.ask()
    here = f"/part-requests/{row.number}/"
    theirs, strange = TechnicianFactory(hospital=matter.site.hospital), TechnicianFactory()
    assert [Program(one).get(here).status_code for one in (theirs, strange, EngineerFactory())] == [200, 404, 404]
    assert Program(theirs).post(f"{here}pack/").status_code == 403
    assert Program(DepotClerkFactory()).post(f"{here}pack/").status_code == 403  # of no depot of theirs


def test_a_return_is_taken_through_both_legs(matter: Matter) -> None:
    row = matter.delivered()
    requests.fit(
        row, row.lines.get(), serial="A1", faulty_serial="OLD-9", by=matter.lead, now=matter.at("2026-03-12 11:00")
    )
    here, program = f"/returns/{Return.objects.get().number}", Program(matter.clerk)
    assert program.get(f"{here}/").json()["good_serial"] == "A1"
    assert program.post(f"{here}/receive/", serial="OLD-9").json()["state"] == "received"
    assert program.post(f"{here}/send-to-maker/", maker_case="RMA-7").json()["state"] == "at_maker"
    assert program.post(f"{here}/replacement-in/", serial="N1").json()["resolution"] == "replaced"
    assert program.post(f"{here}/write-off/", reason="x").status_code == 409
    assert program.get("/returns/", state="closed").json()["results"][0]["maker_case"] == "RMA-7"
