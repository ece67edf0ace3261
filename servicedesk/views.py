"""The parts of a page's frame that ask for themselves again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from devices import exporting
from people.access import needs
from people.views.demo import only_in_demo
from servicedesk.demo import workbook


@only_in_demo
@require_safe
@needs("devices.import")
def sample_list(_request: HttpRequest) -> HttpResponse:
    """The demo's list of 300 devices, to try an import with."""
    return exporting.answer(workbook.content(), "xlsx", "devices-300")


@require_safe
@never_cache
@needs("console")
def heartbeat(request: HttpRequest) -> HttpResponse:
    """The engine's heartbeat box and, out of band, the red alarm; `?wall=1` for the wall's form."""
    name = "wall_heartbeat" if request.GET.get("wall") else "heartbeat_answer"
    return render(request, f"components/{name}.html")
