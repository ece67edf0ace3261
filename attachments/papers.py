"""PDF papers are taken as they are, so anything in them that acts by itself is refused (T044)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes that all streams of a paper together may unpack to; a scan of ten A4 pages has less."""

PIECE = 64 * 1024
LONGEST_NAME = 64

# Long names only: three letters would turn up by chance in packed data. A script needs
# `/S /JavaScript`, whatever opens it; most papers have an `/OpenAction` that only chooses the first page.
ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE|XFA\b|Encrypt\b"
    rb"|OpenAction\s*<<[^>]*/URI\b)"
)
HEX_IN_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")


def is_whole(content: bytes) -> bool:
    """Whether it begins as a PDF on its first byte and ends as one: nothing glued on (polyglots)."""
    return content.startswith((b"%PDF-1.", b"%PDF-2.")) and b"%%EOF" in content[-1024:]


def acts_by_itself(content: bytes) -> bool:
    """Whether the paper holds scripts, files or actions, or hides its objects from this look at it."""
    if ACTIVE.search(_spelt_out(content)) or _hides_objects(content):
        return True
    unpacked, tail = 0, b""
    for piece in _unpacked(content):
        unpacked += len(piece)
        # Names on the seam of two pieces are whole in the second look.
        seen = _spelt_out(tail + piece)
        if unpacked > MOST_UNPACKED or ACTIVE.search(seen):
            return True
        tail = piece[-LONGEST_NAME:]
    return False


def _spelt_out(content: bytes) -> bytes:
    """Names may be written `/J#61vaScript`."""
    return HEX_IN_NAME.sub(lambda match: bytes([int(match[1], 16)]), content)


def _hides_objects(content: bytes) -> bool:
    """Whether a stream of objects (PDF 1.5) is packed in a way that `_unpacked` does not read."""
    for match in STREAM.finditer(content):
        about = _spelt_out(content[content.rfind(b"endstream", 0, match.start()) + 1 : match.start()])
        if b"/ObjStm" not in about:
            continue
        filters = re.findall(rb"/(\w+Decode|Crypt)\b", about)
        if b"/Predictor" in about or (b"/Filter" in about and filters != [b"FlateDecode"]):
            return True
    return False


def _unpacked(content: bytes) -> Iterator[bytes]:
    """What lies packed in the paper, in pieces: objects, pages, pictures, all that inflates."""
    view = memoryview(content)
    for match in STREAM.finditer(content):
        stream = zlib.decompressobj()
        for at in range(match.end(), len(content), PIECE):
            packed: bytes | memoryview = view[at : at + PIECE]
            try:
                while packed and not stream.eof:
                    yield stream.decompress(packed, 16 * PIECE)
                    packed = stream.unconsumed_tail
            except zlib.error:
                break
            if stream.eof:
                break
