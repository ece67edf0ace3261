"""Contracts in a few words: shipped drafts for a hospital, activated."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from people.models import Hospital
from sla import defaults as promises
from sla.models import Policy
from tests.factories import ManagerFactory, SiteFactory
from warranty import contracts, defaults
from warranty.models import Contract, CoverageTerm

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = date(2026, 4, 15)
NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
TODAY = date(2026, 5, 4)


def load() -> None:
    """The shipped policies, calendars and rules."""
    if not Policy.objects.exists():
        promises.load()
    if not CoverageTerm.objects.exists():
        defaults.load()


def signed(code: str = "his", hospital: Hospital | None = None, **about: Any) -> Contract:
    """A contract in force from Wed 2026-04-15 for a year, as the template of `code` says."""
    load()
    hospital = hospital or SiteFactory().hospital
    number = f"HT-{Contract.objects.count() + 1:03}"
    fields: dict[str, Any] = {"phase": "paid", "starts_on": START, "years": 1, "is_first": True, "number": number}
    contract = defaults.draft(code, hospital=hospital, **{**fields, **about})
    return contracts.activate(contract, by=ManagerFactory(), now=NOW)


def paper() -> SimpleUploadedFile:
    """A signed sheet as a photo."""
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return SimpleUploadedFile("sheet.png", buffer.getvalue(), content_type="image/png")
