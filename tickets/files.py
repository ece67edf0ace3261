"""Files of tickets and proofs of trainings, for whoever may see what they hang on (T040, T041)."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from attachments import storage
from attachments.models import Attachment
from tickets.models import TicketAttachment, Training


@require_safe
def file(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET /files/<key>/: a photo to look at, or with `?download` and for all other kinds a file to keep.

    404 for everybody who may not see it, also signed out: the address alone says nothing.
    """
    of_tickets = TicketAttachment.objects.for_user(request.user).filter(attachment__key=key).values("attachment")
    of_trainings = Training.objects.for_user(request.user).filter(proof__key=key).values("proof")
    found = Attachment.objects.filter(pk__in=of_tickets.union(of_trainings)).first()
    if found is None:
        raise Http404
    return storage.serve(found, inline="download" not in request.GET)
