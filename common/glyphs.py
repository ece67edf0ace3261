"""Which characters a font can show, read from its own table (OpenType `cmap`, format 12)."""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

INSTEAD = "□"
"""What Chinese print puts where a character cannot be set."""
# Unlike a picture or a letter, these leave nothing on the paper: a shaper passes over them.
UNSEEN = frozenset({"Cf", "Mn", "Me"})
LAST = 0x10FFFF


class Span(NamedTuple):
    """Characters that stand next to each other in the font, by their numbers; both ends belong to it."""

    first: int
    last: int


class Unreadable(ValueError):
    """The file is no font with a table of Unicode's characters."""


@cache
def spans(path: Path) -> tuple[Span, ...]:
    """The characters of a font, in order. Raises `Unreadable`."""
    content = path.read_bytes()
    try:
        cmap = _table(content, b"cmap")
        (count,) = struct.unpack_from(">H", content, cmap + 2)
        records = [struct.unpack_from(">HHL", content, cmap + 4 + 8 * number) for number in range(count)]
        for start in (cmap + offset for _platform, _encoding, offset in records):
            if struct.unpack_from(">H", content, start)[0] == 12:
                (groups,) = struct.unpack_from(">L", content, start + 12)
                found = (struct.unpack_from(">LLL", content, start + 16 + 12 * number) for number in range(groups))
                return tuple(Span(first, last) for first, last, _glyph in found)
    except struct.error as error:
        raise Unreadable(str(error)) from error
    raise Unreadable(f"{path.name} has no table of Unicode's characters")


def _table(content: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", content, 4)
    for number in range(count):
        name, _checksum, offset, _length = struct.unpack_from(">4sLLL", content, 12 + 16 * number)
        if name == tag:
            return int(offset)
    raise Unreadable(f"there is no table {tag.decode()}")


def shown(text: str, fonts: Iterable[Path]) -> str:
    """The text with `INSTEAD` for each character that one of the fonts lacks; what cannot be seen at all goes."""
    known = [spans(path) for path in fonts]
    composed = unicodedata.normalize("NFC", text)
    return "".join(one if one == "\n" or _has(known, ord(one)) else _instead(one) for one in composed)


def _has(known: Iterable[tuple[Span, ...]], number: int) -> bool:
    return all((at := bisect_right(one, (number, LAST))) > 0 and number <= one[at - 1].last for one in known)


def _instead(one: str) -> str:
    kind = unicodedata.category(one)
    return " " if kind == "Cc" else "" if kind in UNSEEN else INSTEAD
