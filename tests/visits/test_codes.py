"""The code of a site: on paper for who may print it, words for a passer-by, nothing for who guesses (A8)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.test import Client
from django.utils import translation
from pypdf import PdfReader
from pytest_django import Settings

from audit.models import Entry
from people.models import Site, User
from tests.factories import (
    EngineerFactory,
    HospitalFactory,
    LeadFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
    TechnicianFactory,
)
from visits import codes, papers

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


@pytest.fixture
def site(settings: Settings) -> Site:
    # What earlier tests counted at the desk's door would still count.
    settings.REDIS_NAMESPACE = f"test-{uuid.uuid4()}"
    return SiteFactory(hospital__name="江城市中心医院", name="门诊楼")


def get(path: str, person: User | None = None) -> tuple[int, str]:
    client = Client(headers={"accept-language": "en"})
    if person is not None:
        client.force_login(person)
    answer = client.get(path)
    return answer.status_code, answer.content.decode(errors="replace")


def test_a_sheet_names_hospital_and_site_and_its_code_is_that_of_the_place(site: Site) -> None:
    with translation.override("zh-hans"):
        content = papers.check_in_codes([site], by=LeadFactory(), now=NOW)
    (page,) = PdfReader(BytesIO(content)).pages
    assert {"江城市中心医院", "门诊楼"} <= set(page.extract_text().splitlines())
    address = page["/Annots"][0].get_object()["/A"]["/URI"]  # type: ignore[index]
    assert codes.is_of(address, site)
    assert not codes.is_of(address, SiteFactory())


def test_all_sites_of_a_hospital_are_a_sheet_each_and_who_printed_them_is_on_record(site: Site) -> None:
    other, operator = SiteFactory(hospital=site.hospital, name="住院部"), OperatorFactory()
    SiteFactory(name="别处")
    client = Client()
    client.force_login(operator)
    answer = client.get(f"/check-in/hospitals/{site.hospital_id}.pdf")
    assert answer["Cache-Control"] == "private, no-store"
    texts = [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]
    assert [name for text in texts for name in ("门诊楼", "住院部", "别处") if name in text] == [other.name, site.name]
    row = Entry.objects.get(act="visits.codes_printed")
    assert (row.actor, row.detail) == (operator, {"sites": [other.pk, site.pk]})
    assert get(f"/check-in/hospitals/{HospitalFactory().pk}.pdf", operator)[0] == 404


def test_a_technician_prints_the_own_hospitals_and_those_who_check_in_print_none(site: Site) -> None:
    technician = TechnicianFactory(hospital=site.hospital)
    assert get(f"/check-in/sites/{site.pk}.pdf", technician)[0] == 200
    theirs = SiteFactory()
    for path in (f"sites/{theirs.pk}", f"hospitals/{theirs.hospital_id}"):
        assert get(f"/check-in/{path}.pdf", technician)[0] == 404
    for person in (NurseFactory(hospital=site.hospital), EngineerFactory()):
        assert get(f"/check-in/sites/{site.pk}.pdf", person)[0] == 403


def test_the_codes_are_offered_where_sites_are_shown_to_those_who_may(site: Site) -> None:
    SiteFactory(hospital=site.hospital)
    page, link = f"/desk/hospitals/{site.hospital_id}/", f"/check-in/sites/{site.pk}.pdf"
    engineer = EngineerFactory(team__region=site.hospital.region)
    assert [link in get(page, person)[1] for person in (LeadFactory(), engineer)] == [True, False]
    assert link in get("/technician/", TechnicianFactory(hospital=site.hospital))[1]
    assert link not in get("/technician/", TechnicianFactory())[1]


def test_a_passer_by_reads_what_the_code_is_for(site: Site) -> None:
    path = f"/q/s/{codes.code_of(site)}/"
    status, text = get(path)
    assert (status, "江城市中心医院" in text, "/report/" in text, "/m/" in text) == (200, True, True, False)
    assert "/m/" in get(path, EngineerFactory())[1]
    assert "/report/" not in get(path, OperatorFactory())[1]


def test_a_wrong_code_tells_nothing_not_even_whether_there_is_such_a_site(site: Site) -> None:
    right, gone = codes.code_of(site), SiteFactory()
    Site.objects.filter(pk=gone.pk).delete()
    wrong = (right[:-1] + ("0" if right[-1] != "0" else "1"), f"{site.pk}-", f"{gone.pk}-{'0' * codes.LENGTH}",
             f"0{right}", "9" * 40 + "-x", "²-x", codes.code_of(gone))  # fmt: skip
    answers = [get(f"/q/s/{code}/") for code in wrong]
    assert {status for status, _text in answers} == {404}
    assert len({text.partition("<h1>")[2].partition("</p>")[0] for _status, text in answers}) == 1
    assert not [text for _status, text in answers if "江城" in text]


def test_whoever_tries_codes_has_to_wait(site: Site, settings: Settings) -> None:
    settings.SCAN_LOOKS_PER_MINUTE = 2
    assert [get("/q/s/1-x/")[0] for _try in range(3)] == [404, 404, 429]


def test_another_key_of_the_desk_makes_every_sheet_worthless(site: Site, settings: Settings) -> None:
    old = codes.address_of(site)
    settings.SECRET_KEY = "another"
    assert not codes.is_of(old, site)
    assert codes.is_of(codes.address_of(site), site)
