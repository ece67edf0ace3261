"""Pages of what is owed: the proof of a duty that was done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from attachments import storage
from people.access import needs
from warranty.models import DutyEntry


@needs("contracts.see")
@require_GET
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper that shows that it was done, for the company and for the hospital that it was done for."""
    entries = DutyEntry.objects.for_user(request.user).select_related("proof")
    entry = get_object_or_404(entries, pk=pk, proof__isnull=False)
    assert entry.proof is not None
    return storage.serve(entry.proof, inline="download" not in request.GET)
