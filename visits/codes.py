"""The code that hangs at a site: whoever scans it is there (A8). `visits.papers` prints it."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from people.models import Site

LENGTH = 20
"""Hexadecimal digits: 80 bits, which nobody guesses at a desk that counts tries."""
LONGEST_KEY = 10
"""Digits of a site's key that are looked at."""


def code_of(site: Site) -> str:
    """The site's code: its key and a signature of it."""
    return f"{site.pk}-{_signature(site.pk)}"


def address_of(site: Site) -> str:
    """What the QR at the site says. The field app takes the code from its end; a passer-by's camera opens the address,
    where words stand (`tickets.views.scanning`).
    """
    return f"{settings.SITE_URL}/q/s/{code_of(site)}/"


def is_of(text: str, site: Site) -> bool:
    """Whether `text`, a code or an address that ends in one, is that of `site`."""
    code = text.strip().rstrip("/").rpartition("/")[2]
    return constant_time_compare(code, code_of(site))


def find(code: str) -> Site | None:
    """The site with this code. A wrong one is looked up nowhere: it tells neither whether there is such a site."""
    key = code.partition("-")[0]
    if not (key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY):
        return None
    if not constant_time_compare(code, f"{int(key)}-{_signature(int(key))}"):
        return None
    return Site.objects.filter(pk=int(key)).select_related("hospital").first()


def _signature(key: int) -> str:
    return salted_hmac("visits.site", str(key), algorithm="sha256").hexdigest()[:LENGTH]
