"""The sheet with the code of a site, to hang where engineers come in (A8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import segno
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.trail import note
from common import paper
from people.models import Site, User
from visits import codes


def check_in_codes(sites: Sequence[Site], *, by: User, now: datetime, address: str | None = None) -> bytes:
    """A sheet (A4) for each of these sites of one hospital, as a PDF. Who printed them is on record."""
    note("visits.codes_printed", sites[0].hospital, by=by, now=now, address=address, sites=[site.pk for site in sites])
    data = {
        "lang": (get_language() or "zh").partition("-")[0],
        "product": _("Service Desk"),
        "title": _("Check-in code"),
        "ask": _("Engineers scan this when they arrive"),
        "how": _("In the app, tap Check in. If it finds no position, scan this code. No signal is needed."),
        "keep": _("Whoever has this code counts as being here. Hang it indoors, and pass on no picture of it."),
        "fault": _("To report a fault, call day and night"),
        "hotline": settings.HOTLINE_NUMBER,
        "sites": [_sheet(site) for site in sites],
    }
    return paper.pdf("site_codes.typ", data, now)


def _sheet(site: Site) -> dict[str, str]:
    leads_to = codes.address_of(site)
    code = segno.make(leads_to, error="m", micro=False).svg_inline(scale=4, border=0)
    return {"hospital": site.hospital.name, "site": site.name, "address": leads_to, "code": code}
