"""PDF papers are taken as they are, so anything in them that acts by itself is refused (T044)."""

from __future__ import annotations

import re
import zlib

MOST_UNPACKED = 64 * 1024 * 1024

# Long names only: three letters would turn up by chance in compressed data. A script needs
# `/S /JavaScript`, whatever opens it; an `/OpenAction` that only chooses the first page is harmless.
ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE|XFA\b|Encrypt\b"
    rb"|OpenAction\s*(?:<<|\d))"
)
HEX_IN_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"stream\r?\n")


def is_whole(content: bytes) -> bool:
    """Whether it begins as a PDF on its first byte and ends as one: nothing glued on (polyglots)."""
    return content.startswith((b"%PDF-1.", b"%PDF-2.")) and b"%%EOF" in content[-1024:]


def acts_by_itself(content: bytes) -> bool:
    """Whether the paper holds scripts, files or actions, or hides its objects from this look at it."""
    plain = _spelt_out(content)
    return bool(ACTIVE.search(plain)) or any(
        unpacked is None or ACTIVE.search(_spelt_out(unpacked)) for unpacked in _object_streams(content)
    )


def _spelt_out(content: bytes) -> bytes:
    """Names may be written `/J#61vaScript`."""
    return HEX_IN_NAME.sub(lambda match: bytes([int(match[1], 16)]), content)


def _object_streams(content: bytes) -> list[bytes | None]:
    """The unpacked streams that hold objects; `None` for one that cannot be looked into."""
    found: list[bytes | None] = []
    room = MOST_UNPACKED
    for match in STREAM.finditer(content):
        begin = content.rfind(b"obj", 0, match.start())
        about = _spelt_out(content[max(begin, 0) : match.start()])
        if b"/ObjStm" not in about:
            continue
        unpacked = _unpack(content[match.end() :], about, room)
        found.append(unpacked)
        room -= len(unpacked or b"")
    return found


def _unpack(packed: bytes, about: bytes, room: int) -> bytes | None:
    if b"/Filter" not in about:
        return packed[: packed.find(b"endstream")]
    filters = re.findall(rb"/(\w+Decode)", about)
    if filters != [b"FlateDecode"] or b"/Predictor" in about:
        return None
    try:
        stream = zlib.decompressobj()
        unpacked = stream.decompress(packed, room)
    except zlib.error:
        return None
    return unpacked if stream.eof else None
