"""Lists come in through the one door: workbooks and CSV only, and nothing in them bursts, acts or leads elsewhere."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from attachments import storage
from devices.importing import reading
from tests.devices.import_case import workbook

GOOD = workbook([["a", "b"]], head=["x", "y"]).read()


def packed(*parts: tuple[str, bytes], good: bytes = GOOD) -> bytes:
    """A sound workbook with more parts."""
    buffer = BytesIO(good)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return buffer.getvalue()


def taken(content: bytes, name: str = "list.xlsx") -> storage.List:
    return storage.read_list(SimpleUploadedFile(name, content))


BAD = {
    "nothing": (b"", "list.xlsx"),
    "no archive": (b"PK\x03\x04 and then nothing", "list.xlsx"),
    "cut off": (GOOD[: len(GOOD) // 2], "list.xlsx"),
    "an archive of something else": (BytesIO(), "list.xlsx"),
    "a bomb": (packed(("xl/worksheets/sheet9.xml", b" " * 30_000_000)), "list.xlsx"),
    "an entity": (packed(("xl/x.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')), "list.xlsx"),
    "an entity in two bytes": (packed(("xl/x.xml", "<!DOCTYPE a>".encode("utf-16"))), "list.xlsx"),
    "macros": (packed(("xl/vbaProject.bin", b"x")), "list.xlsx"),
    "a link to another book": (packed(("xl/externalLinks/externalLink1.xml", b"<a/>")), "list.xlsx"),
    "a way out": (packed(("../../etc/cron.d/x", b"x")), "list.xlsx"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "list.xls"),
    "macros by name": (GOOD, "list.xlsm"),
    "a workbook called a text": (GOOD, "list.csv"),
    "a text called a workbook": (b"a,b\n1,2\n", "list.xlsx"),
    "a page": (b"<html><script>1</script>", "list.csv"),
    "no text": (bytes(range(256)), "list.csv"),
    "a photo": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "list.png"),
}


def other_archive() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return buffer.getvalue()


@pytest.mark.parametrize("case", BAD)
def test_whatever_is_no_plain_list_is_refused_in_words(case: str) -> None:
    content, name = BAD[case]
    with pytest.raises(storage.Refused) as refused:
        taken(other_archive() if isinstance(content, BytesIO) else content, name)
    assert str(refused.value).strip()


def test_a_symbolic_link_in_the_archive_is_refused() -> None:
    link = zipfile.ZipInfo("xl/media/link")
    link.external_attr = 0o120777 << 16
    buffer = BytesIO(GOOD)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(storage.Refused):
        taken(buffer.getvalue())


def test_a_workbook_whose_sheet_is_broken_xml_is_refused_in_words() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD)) as good, zipfile.ZipFile(buffer, "w") as bad:
        for part in good.infolist():
            content = good.read(part)
            bad.writestr(part.filename, content[:-40] if "sheet1" in part.filename else content)
    with pytest.raises(reading.Unreadable):
        reading.read(taken(buffer.getvalue()))


@given(st.binary(max_size=400), st.sampled_from(["list.xlsx", "list.csv"]), st.booleans())
def test_no_bytes_make_the_door_or_the_reader_stumble(noise: bytes, name: str, as_workbook: bool) -> None:
    content = GOOD[:100] + noise + GOOD[100 + len(noise) :] if as_workbook else noise
    with suppress(storage.Refused, reading.Unreadable):
        reading.read(taken(content, name))
