"""What a file is, by its content. What it is called must agree; only kinds that are listed come in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

VIDEO_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  "})
VIDEO_BOXES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"uuid", b"meta"}
)
# Browsers guess a type from the first 512 bytes; a log may quote markup further down.
GUESSED_FROM = 1024
MARKUP = re.compile(r"^\s*<|<(?:!doctype|html|head|body|script|svg|iframe|\?xml|\?php)", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class Handling(StrEnum):
    """How the content is made harmless before it is stored."""

    PICTURE = "drawn anew"
    PAPER = "looked through"
    TEXT = "written anew as UTF-8"
    VIDEO = "taken as it is"
    WORKBOOK = "looked through, read, not kept"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that comes in. `form`: Pillow's name of a picture's format."""

    content_type: str
    extensions: frozenset[str]
    handling: Handling
    form: str = ""


JPEG = Kind("image/jpeg", frozenset({"jpg", "jpeg", "jpe", "jfif"}), Handling.PICTURE, "JPEG")
PNG = Kind("image/png", frozenset({"png"}), Handling.PICTURE, "PNG")
WEBP = Kind("image/webp", frozenset({"webp"}), Handling.PICTURE, "WEBP")
PDF = Kind("application/pdf", frozenset({"pdf"}), Handling.PAPER)
TEXT = Kind("text/plain; charset=utf-8", frozenset({"txt", "log", "csv"}), Handling.TEXT)
VIDEO = Kind("video/mp4", frozenset({"mp4", "m4v", "mov"}), Handling.VIDEO)
ALL = (JPEG, PNG, WEBP, PDF, TEXT, VIDEO)
WORKBOOK = Kind(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", frozenset({"xlsx"}), Handling.WORKBOOK
)
"""Comes in as a list that is read (`storage.read_list`), never as a file that others open."""
CSV = "csv"


def recognise(content: bytes) -> Kind | None:
    """The kind that the content itself shows, or None for everything that is not taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"%PDF-"):
        return PDF
    if content[4:8] == b"ftyp":
        return VIDEO if content[8:12] in VIDEO_BRANDS and _is_all_boxes(content) else None
    return TEXT if read_text(content) is not None else None


def read_text(content: bytes) -> str | None:
    """The content as plain text (UTF-8, UTF-16 with its mark, or GB 18030), or None if it is not that."""
    encodings = ["utf-16"] if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if CONTROL.search(text) or MARKUP.search(text[:GUESSED_FROM]) else text
    return None


def _is_all_boxes(content: bytes) -> bool:
    """Whether the boxes of a video fill the file to its last byte: nothing is glued on."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(content) - at
        if size < 8 or content[at + 4 : at + 8] not in VIDEO_BOXES:
            return False
        at += size
    return at == len(content)
