"""The customer's word at the end of a visit (A8). What is signed stands: it is never edited."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from attachments.models import Attachment
from people.models import User
from sla.evidence import NOW, Evidence
from visits.models import Signature, Visit, VisitRecord
from visits.states import Refused, check
from visits.writing import line, locked, said_before


@transaction.atomic
def sign(
    visit: Visit,
    *,
    is_solved: bool,
    name: str = "",
    department: str = "",
    satisfaction: int | None = None,
    image: Attachment | None = None,
    engineer_image: Attachment | None = None,
    refusal: str = "",
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> Signature:
    """Write down the signature, or why there is none (`refusal`). `satisfaction`: 1 to 5.

    Raises `Refused`: nobody has arrived, signed already, neither a signature with a name nor a reason. The same
    `client_key` counts once.
    """
    row = locked(visit)
    standing = Signature.objects.filter(visit=row).first()
    if standing is not None:
        if said_before(row, by, evidence):
            return standing
        raise Refused(_("This visit has been signed by %(name)s already.") % {"name": standing.name or "—"})
    if not evidence.is_told:
        check(row.state, "sign")
    name, refusal = name.strip(), refusal.strip()
    if not refusal and (image is None or not name):
        raise Refused(_("A signature needs the name of the person, and none needs the reason."))
    if satisfaction is not None and satisfaction not in range(1, 6):
        raise Refused(_("Satisfaction goes from 1 to 5."))
    signature = Signature.objects.create(
        visit=row,
        is_solved=is_solved,
        satisfaction=satisfaction,
        name=name[:60],
        department=department.strip()[:80],
        image=image,
        engineer_image=engineer_image,
        refusal=refusal[:200],
        signed_at=evidence.happened(now),
    )
    line(
        row,
        VisitRecord.Kind.SIGNATURE,
        by=by,
        now=now,
        evidence=evidence,
        is_public=True,
        is_solved=is_solved,
        name=name,
        refusal=refusal,
    )
    return signature
