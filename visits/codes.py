"""The code that hangs at a site: whoever scans it is there (A8)."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from people.models import Site

LENGTH = 20
"""Hexadecimal digits: 80 bits, which nobody guesses at a desk that counts tries."""


def code_of(site: Site) -> str:
    """The site's code: its key and a signature of it."""
    return f"{site.pk}-{_signature(site.pk)}"


def address_of(site: Site) -> str:
    """What the QR at the site says. The field app takes the code from its end; nothing stands at the address."""
    return f"{settings.SITE_URL}/q/s/{code_of(site)}/"


def is_of(text: str, site: Site) -> bool:
    """Whether `text`, a code or an address that ends in one, is that of `site`."""
    code = text.strip().rstrip("/").rpartition("/")[2]
    return constant_time_compare(code, code_of(site))


def _signature(key: int) -> str:
    return salted_hmac("visits.site", str(key), algorithm="sha256").hexdigest()[:LENGTH]
