"""The engine's own doors: is it alive, and "I take this on"."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from common import addresses
from people.access import needs, person
from sla import escalation, heartbeat
from sla.deadlines import Refused
from sla.models import Deadline


@require_safe
@never_cache
def engine_health(_request: HttpRequest) -> JsonResponse:
    """200 while sweeps commit; 503 when the last one is older than a minute. Open to any watcher."""
    status = heartbeat.status(timezone.now())
    body = {"ok": not status.stale, "age_seconds": status.age_seconds, "at": status.at}
    return JsonResponse(body, status=503 if status.stale else 200)


@require_POST
@needs("sla.acknowledge")
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the paging of one running clock in the signed-in person's name; back to where they were."""
    deadline = get_object_or_404(Deadline.objects.for_user(request.user), pk=pk)
    back = addresses.local(request.POST.get("next", ""))
    try:
        escalation.acknowledge(deadline, by=person(request), now=timezone.now())
    except Refused:
        messages.warning(request, _("This clock has already stopped; there is nothing to acknowledge."))
    return HttpResponseRedirect(back or deadline.timeline.link)
