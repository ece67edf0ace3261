"""Which characters a font can show, and what stands for those that it cannot."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from common.later import Later

if TYPE_CHECKING:
    from fontTools import ttLib
else:
    ttLib = Later("fontTools.ttLib")  # noqa: N816 - the package's own name

INSTEAD = "□"
"""What Chinese print puts where a character cannot be set."""
# Unlike a picture or a letter, these leave nothing on the paper: a shaper passes over them.
UNSEEN = frozenset({"Cf", "Mn", "Me"})


class Unreadable(ValueError):
    """The file is no font with a table of Unicode's characters."""


@cache
def known(*fonts: Path) -> frozenset[int]:
    """The numbers of the characters that every one of the fonts has. Raises `Unreadable`."""
    return frozenset.intersection(*(_of(path) for path in fonts))


def _of(path: Path) -> frozenset[int]:
    try:
        with ttLib.TTFont(path, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except ttLib.TTLibError as error:
        raise Unreadable(str(error)) from error


def shown(text: str, fonts: Iterable[Path]) -> str:
    """The text with `INSTEAD` for each character that one of the fonts lacks; what cannot be seen at all goes."""
    there, composed = known(*fonts), unicodedata.normalize("NFC", text)
    return "".join(one if one == "\n" or ord(one) in there else _instead(one) for one in composed)


def _instead(one: str) -> str:
    kind = unicodedata.category(one)
    return " " if kind == "Cc" else "" if kind in UNSEEN else INSTEAD
