"""The register as a file: the columns of an import, nothing that a spreadsheet computes, and a row in the trail."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl import load_workbook

from audit.models import Entry
from devices import exporting
from devices.importing import columns
from devices.models import Device
from tests.devices.import_case import NOW, check, verdicts
from tests.factories import DeviceFactory, EngineerFactory, OperatorFactory

pytestmark = pytest.mark.django_db
RISKY = ["=1+1", "+86 28", "-1", "@SUM(A1)", "'=x"]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_exported_is_read_back_as_the_same(form: str, language: str) -> None:
    operator = OperatorFactory()
    mcu = DeviceFactory(model__kind="mcu", serial="M1")
    DeviceFactory(site=mcu.site, parent=mcu, serial="T1", accepted_on="2024-02-29", software_version="6.1")
    with translation.override(language):
        content = exporting.export(Device.objects.all(), form, by=operator, now=NOW)
        batch = check(SimpleUploadedFile(f"d.{form}", content), operator)
        assert set(batch.mapping) == {column.code for column in columns.ALL}
    assert verdicts(batch) == ["same", "same"]


def test_t036_no_cell_of_an_export_is_computed_and_every_one_comes_back_as_it_was() -> None:
    operator, site = OperatorFactory(), DeviceFactory().site
    Device.objects.all().delete()
    for number, text in enumerate(RISKY):
        DeviceFactory(site=site, name=text, serial=f"{text}{number}", room=text)
    content = exporting.export(Device.objects.all(), "csv", by=operator, now=NOW)
    assert verdicts(check(SimpleUploadedFile("d.csv", content), operator)) == ["same"] * len(RISKY)
    text = content.decode("utf-8-sig")
    cells = [cell for line in list(csv.reader(StringIO(text)))[1:] for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    book = load_workbook(BytesIO(exporting.export(Device.objects.all(), "xlsx", by=operator, now=NOW)))
    typed = [cell for line in book.active.iter_rows(min_row=2) for cell in line if cell.value]  # type: ignore[union-attr]
    assert {cell.data_type for cell in typed} == {"s"}
    assert all(cell.quotePrefix for cell in typed if str(cell.value)[0] in "=+-@\t")


def test_t037_who_exported_how_many_is_on_record() -> None:
    operator = OperatorFactory()
    DeviceFactory()
    exporting.export(Device.objects.all(), "csv", by=operator, now=NOW, query="q=x")
    entry = Entry.objects.get(act="devices.exported")
    assert (entry.actor, entry.subject, entry.detail) == (operator, "q=x", {"rows": 1, "form": "csv"})


def test_an_export_holds_what_its_person_may_see() -> None:
    mine, other = DeviceFactory(serial="MINE"), DeviceFactory(serial="OTHER")
    engineer = EngineerFactory(team__region=mine.hospital.region)
    text = exporting.export(Device.objects.for_user(engineer), "csv", by=engineer, now=NOW).decode()
    assert "MINE" in text
    assert other.serial not in text
