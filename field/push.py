"""One act of a phone: done once, kept where it cannot be done, never dropped (docs/field.md, T100-T102)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from common.problems import Unprocessable
from common.wording import sentences
from field import deeds, edits, held, moments, refusals
from field.deeds import Deed
from field.models import Held
from field.moments import Moment
from people.models import Role, User
from sla.evidence import Evidence
from tickets import states
from tickets.models import Ticket
from visits.models import Visit, VisitRecord

Answer = tuple[int, dict[str, Any]]


def push(
    body: dict[str, Any], files: dict[str, UploadedFile], *, key: UUID, phone: UUID, by: User, now: datetime
) -> Answer:
    """Do the act of `body`: the status and the answer for the phone. In a transaction of the caller.

    Raises Http404 for a visit that was never the person's, `Unprocessable` with the sentence of a refusal.
    """
    visit, ticket = _find(body["visit"], by)
    moment = moments.judge(body["at"], body["offset_ms"], body["sent_at"], earliest=visit.created_at, now=now)
    evidence = Evidence(moment.at, str(phone), moment.offset_ms, key)
    deed = Deed(visit, ticket, body, files, evidence, by, now)
    with _sentences():
        reason = _lost(visit, by)
        if body["kind"] == "resolve":
            return _resolve(deed, moment, reason)
        if reason:
            deeds.keep(deed, reason)
        else:
            deeds.DEEDS[body["kind"]](deed)
        record = VisitRecord.objects.select_related("visit__hospital", "by").get(by=by, client_key=key)
        _remember(record, body, moment)
        if reason:
            held.hold(record, reason, body=_as_sent(body), by=by, now=now)
            return HTTPStatus.OK, _answer(deed, record, moment, reason)
        if body["kind"] == "edit" and not record.data["kept"]:
            return HTTPStatus.CONFLICT, _conflict(deed, record)
    return HTTPStatus.OK, _answer(deed, record, moment)


def _find(key: int, by: User) -> tuple[Visit, Ticket | None]:
    """A visit that is or was this person's, and its ticket, which is locked first: every verb begins with it."""
    rows = Visit.objects.filter(crew__engineer=by).distinct()
    visit = get_object_or_404(rows.select_related("site", "hospital", "timeline", "checklist"), pk=key)
    found = Ticket.objects.filter(visits__visit=visit).values_list("pk", flat=True).first()
    if found is None:
        return visit, None
    Ticket.objects.select_for_update(no_key=True).only("pk").get(pk=found)
    related = Ticket.objects.select_related("fault_class", "device__model", "hospital")
    return visit, related.defer("search").get(pk=found)


def _lost(visit: Visit, by: User) -> str:
    """Why an act of this person on the visit has to be kept back; empty where it is theirs to do."""
    if visit.state == Visit.State.CANCELLED:
        return str(Held.Reason.CANCELLED)
    if by.role != Role.ENGINEER:
        return ""
    standing = set(visit.crew.filter(released_at=None).values_list("engineer", flat=True))
    return str(Held.Reason.REASSIGNED) if standing and by.pk not in standing else ""


@contextmanager
def _sentences() -> Iterator[None]:
    """What a verb refuses is a 422 with its sentence."""
    try:
        with refusals.in_words():
            yield
    except states.Refused as refused:
        raise Unprocessable(refused.sentence) from refused


def _remember(record: VisitRecord, body: dict[str, Any], moment: Moment) -> None:
    """Keep with the line what the phone said of its time, where ours was written down or it was asked afterwards."""
    changed = []
    if moment.is_strange:
        record.data["flags"] = [*record.data.get("flags", []), "clock"]
        record.data["told"] = {"at": body["at"].isoformat(), "sent_at": body["sent_at"].isoformat()}
        changed.append("data")
    if body["afterwards"] and not record.is_late:
        record.is_late = True
        changed.append("is_late")
    if changed:
        record.save(update_fields=changed)


def _as_sent(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in body.items()}


