"""Serial numbers as people copy them from a label."""

from __future__ import annotations

import unicodedata


def tidy(serial: str) -> str:
    """As it is kept: full-width letters made plain, no blanks around or doubled inside; its case stays."""
    return " ".join(unicodedata.normalize("NFKC", serial).replace("\x00", "").split())
