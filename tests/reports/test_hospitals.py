"""A hospital at a glance, for the company, for its own people and for other programs; and the list of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from devices.models import Device
from people.models import Hospital, User
from tests.api_case import Program
from tests.factories import (
    DepotClerkFactory,
    DeviceModelFactory,
    EngineerFactory,
    HospitalFactory,
    LeadFactory,
    NurseFactory,
    SiteFactory,
    TechnicianFactory,
    TicketFactory,
)
from tests.tickets.console.pages import page, queries, signed_in
from tests.tickets.portal.pages import text_of
from tests.warranty.contract_case import NOW, TODAY, paper, signed
from warranty import duties, entitlements, glance

pytestmark = pytest.mark.django_db
OUTCOMES = ("free", "contract", "billable", "unsupported", "unclear")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hospital() -> Hospital:
    """With both contracts, and of its devices some in warranty, some paid by contract, some history."""
    hospital = SiteFactory(hospital__name="涪滨医院", hospital__city="绵阳").hospital
    for code in ("telemedicine", "his"):
        signed(code, hospital=hospital)
    stand(hospital, 12)
    return hospital


def stand(hospital: Hospital, count: int) -> None:
    """So many devices: of three kinds, a third of them accepted lately, each tenth retired."""
    models = [DeviceModelFactory(kind=kind, maker="M") for kind in ("terminal", "mcu", "other")]
    accepted = (date(2024, 5, 20), date(2020, 5, 20), None)
    known, site = Device.objects.count(), hospital.sites.get()
    Device.objects.bulk_create(
        Device(
            hospital=hospital,
            site=site,
            model=models[n % 2 if n % 7 else 2],
            maker="M",
            name=f"T{n:03}",
            serial=f"S{known + n}",
            accepted_on=accepted[n % 3],
            state="retired" if n % 10 == 9 else "in_use",
        )
        for n in range(count)
    )


def at(hospital: Hospital) -> str:
    return f"/desk/hospitals/{hospital.pk}/"


def bars(html: str) -> list[int]:
    """What the shares of all bars add up to, outcome by outcome."""
    drawn = re.findall(r'<i class="hos-share-(\w+)" style="flex-grow:(\d+)"', html)
    return [sum(int(count) for look, count in drawn if look == outcome) for outcome in OUTCOMES]


def total(html: str) -> list[int]:
    """The last line of the table: in use, by outcome, replaced, retired."""
    (foot,) = re.findall(r"<tfoot>(.*?)</tfoot>", html, re.DOTALL)
    return [int(figure) for figure in re.findall(r"<td[^>]*>(\d+)</td>", foot)]


def test_bars_and_table_and_register_tell_the_same_numbers(hospital: Hospital, client: Client) -> None:
    in_use = Device.objects.filter(hospital=hospital, state="in_use").count()
    for person, path in ((LeadFactory(), at(hospital)), (NurseFactory(hospital=hospital), "/service/")):
        html = page(signed_in(client, person), path)
        figures = total(html)
        assert bars(html) == figures[1:6]
        assert (figures[0], figures[7]) == (in_use, 12 - in_use)
        assert sum(bars(html)) == in_use
        assert len([figure for figure in figures[1:6] if figure]) > 1, "a case that tells nothing"


def test_a_hospital_with_500_devices_costs_no_more_queries_than_one_with_a_dozen(
    hospital: Hospital, client: Client
) -> None:
    asked = ((LeadFactory(), at(hospital)), (NurseFactory(hospital=hospital), "/service/"))
    few = [queries(signed_in(client, person), path) for person, path in asked]
    stand(hospital, 500)
    many = [queries(signed_in(client, person), path) for person, path in asked]
    assert many == few
    assert many[0] <= 23
    assert many[1] <= 17


def test_who_may_not_see_a_hospital_finds_none(hospital: Hospital, client: Client) -> None:
    other = SiteFactory().hospital
    engineer = EngineerFactory(team__region=hospital.region)
    assert hospital.name in page(signed_in(client, engineer), at(hospital))
    assert client.get(at(other)).status_code == 404
    assert other.name not in page(client, "/desk/hospitals/")
    for person in (NurseFactory(hospital=hospital), DepotClerkFactory()):
        client.force_login(person)
        assert {client.get(path).status_code for path in (at(hospital), "/desk/hospitals/")} == {403}
    client.force_login(LeadFactory())
    assert client.get("/service/").status_code == 403


def test_a_hospital_reads_of_its_own_contracts_and_of_nobody_elses(hospital: Hospital, client: Client) -> None:
    stranger = signed("telemedicine")
    stand(stranger.hospital, 4)
    html = page(signed_in(client, NurseFactory(hospital=hospital)), "/service/")
    assert {one.number in html for one in hospital.contracts.all()} == {True}
    assert stranger.number not in html
    assert "7×24" in html


class TestDuties:
    def test_a_day_that_passed_undone_is_said_to_both_sides_and_the_proof_once_it_is_done(
        self, hospital: Hospital, client: Client
    ) -> None:
        nurse, lead = NurseFactory(hospital=hospital), LeadFactory()
        contract = hospital.contracts.get(name__contains="HIS")
        entry = duties.plan(contract, "inspection", on=TODAY + timedelta(30), by=lead, now=NOW)
        assert "Planned for 2026-06-03" in text_of(page(signed_in(client, nurse), "/service/").encode())
        with time_machine.travel(NOW + timedelta(40), tick=False):
            signed_in(client, nurse)
            for path in ("/service/", "/"):
                assert ">We had planned it for 2026-06-03 and have not done it." in page(client, path)
            assert "At risk" in page(signed_in(client, lead), at(hospital))
            assert "1 duty at risk" in page(client, "/desk/hospitals/")
            duties.done(entry, on=TODAY + timedelta(39), proof=paper(), by=lead, today=TODAY + timedelta(40), now=NOW)
            told = page(signed_in(client, nurse), "/service/")
        assert "have not done it" not in told
        (proof,) = set(re.findall(r'href="(/files/duty/\d+/)', told))
        assert signed_in(client, nurse).get(proof).status_code == 200
        assert signed_in(client, NurseFactory()).get(proof).status_code == 404

    def test_an_urgent_response_that_is_used_up_is_said_before_the_next(self, hospital: Hospital) -> None:
        contract = hospital.contracts.get(name__contains="HIS")
        for turn in range(4):
            entitlements.take(contract, "urgent", reference=str(turn), on=TODAY, by=None, now=NOW)
        with CaptureQueriesContext(connection) as asked:
            granted = glance.of_hospital(NurseFactory.build(pk=1, hospital=hospital), TODAY)
        quota = next(one for found in granted for one in found.quotas if one.granted == 4 and one.used == 4)
        assert quota.note == "Used up until 2027-04-14; one more is charged."
        assert len(asked) == 3


def test_open_tickets_are_shown_by_what_falls_due_first_with_a_way_to_the_queue(
    hospital: Hospital, client: Client
) -> None:
    nurse = NurseFactory(hospital=hospital)
    late = TicketFactory(reporter=nurse, title="older", now=NOW - timedelta(hours=2))
    TicketFactory(reporter=nurse, title="newer", now=NOW)
    html = page(signed_in(client, LeadFactory()), at(hospital))
    assert html.index("older") < html.index("newer")
    assert "1 overdue" in html
    assert f"/desk/?hospital={hospital.pk}" in html
    assert at(hospital) in page(client, f"/desk/tickets/{late.number}/")
    assert at(hospital) in page(client, "/desk/", hospital=hospital.pk)
    assert at(hospital) in page(client, f"/desk/devices/{hospital.devices.all()[0].pk}/")


def test_a_hospital_with_nothing_yet_says_so_and_breaks_nowhere(client: Client) -> None:
    bare = HospitalFactory()
    html = page(signed_in(client, LeadFactory()), at(bare))
    for words in ("No device of this hospital", "No contract is in force.", "No site is on file."):
        assert words in html
    told = page(signed_in(client, NurseFactory(hospital=bare)), "/service/")
    assert "No service contract of yours is in force." in told
    assert page(client, "/")


class TestList:
    def test_it_is_narrowed_by_words_and_by_what_wants_attention(self, hospital: Hospital, client: Client) -> None:
        bare = HospitalFactory(name="荒原医院", city="若尔盖", region=hospital.region)
        TicketFactory(reporter=NurseFactory(hospital=hospital), now=NOW)
        signed_in(client, LeadFactory())

        def found(**query: object) -> set[str]:
            html = page(client, "/desk/hospitals/", **query)
            return {name for name in (hospital.name, bare.name) if name in html}

        assert found() == found(region=hospital.region_id) == {hospital.name, bare.name}
        assert found(q="绵阳") == found(show="open") == {hospital.name}
        assert found(q="若尔盖") == found(show="without") == {bare.name}
        assert found(show="ending") == set()
        with time_machine.travel(NOW + timedelta(300), tick=False):
            signed_in(client, LeadFactory())
            assert found(show="ending") == {hospital.name}

    def test_a_page_costs_the_same_for_two_hospitals_and_for_thirty(self, hospital: Hospital, client: Client) -> None:
        signed_in(client, LeadFactory())
        few = queries(client, "/desk/hospitals/")
        for n in range(32):
            other = HospitalFactory(region=hospital.region)
            if n > 28:
                signed("telemedicine", hospital=other)
        assert queries(client, "/desk/hospitals/") == few <= 14
        html = page(client, "/desk/hospitals/")
        (older,) = re.findall(r'rel="next" href="(\?[^"]+)"', html)
        assert hospital.name in page(client, f"/desk/hospitals/{unescape(older)}")
        assert hospital.name not in html


class TestApi:
    def test_the_company_and_the_hospital_read_the_figures_of_the_page(
        self, hospital: Hospital, client: Client
    ) -> None:
        figures = total(page(signed_in(client, LeadFactory()), at(hospital)))
        for person in (LeadFactory(), TechnicianFactory(hospital=hospital)):
            found = Program(person, scope="read").get(f"/hospitals/{hospital.pk}/overview/").json()
            kinds = found["devices"]
            assert [sum(kind["coverage"][outcome] for kind in kinds) for outcome in OUTCOMES] == figures[1:6]
            assert sum(kind["in_use"] for kind in kinds) == figures[0]
            assert sum(one["devices"] for one in found["ends"]) <= figures[0]
            assert found["today"] == "2026-05-04"
            assert len(found["contracts"]) == 2
            urgent = next(one for one in found["entitlements"] if one["kind"] == "urgent")
            assert (urgent["granted"], urgent["left"], urgent["ends_on"]) == (4, 4, "2027-04-14")
            assert {one["state"] for one in found["duties"]} == {"on_track"}

    @pytest.mark.parametrize("who", ["nurse", "engineer", "depot"])
    def test_a_stranger_gets_none_of_them(self, hospital: Hospital, who: str) -> None:
        person: User = {"nurse": NurseFactory, "engineer": EngineerFactory, "depot": DepotClerkFactory}[who]()
        answer = Program(person, scope="read").get(f"/hospitals/{hospital.pk}/overview/")
        assert answer.status_code == (403 if who == "depot" else 404)
