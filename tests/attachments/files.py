"""Files as people send them, harmless and hostile."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

GPS_LATITUDE = (31.0, 28.0, 5.0)
SCRIPT = b"<html><script>alert(document.domain)</script></html>"


def upload(name: str, content: bytes, content_type: str = "application/octet-stream") -> SimpleUploadedFile:
    """A file in a form; what the browser says about its type is worth nothing."""
    return SimpleUploadedFile(name, content, content_type)


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A picture with some colour in it."""
    out = BytesIO()
    gradient = Image.radial_gradient("L").resize(size)
    Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180))).convert(mode).save(out, form, **options)
    return out.getvalue()


def photo_with_place() -> bytes:
    """A phone's photo: lies on its side, knows where it was taken, carries a comment and a profile."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "<script>alert(1)</script>"
    exif.get_ifd(0x8825).update({1: "N", 2: GPS_LATITUDE, 3: "E", 4: (104.0, 40.0, 0.0)})
    return picture(exif=exif, comment=SCRIPT, icc_profile=b"profile" + SCRIPT, xmp=b"xmp" + SCRIPT)


def pdf(body: bytes = b"", end: bytes = b"%%EOF\n") -> bytes:
    """A small paper with `body` among its objects."""
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /FitH null] >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\n" + body + b"\ntrailer\n"
        b"<< /Root 1 0 R >>\nstartxref\n0\n" + end
    )


def packed_objects(inside: bytes, about: bytes = b"/Filter /FlateDecode") -> bytes:
    """Objects inside a compressed stream, as PDF 1.5 allows."""
    packed = zlib.compress(inside)
    return b"7 0 obj\n<< /Type /ObjStm /N 1 /First 4 " + about + b" >>\nstream\n" + packed + b"\nendstream\nendobj"


def box(name: bytes, content: bytes = b"") -> bytes:
    """One box of a video."""
    return (len(content) + 8).to_bytes(4, "big") + name + content


def video(*more: bytes) -> bytes:
    """A video's skeleton."""
    return box(b"ftyp", b"mp42\x00\x00\x00\x00isom") + box(b"moov") + box(b"mdat", b"\x00" * 64) + b"".join(more)
