"""Names are for show: readable, one line, no folders, no tricks (T043)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachments.names import LONGEST, extension, shown


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("屏幕照片.jpg", "屏幕照片.jpg"),
        ("C:\\Users\\nurse\\a.jpg", "a.jpg"),
        ("..\\..\\boot.jpg", "boot.jpg"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a.jpg. . .", "a.jpg"),
        ("a.jpg\x00.exe", "a.jpg.exe"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u200b\u2060b.jpg", "ab.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "a  Set-Cookie: x.jpg"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("\u202e\u200b", "file"),
        ("invoice.pdf.exe", "invoice.pdf.exe"),
        ("e\u0301.jpg", "é.jpg"),
    ],
)
def test_a_name_is_shown_without_folders_and_invisible_marks(sent: str, name: str) -> None:
    assert shown(sent) == name


def test_a_name_of_three_hundred_letters_is_cut_before_its_extension() -> None:
    name = shown("长" * 300 + ".jpg")
    assert len(name) == LONGEST
    assert name.endswith("长.jpg")


@pytest.mark.parametrize(("name", "last"), [("a.JPG", "jpg"), ("a.tar.gz", "gz"), ("a", ""), ("htaccess", "")])
def test_the_extension_is_the_last_one_in_small_letters(name: str, last: str) -> None:
    assert extension(name) == last


@given(st.text(max_size=400))
def test_whatever_is_sent_the_name_is_short_visible_and_settled(sent: str) -> None:
    name = shown(sent)
    assert 0 < len(name) <= LONGEST
    assert name.isprintable() or " " in name
    assert not set(name) & set("/\\\r\n\x00\u202e\u200b")
    assert shown(name) == name