def _answer(deed: Deed, record: VisitRecord, moment: Moment, reason: str = "") -> dict[str, Any]:
    flags = dict.fromkeys([*record.data.get("flags", []), *deed.flags, *([reason, "held"] if reason else [])])
    if record.is_late:
        flags = dict.fromkeys(["late", *flags])
    return {
        "key": str(record.client_key),
        "kind": deed.body["kind"],
        "visit": deed.visit.pk,
        "at": record.at,
        "recorded_at": record.recorded_at,
        "state": Visit.objects.values_list("state", flat=True).get(pk=deed.visit.pk),
        "flags": list(flags),
        "detail": sentences([text for text in (deed.detail, *_words(deed, moment, reason)) if text]),
    }


def _words(deed: Deed, moment: Moment, reason: str) -> Iterator[str]:
    """What is strange about an act, for the person who did it."""
    if reason == Held.Reason.CANCELLED:
        yield _("This visit was cancelled. All that you wrote is kept, and a lead was asked to look.")
    elif reason:
        names = list(
            deed.visit.crew.filter(released_at=None).order_by("-is_lead").values_list("engineer__name", flat=True)
        )
        text = _("This visit is %(name)s's now. All that you wrote is kept, and a lead was asked to look.")
        yield text % {"name": names[0]}
    if moment.is_ours:
        yield _("The clock of the phone cannot be right; our time was written down.")
    elif abs(moment.offset_ms) >= moments.MOVED.total_seconds() * 1000:
        minutes = round(abs(moment.offset_ms) / 60_000)
        ahead = _("The clock of the phone is %(minutes)d min fast; it was counted by ours.")
        behind = _("The clock of the phone is %(minutes)d min slow; it was counted by ours.")
        yield (ahead if moment.offset_ms > 0 else behind) % {"minutes": minutes}
    if "out_of_range" in deed.flags:
        yield _("Out of range: take a photo and write a sentence.")


# Conflicts


def _conflict(deed: Deed, record: VisitRecord) -> dict[str, Any]:
    leads = held.leads(deed.visit, deed.now)
    return {
        "detail": _("Somebody else changed this meanwhile. Choose one; until then nothing is lost."),
        "conflict": edits.conflict(deed.needs_ticket(), record, deed.now),
        "lead": leads[0].name if leads else "",
    }


def _resolve(deed: Deed, moment: Moment, reason: str) -> Answer:
    """The choice between two versions of a field. What was shown as theirs has to be what stands.

    Somebody who has lost the visit meanwhile (`reason`) changes nothing any more: the lead chooses.
    """
    body, ticket = deed.body, deed.needs_ticket()
    rows = VisitRecord.objects.select_related("visit__hospital", "by").filter(visit=deed.visit, by=deed.by)
    record = rows.filter(kind=VisitRecord.Kind.EDIT, client_key=body["edit"]).first()
    if record is None or "kept" not in record.data:
        raise Http404
    if record.data["kept"] or hasattr(record, "held"):
        raise states.Refused(_("Somebody has decided about this already."))
    choice = body["choice"]
    if choice == "lead" or (reason and choice == edits.MINE):
        why = reason or Held.Reason.CONFLICT
        held.hold(record, why, body={"kind": "edit", **record.data}, by=deed.by, now=deed.now)
        return HTTPStatus.OK, _resolved(deed, [reason, "held"] if reason else ["held"], _words(deed, moment, reason))
    if choice == edits.MINE:
        if not edits.same(edits.field(record.data["field"]).value(ticket), body["seen"]):
            return HTTPStatus.CONFLICT, _conflict(deed, record)
        edits.settle(ticket, record, by=deed.by, now=deed.now)
    record.data["kept"] = choice
    record.save(update_fields=["data"])
    return HTTPStatus.OK, _resolved(deed, [])


def _resolved(deed: Deed, flags: list[str], words: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "key": str(deed.evidence.client_key),
        "kind": "resolve",
        "visit": deed.visit.pk,
        "at": deed.evidence.happened(deed.now),
        "recorded_at": deed.now,
        "state": deed.visit.state,
        "flags": flags,
        "detail": sentences(words),
    }
