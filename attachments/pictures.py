"""Photos are drawn anew: only pixels survive, no place data (T049) and nothing hidden behind them (T044)."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from django.conf import settings
from PIL import Image, ImageOps

# What Pillow's decoders raise on damaged or hostile files.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
QUALITY = 88


class Damaged(Exception):
    """The picture cannot be decoded."""


class TooLarge(Exception):
    """The picture has more pixels than settings.ATTACHMENT_MAX_PIXELS allows; nothing was decoded."""


def redraw(content: bytes, form: str) -> bytes:
    """The picture in `form` (JPEG, PNG, WEBP) again as the same form, upright, without any metadata.

    Sides are at most settings.ATTACHMENT_MAX_SIDE pixels. Raises Damaged or TooLarge.
    """
    try:
        with Image.open(BytesIO(content), formats=[form]) as picture:
            if picture.width * picture.height > settings.ATTACHMENT_MAX_PIXELS[form]:
                raise TooLarge
            return _encode(_pixels(picture, form), form)
    except DAMAGE as error:
        raise Damaged(str(error)) from error


def _pixels(picture: Image.Image, form: str) -> Image.Image:
    """The decoded first frame in a colour mode that `form` can hold."""
    side = (settings.ATTACHMENT_MAX_SIDE, settings.ATTACHMENT_MAX_SIDE)
    # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, so a camera's 60 megapixels cost little memory.
    picture.draft("RGB", side)
    upright = ImageOps.exif_transpose(picture)
    has_alpha = form != "JPEG" and ("A" in upright.getbands() or "transparency" in upright.info)
    mode = "RGBA" if has_alpha else "L" if upright.mode in {"1", "L"} else "RGB"
    drawn = upright.convert(mode)
    drawn.thumbnail(side)
    # Encoders copy comments, profiles and XMP packets from here when they find them.
    drawn.info = {}
    return drawn


def _encode(picture: Image.Image, form: str) -> bytes:
    out = BytesIO()
    options = {} if form == "PNG" else {"quality": QUALITY}
    picture.save(out, format=form, **options)
    return out.getvalue()
