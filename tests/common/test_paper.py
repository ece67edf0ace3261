"""Papers are made of whatever people wrote: no markup in it, and no character that stops the press (T050)."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from common import glyphs, paper

NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


def printed(words: str) -> str:
    data = {"title": "x", "rows": [["x", words]], "signatures": [], "note": ""}
    return PdfReader(BytesIO(paper.pdf("demo_proof.typ", data, NOW))).pages[0].extract_text()


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("已换好👍，明天再看", "已换好□，明天再看"),
        ("𠮷先生、ئە女士", "□先生、□□女士"),
        ("83\x07\u202e℃\u200b", "83 ℃"),
        ('#panic("x") $x^2$ @ref <a> \\ * _ ` // [b]', '#panic("x") $x^2$ @ref <a> \\ * _ ` // [b]'),
        ('#read("/etc/passwd") #image("file:///etc/passwd")', '#read("/etc/passwd") #image("file:///etc/passwd")'),
    ],
)
def test_whatever_people_write_is_set_as_they_wrote_it_or_with_a_box_for_what_the_font_lacks(
    written: str, set_as: str
) -> None:
    assert set_as in printed(written)


def test_what_is_no_font_is_said_so(tmp_path: Path) -> None:
    for content in (b"", b"hello", b"\0\1\0\0\0\1" + bytes(6) + b"cmap" + bytes(12), bytes(64)):
        (font := tmp_path / f"{len(content)}.ttf").write_bytes(content)
        with pytest.raises(glyphs.Unreadable):
            glyphs.known(font)
