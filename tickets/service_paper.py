"""A service report as a paper (A8): the frozen facts in the words of one language, with both signatures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from attachments import storage
from attachments.models import Attachment
from common import paper, wording
from sla.models import Deadline
from tickets.service_report import Content
from visits.models import ServiceReport, Visit
from warranty.wording import OUTCOMES

State = Deadline.State


def name(report: ServiceReport) -> str:
    """What the file is called."""
    return f"{report.content['number']}-{report.visit_id}-{report.language.partition('-')[0]}.pdf"


def address(report: ServiceReport) -> str:
    """The page on which the paper can be compared with what is on record."""
    return f"{settings.SITE_URL}/reports/{report.check_code}/"


def make(report: ServiceReport) -> bytes:
    """The paper (PDF/A) of a frozen report; the same rows give the same bytes. Raises `paper.Faulty`."""
    signature = getattr(report.visit, "signature", None)
    pictures = {
        "customer": _picture(signature.image if signature else None),
        "engineer": _picture(signature.engineer_image if signature else None),
    }
    zone = ZoneInfo(report.content["timezone"])
    with translation.override(report.language), timezone.override(zone):
        data = _data(report, report.content, pictures)
    return paper.pdf("service_report.typ", data, report.frozen_at.astimezone(UTC))


def _picture(file: Attachment | None) -> list[int]:
    """The bytes of a signature as numbers, which is how a template takes them."""
    return list(storage.full_path(file.path).read_bytes()) if file else []


def _data(report: ServiceReport, said: Content, pictures: dict[str, list[int]]) -> dict[str, Any]:
    return {
        "lang": report.language.partition("-")[0],
        "title": _("Service report"),
        "product": _("Service Desk"),
        "number": said["number"],
        "code": [_("Check code"), report.check_code],
        "check": _("Compare this paper with the record: %(address)s") % {"address": address(report)},
        "qr": segno.make(address(report), error="m", micro=False).svg_inline(scale=4, border=0),
        "address": address(report),
        "about": _pairs(_about(said)),
        "times": _pairs(_times(said)),
        "texts": [[label, text] for label, text in _texts(said) if text],
        "tables": [table for table in (_readings(said), _parts(said), _promises(said)) if table["rows"]],
        "signatures": _signatures(said, pictures),
        "frozen": _("Frozen %(time)s. Nothing on it was changed afterwards.") % {"time": _moment(report.frozen_at)},
        "hotline": settings.HOTLINE_NUMBER,
    }


def _pairs(rows: dict[str, str]) -> list[list[str]]:
    return [[label, value] for label, value in rows.items() if value]


def _moment(at: datetime | str | None) -> str:
    """`2026-11-22 14:05`; empty for what did not happen."""
    if not at:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _about(said: Content) -> dict[str, str]:
    device = said["device"] or {}
    return {
        _("Matter"): f"{said['number']} · {said['title']}",
        _("Hospital"): said["hospital"],
        _("Site"): _joined(said["site"], said["place"]),
        _("Device"): _joined(device.get("name", ""), device.get("model", ""), device.get("serial", "")),
        _("Reported by"): _joined(said["contact"], _moment(said["reported_at"])),
        _("Engineer"): wording.listed(said["engineers"]),
        _("Who pays"): str(OUTCOMES[said["who_pays"]]) if said["who_pays"] else "",
    }


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _times(said: Content) -> dict[str, str]:
    check_in = str(Visit.CheckIn(said["check_in"]).label) if said["check_in"] else ""
    arrived = _moment(said["arrived_at"])
    return {
        _("Departed"): _moment(said["departed_at"]),
        _("Arrived"): _joined(arrived, check_in) if arrived else "",
        _("Work began"): _moment(said["started_at"]),
        _("Work ended"): _moment(said["finished_at"]),
        _("Outcome"): str(Visit.Outcome(said["outcome"]).label) if said["outcome"] else "",
    }


def _texts(said: Content) -> Iterable[tuple[str, str]]:
    yield _("What was found"), said["found"]
    yield _("What was done"), said["done"]
    yield _("Remarks"), "\n".join(said["notes"])


def _table(
    title: str, head: list[str], rows: list[list[str]], shares: tuple[int, ...], bad: list[bool]
) -> dict[str, Any]:
    """A table: `shares` of the room for each column, 0 for one as wide as its words; `bad`: rows that end so."""
    return {"title": title, "head": head, "rows": rows, "shares": shares, "bad": bad}


def _readings(said: Content) -> dict[str, Any]:
    words = {True: _("in order"), False: _("not in order"), None: "–"}
    rows = [
        [one["name"], f"{_value(one['value'])} {one['unit']}".strip(), one["remark"], words[one["ok"]]]
        for one in said["readings"]
    ]
    head = [_("Check"), _("Reading"), _("Remark"), _("Result")]
    return _table(_("Checks and readings"), head, rows, (4, 2, 4, 0), [one["ok"] is False for one in said["readings"]])


def _value(value: str) -> str:
    """A ticked check says nothing but its verdict, which stands beside it."""
    return {"ok": "", "bad": "", "na": _("does not apply")}.get(value, value)


def _parts(said: Content) -> dict[str, Any]:
    rows = [[one["part"], str(one["quantity"]), one["serial_in"], one["serial_out"]] for one in said["parts"]]
    head = [_("Part"), _("Quantity"), _("Serial in"), _("Serial out")]
    return _table(_("Parts changed"), head, rows, (4, 0, 3, 3), [False] * len(rows))


def _promises(said: Content) -> dict[str, Any]:
    rows = [
        [one["name"], one["clause"], _moment(one["due_at"]), _moment(one["stopped_at"]), _margin(one)]
        for one in said["promises"]
    ]
    head = [_("Promise"), _("Clause"), _("Promised"), _("Actual"), _("Margin")]
    late = [one["state"] == State.MISSED for one in said["promises"]]
    return _table(_("Times against what we promised"), head, rows, (1, 0, 0, 0, 0), late)


def _margin(promise: Content) -> str:
    if promise["margin_seconds"] is None:
        return str(State(promise["state"]).label)
    return wording.margin(promise["margin_seconds"])


def _signatures(said: Content, pictures: dict[str, list[int]]) -> list[dict[str, Any]]:
    """The hospital's signature or why there is none, and the engineer's."""
    signed = said["signature"]
    if signed is None:
        return []
    verdict = _("Solved") if signed["solved"] else _("Not solved")
    stars = _("Satisfaction %(stars)s of 5") % {"stars": signed["satisfaction"]} if signed["satisfaction"] else ""
    who = _joined(signed["name"], signed["department"])
    refusal = _("Not signed: %(why)s") % {"why": signed["refusal"]} if signed["refusal"] else ""
    return [
        {
            "title": _("For the hospital"),
            "picture": pictures["customer"],
            "lines": [line for line in (who, refusal, _moment(signed["at"]), _joined(verdict, stars)) if line],
        },
        {
            "title": _("Engineer"),
            "picture": pictures["engineer"],
            "lines": [signed.get("engineer") or wording.listed(said["engineers"][:1]), _moment(signed["at"])],
        },
    ]
