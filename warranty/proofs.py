"""The paper behind a warranty comes in, through the one door for files (A4)."""

from __future__ import annotations

from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from attachments import storage
from audit import trail
from devices.models import Device
from people.models import User
from warranty.models import WarrantyProof
from warranty.refusal import Refused


def attach(
    device: Device, *, kind: str, paper: UploadedFile, until: date | None, by: User | None, now: datetime
) -> WarrantyProof:
    """Keep a device's acceptance protocol, or its maker's paper with the last day of a longer term.

    A maker's paper without that day, or a protocol with one, is Refused; a file that is not taken raises
    `storage.Refused`.
    """
    if (kind == WarrantyProof.Kind.MAKER) != (until is not None):
        raise Refused(_("The maker's warranty names its last day; an acceptance protocol has none."))
    with transaction.atomic():
        proof = WarrantyProof.objects.create(
            hospital_id=device.hospital_id,
            device=device,
            kind=kind,
            until=until,
            paper=storage.accept(paper, hospital=device.hospital, by=by, now=now),
            added_by=by,
            added_at=now,
        )
        trail.note("warranty.proof_attached", device, by=by, now=now, id=device.pk, kind=kind, until=str(until or ""))
    return proof
