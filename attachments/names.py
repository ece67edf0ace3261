"""The name under which a file is shown. It is never a path: files are stored under generated names."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
FALLBACK = "file"


def shown(name: str) -> str:
    """`name` as it may be shown and sent in a header: one line, no folders, no invisible characters.

    Removed are folders of either kind of slash, control characters, and the marks that turn or hide
    text (RTL override, zero-width); dots and blanks at the ends too. At most 120 characters, and a
    cut keeps the extension.
    """
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(
        " " if mark.isspace() else mark for mark in unicodedata.normalize("NFC", last) if _is_visible(mark)
    )
    stem, dot, extension = visible.strip(" .").rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem, extension = stem.strip(" ."), extension.strip()[:12]
    end = f".{extension}" if extension else ""
    return (stem[: LONGEST - len(end)].strip(" .") or FALLBACK) + end


def extension(name: str) -> str:
    """The last extension of a shown name in small letters, without the dot; empty without one."""
    _stem, dot, last = name.rpartition(".")
    return last.casefold() if dot else ""


def _is_visible(mark: str) -> bool:
    """Whether a character shows: Cc and Cf hold controls, bidi marks and zero-width ones; Cs, Co, Cn nothing."""
    return mark.isspace() or not unicodedata.category(mark).startswith("C")
