"""The interface for other programs; so far it answers one question: what is promised, until when, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sla.explain import explain
from sla.models import Deadline, PauseReason
from sla.present import is_over
from tickets.models import Ticket


class TicketDeadlines(APIView):
    """GET /api/v1/tickets/SR-2026-000123/deadlines/: every clock of a ticket with its sum, oldest first."""

    def get(self, request: Request, number: str) -> Response:
        """404 for a ticket that the signed-in person may not see."""
        now = timezone.now()
        seen = Ticket.objects.for_user(request.user)
        ticket = get_object_or_404(seen.only("number", "cycle", "timeline"), number=number)
        rows = (
            Deadline.objects.filter(timeline=ticket.timeline_id)
            .exclude(state=Deadline.State.WITHDRAWN)
            .select_related("commitment__calendar", "timeline__site")
        )
        reasons = dict(PauseReason.objects.values_list("code", "name"))
        clocks = [_clock(row, reasons, now) for row in rows]
        return Response({"ticket": ticket.number, "cycle": ticket.cycle, "now": now, "deadlines": clocks})


def _clock(row: Deadline, reasons: dict[str, str], now: datetime) -> dict[str, Any]:
    """One clock. Instants are ISO 8601, spans seconds; `state` is `over` when its due time passed unmet."""
    return {
        "code": row.code,
        "cycle": row.cycle,
        "turn": row.turn,
        "revision": row.revision,
        "state": "over" if is_over(row, now) else row.state,
        "started_at": row.started_at,
        "due_at": row.due_at,
        "stopped_at": row.stopped_at,
        "margin_seconds": None if row.margin_seconds is None else float(row.margin_seconds),
        "remaining_seconds": None if row.remaining_seconds is None else float(row.remaining_seconds),
        "is_disputed": row.is_disputed,
        "is_late_evidence": row.is_late_evidence,
        "why": explain(row, reasons=reasons).as_dict(),
    }
