"""The parts of a page's frame that ask for themselves again, and the metrics."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from people.access import needs
from servicedesk.exposition import exposition, may_scrape


@require_safe
@never_cache
@needs("console")
def heartbeat(request: HttpRequest) -> HttpResponse:
    """The engine's heartbeat box and, out of band, the red alarm; `?wall=1` for the wall's form."""
    name = "wall_heartbeat" if request.GET.get("wall") else "heartbeat_answer"
    return render(request, f"components/{name}.html")


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, from where `METRICS_ALLOW` says; for everybody else there is no such page."""
    if not may_scrape(request):
        raise Http404
    return HttpResponse(exposition(timezone.now()), content_type=CONTENT_TYPE_LATEST)
