"""What a name for a time zone, a phone number or a log-in may look like."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

PHONE_NOISE = str.maketrans("", "", " -()\u00a0\u3000")


def known_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(_("There is no such time zone; for example Asia/Shanghai.")) from error


def plain_phone(text: str) -> str:
    """A phone number without blanks, dashes and +86, so that each way to type it finds the person."""
    number = text.strip().translate(PHONE_NOISE)
    for prefix in ("+86", "0086"):
        number = number.removeprefix(prefix)
    return number


def login_name(text: str) -> str:
    """What a person typed to sign in, in the form in which it is stored: e-mail or phone."""
    text = text.strip()
    return text.lower() if "@" in text else plain_phone(text)
