"""The desk's pages for lists and labels: from the file to the register and back, and labels as a PDF."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override
from openpyxl import load_workbook
from pytest_django import Settings

from devices.importing import batches, columns
from devices.models import Device, DeviceLabel, ImportBatch
from people.models import Hospital
from tests.devices.import_case import HEAD, NOW, row, text_file, workbook
from tests.factories import (
    DeviceFactory,
    DeviceModelFactory,
    EngineerFactory,
    HospitalFactory,
    OperatorFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db
URL = "/desk/devices/imports/"


@pytest.fixture
def hospital() -> Hospital:
    DeviceModelFactory(name="TE-50")
    return SiteFactory(hospital=HospitalFactory(name="涪滨")).hospital


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(OperatorFactory())
    return client


def mapped(batch: ImportBatch) -> dict[str, str]:
    """The form of the columns as it stands on the page."""
    return {code: str(at) for code, at in batch.mapping.items()}


def test_from_the_file_to_the_register_and_back(desk: Client, hospital: Hospital) -> None:
    rows = [row("涪滨", "T1"), row("涪滨", "T2"), row("nowhere", "T3")]
    sent = desk.post(URL, {"file": workbook(rows)}, follow=True)
    batch = ImportBatch.objects.get()
    page = f"{URL}{batch.pk}/"
    assert sent.redirect_chain == [(page, 302)]
    assert desk.post(page, mapped(batch), follow=True).context["report"].counts["new"] == 2
    assert "nowhere" in desk.get(f"{page}?show=error").content.decode()
    desk.post(f"{page}apply/")
    bar = desk.get(f"{page}progress/").content.decode()
    assert 'value="0"' in bar
    assert "every 1s" in bar
    batches.work(NOW)
    assert desk.get(f"{page}progress/").headers["HX-Refresh"] == "true"
    assert Device.objects.count() == 2
    Device.objects.filter(serial="T1").update(room="三楼")
    desk.post(f"{page}undo/")
    batches.work(NOW)
    report = desk.get(page).context["report"]
    assert (report.shown, [line.serial for line in report.lines]) == ("left", ["T1"])
    assert desk.get(URL).status_code == 200


def test_columns_can_be_changed_and_are_checked_again(desk: Client, hospital: Hospital) -> None:
    desk.post(URL, {"file": text_file([row("涪滨", "T1", room="三楼")])})
    batch = ImportBatch.objects.get()
    page = f"{URL}{batch.pk}/"
    wrong = mapped(batch) | {"serial": ""}
    assert desk.post(page, wrong).status_code == 422
    swapped = mapped(batch) | {"name": str(HEAD.index("房间")), "room": str(HEAD.index("设备名称"))}
    assert desk.post(page, swapped).status_code == 302
    batches.apply(batch, by=batch.made_by, now=NOW)
    batches.work(NOW)
    assert Device.objects.get().name == "三楼"


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "99999999", "²"])
def test_a_place_in_the_report_that_is_none_is_the_beginning(desk: Client, hospital: Hospital, after: str) -> None:
    desk.post(URL, {"file": text_file([row("涪滨", "T1")])})
    batch = ImportBatch.objects.get()
    desk.post(f"{URL}{batch.pk}/", mapped(batch))
    assert desk.get(f"{URL}{batch.pk}/", {"after": after, "show": "nothing"}).status_code == 200


def test_a_file_that_is_none_is_told_on_the_page(desk: Client) -> None:
    answer = desk.post(URL, {"file": text_file([]).__class__("a.exe", b"MZ")})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert desk.post(URL, {}).status_code == 422
    assert not ImportBatch.objects.exists()


def test_every_heading_of_an_export_is_read_in_whatever_language_it_was_made(desk: Client) -> None:
    expected = {column.code: at for at, column in enumerate(columns.ALL)}
    for language, _name in settings.LANGUAGES:
        with override(language):
            headings = [str(column.label) for column in columns.ALL]
        for reader, _name in settings.LANGUAGES:
            with override(reader):
                assert columns.guess(headings) == expected, (language, reader)


def test_a_column_that_is_needed_is_asked_for_beside_its_field(desk: Client, hospital: Hospital) -> None:
    desk.post(URL, {"file": text_file([row("涪滨", "T1")])})
    batch = ImportBatch.objects.get()
    answer = desk.post(f"{URL}{batch.pk}/", mapped(batch) | {"serial": ""})
    assert set(answer.context["form"].errors) == {"serial"}


def test_the_empty_list_has_every_column_and_no_row(desk: Client) -> None:
    answer = desk.get(f"{URL}columns.xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="devices.xlsx"'
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    (headings,) = sheet.iter_rows(values_only=True)
    assert columns.guess([str(one) for one in headings]).keys() == columns.BY_CODE.keys()


def test_the_demos_sample_is_offered_in_the_demo_alone(desk: Client, settings: Settings) -> None:
    link = "/demo/devices-300.xlsx"
    assert link not in desk.get(URL).content.decode()
    assert desk.get(link).status_code == 404
    settings.DEMO = True
    assert link in desk.get(URL).content.decode()
    sheet = load_workbook(BytesIO(desk.get(link).content), read_only=True).active
    assert sheet is not None
    assert sum(1 for _row in sheet.iter_rows()) == 301


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_export_follows_the_registers_filter(desk: Client, form: str) -> None:
    mine, other = DeviceFactory(serial="MINE-1"), DeviceFactory(serial="OTHER-1")
    answer = desk.get(f"/desk/devices/export.{form}", {"hospital": mine.hospital_id})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    if form == "csv":
        assert "MINE-1" in answer.content.decode()
        assert other.serial not in answer.content.decode()


def test_labels_are_printed_for_the_registers_filter_by_post_only(desk: Client) -> None:
    mine = DeviceFactory()
    DeviceFactory()
    assert desk.get("/desk/devices/labels/").status_code == 405
    answer = desk.post("/desk/devices/labels/", {"query": f"hospital={mine.hospital_id}"})
    assert answer.content.startswith(b"%PDF")
    assert [label.device_id for label in DeviceLabel.objects.all()] == [mine.pk]
    assert desk.post(f"/desk/devices/{mine.pk}/label/").content.startswith(b"%PDF")
    desk.post(f"/desk/devices/{mine.pk}/label/revoke/")
    assert DeviceLabel.objects.get().revoked_at is not None


def test_an_engineer_prints_no_label_of_another_region() -> None:
    device, client = DeviceFactory(), Client()
    client.force_login(EngineerFactory())
    assert client.post(f"/desk/devices/{device.pk}/label/").status_code == 404
    client.post("/desk/devices/labels/", {"query": ""})
    assert not DeviceLabel.objects.exists()
