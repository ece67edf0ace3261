"""Lists of devices for tests: workbooks and CSV files, made in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from attachments import storage
from devices.importing import batches
from devices.models import ImportBatch, ImportRow
from people.models import User

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HEAD = (
    "医院",
    "院区",
    "房间",
    "设备名称",
    "厂家",
    "型号",
    "类型",
    "序列号",
    "项目",
    "上级序列号",
    "安装日期",
    "验收日期",
    "软件版本",
)


def row(hospital: str, serial: str, **more: str) -> list[str]:
    """A row under `HEAD`: a terminal that stands in room 1, unless told otherwise."""
    said = {
        "hospital": hospital, "site": "", "room": "一楼", "name": f"终端 {serial}", "maker": "华视", "model": "TE-50",
        "kind": "终端", "serial": serial, "project": "", "parent": "", "installed_on": "2024-05-20",
        "accepted_on": "2024-06-01", "software_version": "6.2", **more,
    }  # fmt: skip
    return list(said.values())


def workbook(
    rows: Iterable[Sequence[Any]], head: Sequence[Any] = HEAD, name: str = "devices.xlsx"
) -> SimpleUploadedFile:
    """An .xlsx file."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("设备")
    for line in (head, *rows):
        sheet.append(list(line))
    buffer = BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def text_file(rows: Iterable[Sequence[str]], encoding: str = "utf-8-sig", separator: str = ",") -> SimpleUploadedFile:
    """A .csv file."""
    buffer = StringIO(newline="")
    csv.writer(buffer, delimiter=separator).writerows([HEAD, *rows])
    return SimpleUploadedFile("devices.csv", buffer.getvalue().encode(encoding))


def start(upload: SimpleUploadedFile, by: User) -> ImportBatch:
    return batches.start(storage.read_list(upload), by=by, now=NOW)


def check(upload: SimpleUploadedFile, by: User) -> ImportBatch:
    """Handed in and checked under the guessed columns."""
    batch = start(upload, by)
    return batches.check(batch, batch.mapping, by=by)


def applied(upload: SimpleUploadedFile, by: User) -> ImportBatch:
    batch = batches.apply(check(upload, by), by=by, now=NOW)
    batches.work(NOW)
    batch.refresh_from_db()
    return batch


def verdicts(batch: ImportBatch) -> list[str]:
    return list(batch.rows.values_list("verdict", flat=True))


def codes(batch: ImportBatch, at: int = 0) -> set[str]:
    """Codes of the problems of one row."""
    return {problem["code"] for problem in list(ImportRow.objects.filter(batch=batch))[at].problems}
