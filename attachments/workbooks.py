"""Workbooks (.xlsx) are archives of XML: looked through for what bursts, acts or leads elsewhere (T045, T046, T051)."""

from __future__ import annotations

import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

MOST_PARTS = 2000
MOST_UNPACKED = 200 * 1024 * 1024
"""Bytes that all parts together may unpack to; 20,000 rows of twelve columns have 20 MB."""
MOST_RATIO = 200
"""Unpacked bytes for each packed one; a list of devices packs to a tenth, a bomb to a thousandth."""
PIECE = 1024 * 1024
MUST = frozenset({"[Content_Types].xml", "xl/workbook.xml"})
# Macros, embedded objects, and lists of other files that would be asked for.
ACTIVE = ("vbaproject", "xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/connections.xml", "xl/querytables/")
DAMAGE = (BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, KeyError)


class Damaged(Exception):
    """The archive cannot be read as a workbook."""


class TooLarge(Exception):
    """It unpacks to more than a list of devices has."""


class Active(Exception):
    """It holds macros, other files or links to such."""


def look_through(content: bytes) -> None:
    """Unpack every part once, in pieces, and keep none. Raises Damaged, TooLarge or Active."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if MUST - {part.filename for part in parts}:
                raise Damaged("not a workbook")
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise TooLarge
            for part in parts:
                _look_at(archive, part)
    except DAMAGE as error:
        raise Damaged(str(error)) from error


def _look_at(archive: ZipFile, part: ZipInfo) -> None:
    name = part.filename.replace("\\", "/").casefold()
    if ".." in name.split("/") or name.startswith("/") or _is_link(part) or any(sign in name for sign in ACTIVE):
        raise Active
    if part.file_size > PIECE and part.file_size > MOST_RATIO * max(part.compress_size, 1):
        raise TooLarge
    with archive.open(part) as stream:
        # A document type would stand before the root element; entities are only declared in one. The
        # rest is read for its checksum: a part that says less of its size than it has ends here.
        if _has_doctype(stream.read(PIECE)):
            raise Active
        while stream.read(PIECE):
            pass


def _is_link(part: ZipInfo) -> bool:
    return (part.external_attr >> 16) & 0o170000 == 0o120000


def _has_doctype(beginning: bytes) -> bool:
    """Also written in two bytes a letter."""
    return b"<!doctype" in beginning.replace(b"\0", b"").lower()
