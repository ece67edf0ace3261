"""Lists of devices: read, checked without a trace, applied in sets, undone as far as nobody changed them."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.importing import batches, reading
from devices.importing.words import sentence
from devices.models import Device, DeviceEvent, DeviceModel, ImportBatch, ImportRow, Project, SoftwareVersion
from people.models import Hospital, User
from tests.devices.import_case import HEAD, NOW, applied, check, codes, row, start, text_file, verdicts, workbook
from tests.factories import (
    DeviceFactory,
    DeviceModelFactory,
    EngineerFactory,
    HospitalFactory,
    OperatorFactory,
    SiteFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db
S = ImportBatch.State


@pytest.fixture
def operator() -> User:
    return OperatorFactory()


@pytest.fixture
def hospital() -> Hospital:
    hospital = HospitalFactory(name="绵阳市涪滨人民医院", short_name="涪滨")
    SiteFactory(hospital=hospital, name="本部")
    DeviceModelFactory(name="TE-50")
    DeviceModelFactory(name="MX8", kind=DeviceModel.Kind.MCU)
    return hospital


def mcu(hospital: Hospital, serial: str = "M1", **more: str) -> list[str]:
    return row(hospital.name, serial, model="MX8", kind="MCU", name="MCU-1", **more)


# Reading


def test_a_workbook_with_a_title_above_its_headings_is_read(operator: User, hospital: Hospital) -> None:
    rows = [HEAD, row(hospital.name, "T1"), [], row(hospital.name, "T2")]
    batch = start(workbook(rows, head=["设备清单"]), operator)
    assert (batch.total, batch.headings, batch.mapping["serial"]) == (2, list(HEAD), 7)
    assert list(batch.rows.values_list("number", flat=True)) == [3, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_file_is_read_in_the_encodings_that_excel_writes(
    operator: User, hospital: Hospital, encoding: str, separator: str
) -> None:
    batch = check(text_file([row(hospital.name, "T1")], encoding, separator), operator)
    assert verdicts(batch) == ["new"]


def test_english_headings_are_understood_too(operator: User, hospital: Hospital) -> None:
    head = ["Hospital", "Name", "Model", "S/N", "Accepted on", "something else"]
    batch = start(workbook([[hospital.name, "T", "TE-50", "T1", date(2024, 5, 20), "x"]], head=head), operator)
    assert batch.mapping == {"hospital": 0, "name": 1, "model": 2, "serial": 3, "accepted_on": 4}
    assert verdicts(batches.check(batch, batch.mapping, by=operator)) == ["new"]


def test_a_list_that_is_too_long_is_refused_in_words(operator: User, settings: object) -> None:
    settings.DEVICE_IMPORT_MAX_ROWS = 10  # type: ignore[attr-defined]
    with pytest.raises(reading.Unreadable, match="10"):
        start(workbook([row("x", str(n)) for n in range(11)]), operator)


def test_formula_cells_are_errors_and_never_computed(operator: User, hospital: Hospital) -> None:
    said = row(hospital.name, "T1", room="=1+1")
    batch = check(workbook([said, row(hospital.name, "T2", room="'=1+1")]), operator)
    assert codes(batch) == {"formula"}
    assert codes(check(text_file([said]), operator)) == {"formula"}
    # A cell that an export has made text is text again.
    applied(text_file([row(hospital.name, "T3", room="'=1+1")]), operator)
    assert Device.objects.get(serial="T3").room == "=1+1"


# The check


def test_a_check_writes_nothing_to_the_register(operator: User, hospital: Hospital) -> None:
    batch = check(workbook([row(hospital.name, "T1", model="ZX9", project="二期")]), operator)
    assert (verdicts(batch), codes(batch)) == (["new"], {"model_new", "project_new"})
    assert not Device.objects.exists()
    assert not Project.objects.exists()
    assert not DeviceModel.objects.filter(name="ZX9").exists()


CASES: list[tuple[dict[str, str], set[str]]] = [
    ({"hospital": "没有的医院"}, {"no_hospital"}),
    ({"hospital": ""}, {"missing"}),
    ({"site": "没有的院区"}, {"no_site"}),
    ({"name": ""}, {"missing"}),
    ({"name": "长" * 61}, {"too_long"}),
    ({"serial": ""}, {"missing"}),
    ({"serial": "1.23457E+15"}, {"serial_rounded"}),
    (
        {
            "model": "",
        },
        {"missing"},
    ),
    ({"model": "ZX9", "kind": ""}, {"model_unknown"}),
    ({"kind": "咖啡机"}, {"no_kind"}),
    ({"kind": "MCU"}, {"kind_ignored"}),
    ({"accepted_on": "2026-02-30"}, {"no_date"}),
    ({"accepted_on": "明天"}, {"no_date"}),
    ({"accepted_on": "0001-01-01"}, {"no_date"}),
    ({"accepted_on": "2024-05-01"}, {"accepted_early"}),
    ({"parent": "nowhere"}, {"no_parent"}),
    ({"parent": "T1"}, {"parent_loop"}),
    ({"accepted_on": "2024年6月1日"}, set()),
    ({"accepted_on": "2024/6/1"}, set()),
    ({"accepted_on": "20240601"}, set()),
    ({"hospital": "涪滨", "site": "本部", "serial": "  ｔ１ "}, set()),
]


@pytest.mark.parametrize(("said", "expected"), CASES, ids=[str(case[0]) for case in CASES])
def test_each_mistake_is_told(operator: User, hospital: Hospital, said: dict[str, str], expected: set[str]) -> None:
    about = {"hospital": hospital.name, "serial": "T1", **said}
    batch = check(workbook([row(**about)]), operator)  # type: ignore[arg-type]
    assert codes(batch) == expected
    assert all(sentence(problem) for problem in batch.rows.get().problems)


def test_a_serial_number_twice_in_the_list_names_the_first_row(operator: User, hospital: Hospital) -> None:
    batch = check(
        workbook([row(hospital.name, "T1"), row(hospital.name, "t1"), row(hospital.name, "T1", maker="捷信")]), operator
    )
    assert verdicts(batch) == ["new", "error", "new"]
    assert batch.rows.get(number=3).problems[0]["more"] == {"text": "t1", "row": "2"}


def test_another_hospitals_serial_is_named_to_the_desk_and_not_to_whom_may_not_see_it(
    operator: User, hospital: Hospital
) -> None:
    DeviceFactory(serial="X1", model=DeviceModel.objects.get(name="TE-50"), site__hospital__name="别的医院")
    engineer = EngineerFactory(team__region=hospital.region)
    rows = [row(hospital.name, "X1")]
    desk = check(workbook(rows), operator).rows.get()
    theirs = check(workbook(rows), engineer).rows.get()
    assert "别的医院" in sentence(desk.problems[0])
    assert theirs.problems[0]["code"] == "serial_taken"
    assert "别的医院" not in str((theirs.problems, theirs.diff, sentence(theirs.problems[0])))
    unknown = check(workbook([row("别的医院", "N1")]), engineer).rows.get()
    assert unknown.problems[0]["code"] == "no_hospital"


def test_a_ring_of_mcus_in_the_list_is_an_error(operator: User, hospital: Hospital) -> None:
    rows = [mcu(hospital, "M1", parent="M2"), mcu(hospital, "M2", parent="M1"), row(hospital.name, "T1", parent="M1")]
    batch = check(workbook(rows), operator)
    assert verdicts(batch) == ["error", "error", "error"]


def test_a_terminal_of_a_wrong_mcu_is_not_written_either(operator: User, hospital: Hospital) -> None:
    batch = check(workbook([row(hospital.name, "T1", parent="M1"), mcu(hospital, site="nowhere")]), operator)
    assert codes(batch, 0) == {"parent_error"}


# Applying


def test_terminals_above_their_mcu_in_the_list_are_written_below_it(operator: User, hospital: Hospital) -> None:
    batch = applied(workbook([row(hospital.name, "T1", parent="m1"), mcu(hospital, project="二期")]), operator)
    terminal = Device.objects.get(serial="T1")
    assert batch.state == S.APPLIED
    assert (terminal.parent.serial, terminal.parent.project.name) == ("M1", "二期")  # type: ignore[union-attr]
    assert (terminal.accepted_on, terminal.maker, terminal.site.name) == (date(2024, 6, 1), "华视", "本部")
    event = DeviceEvent.objects.get(device=terminal)
    assert (event.kind, event.on, event.by) == ("installed", date(2024, 5, 20), operator)
    assert SoftwareVersion.objects.get(device=terminal).version == "6.2"


def test_a_second_look_finds_the_same_rows_unchanged(operator: User, hospital: Hospital) -> None:
    rows = [row(hospital.name, "T1", parent="M1", project="二期"), mcu(hospital)]
    applied(workbook(rows), operator)
    assert verdicts(check(workbook(rows), operator)) == ["same", "same"]


def test_changes_are_told_and_leave_their_steps_in_the_devices_life(operator: User, hospital: Hospital) -> None:
    applied(workbook([row(hospital.name, "T1")]), operator)
    later = workbook([row(hospital.name, "T1", room="三楼", software_version="6.3", accepted_on="")])
    batch = applied(later, operator)
    assert batch.rows.get().diff == {"room": ["一楼", "三楼"], "software_version": ["6.2", "6.3"]}
    device = Device.objects.get(serial="T1")
    assert (device.room, device.software_version, device.accepted_on) == ("三楼", "6.3", date(2024, 6, 1))
    assert set(device.events.values_list("kind", flat=True)) == {"installed", "moved", "upgraded"}


def test_rows_with_errors_are_left_out_and_the_others_written(operator: User, hospital: Hospital) -> None:
    batch = applied(workbook([row(hospital.name, "T1"), row("nowhere", "T2")]), operator)
    assert list(batch.rows.values_list("outcome", flat=True)) == ["applied", ""]
    assert (batch.done, batch.percent) == (1, 100)


def test_what_changed_since_the_check_is_not_written_over(operator: User, hospital: Hospital) -> None:
    applied(workbook([row(hospital.name, "T1")]), operator)
    batch = check(workbook([row(hospital.name, "T1", room="三楼"), row(hospital.name, "T2")]), operator)
    Device.objects.filter(serial="T1").update(room="四楼")
    batches.apply(batch, by=operator, now=NOW)
    batches.work(NOW)
    assert list(batch.rows.values_list("outcome", flat=True)) == ["failed", "applied"]
    assert Device.objects.get(serial="T1").room == "四楼"


def test_a_list_is_applied_once(operator: User, hospital: Hospital) -> None:
    batch = applied(workbook([row(hospital.name, "T1")]), operator)
    with pytest.raises(batches.Refused):
        batches.apply(batch, by=operator, now=NOW)
    assert batches.work(NOW) == 0


def test_columns_that_are_needed_must_be_chosen_and_none_twice(operator: User, hospital: Hospital) -> None:
    batch = start(workbook([row(hospital.name, "T1")]), operator)
    with pytest.raises(batches.Refused):
        batches.check(batch, {**batch.mapping, "room": batch.mapping["serial"]}, by=operator)
    mapping = dict(batch.mapping)
    del mapping["serial"]
    with pytest.raises(batches.Refused):
        batches.check(batch, mapping, by=operator)
    with pytest.raises(batches.Refused):
        batches.apply(batch, by=operator, now=NOW)


# Undoing


def undone(batch: ImportBatch, by: User) -> list[str]:
    batches.undo(batch, by=by, now=NOW)
    batches.work(NOW)
    batch.refresh_from_db()
    assert batch.state == S.UNDONE
    return list(batch.rows.values_list("outcome", flat=True))


def test_undoing_takes_back_what_was_added(operator: User, hospital: Hospital) -> None:
    batch = applied(workbook([row(hospital.name, "T1", parent="M1"), mcu(hospital)]), operator)
    assert undone(batch, operator) == ["undone", "undone"]
    assert not Device.objects.exists()


def test_undoing_puts_back_what_was_changed(operator: User, hospital: Hospital) -> None:
    applied(workbook([row(hospital.name, "T1")]), operator)
    batch = applied(workbook([row(hospital.name, "T1", room="三楼", installed_on="2024-05-21")]), operator)
    assert undone(batch, operator) == ["undone"]
    device = Device.objects.get(serial="T1")
    assert (device.room, device.installed_on) == ("一楼", date(2024, 5, 20))
    assert list(device.events.order_by("id").values_list("kind", "new"))[-1] == ("moved", {"room": "一楼"})


def test_undoing_leaves_what_somebody_changed_or_uses_since_and_says_which(operator: User, hospital: Hospital) -> None:
    rows = [row(hospital.name, serial) for serial in ("T1", "T2", "T3", "T4")]
    batch = applied(workbook(rows), operator)
    Device.objects.filter(serial="T1").update(room="三楼")
    TicketFactory(device=Device.objects.get(serial="T2"))
    Device.objects.filter(serial="T3").delete()
    assert undone(batch, operator) == ["left", "left", "left", "undone"]
    assert [codes(batch, at) for at in range(3)] == [{"edited"}, {"in_use"}, {"gone"}]
    assert set(Device.objects.values_list("serial", flat=True)) == {"T1", "T2"}


# Size


def test_ten_thousand_rows_are_checked_within_ten_seconds_and_a_score_of_queries(
    operator: User, hospital: Hospital
) -> None:
    rows = [mcu(hospital), *(row(hospital.name, f"T{n}", parent="M1") for n in range(9_999))]
    batch = start(text_file(rows), operator)
    began = time.monotonic()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        batches.check(batch, batch.mapping, by=operator)
    assert time.monotonic() - began < 30  # a loaded machine; ten are measured on a free one
    assert len(queries) < 30
    assert ImportRow.objects.filter(batch=batch, verdict="new").count() == 10_000
