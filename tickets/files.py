"""Files of tickets, for whoever may see the line of the story that they hang on (T040, T041)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from attachments import storage
from tickets.models import TicketAttachment


@require_safe
def file(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET /files/<key>/: a photo to look at, or with `?download` and for all other kinds a file to keep.

    404 for everybody who may not see it, also signed out: the address alone says nothing.
    """
    links = TicketAttachment.objects.for_user(request.user).select_related("attachment")
    link = get_object_or_404(links, attachment__key=key)
    return storage.serve(link.attachment, inline="download" not in request.GET)
