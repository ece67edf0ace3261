"""Who at a hospital was trained in what (A3, A9): recorded with its proof, shown, and deciding nothing."""

from __future__ import annotations

from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attachments import storage
from people.models import Hospital, User
from tickets.models import Training
from tickets.states import Refused


def record(
    *,
    hospital: Hospital,
    person: User | None,
    attendee: str = "",
    topic: str,
    held_on: date,
    trainer: str,
    proof: UploadedFile | None = None,
    by: User,
    now: datetime,
) -> Training:
    """Keep a training that was held. `Refused` for one that lies ahead, names nobody, or somebody of elsewhere."""
    if held_on > timezone.localtime(now).date():
        raise Refused(_("A training is recorded once it was held."))
    if person is None and not attendee.strip():
        raise Refused(_("Say who was trained."))
    if person is not None and person.hospital_id != hospital.pk:
        raise Refused(_("This person belongs to another hospital."))
    with transaction.atomic():
        kept = storage.accept(proof, hospital=hospital, by=by, now=now) if proof else None
        return Training.objects.create(
            hospital=hospital,
            person=person,
            attendee="" if person else attendee.strip(),
            topic=topic,
            held_on=held_on,
            trainer=trainer,
            proof=kept,
            recorded_by=by,
            recorded_at=now,
        )
