"""The hotline's script came to its end: the fault stays, and parts are asked for in the same step (A7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from people.models import Role, User
from sla.evidence import NOW, Evidence
from spares.models import PartRequest
from spares.requests import Wanted
from spares.requests.asking import REASON
from tickets import script
from tickets.models import Ticket
from tickets.workflow.parts import ask_part


def end_script(
    ticket: Ticket,
    wanted: Sequence[Wanted],
    *,
    tried: Collection[int] = (),
    reason: str = "",
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Ask for parts as `ask_part` does; the depot reads `reason` and which steps of the script were tried in vain.

    What an operator asks for, or anybody who followed the script, comes from the hotline. Refused for a step that the
    script of the ticket's class does not have.
    """
    followed = script.of(ticket.fault_class, now)
    said = followed.answers(tried) if followed else ""
    origin = PartRequest.Origin.HOTLINE if said or by.role == Role.OPERATOR else PartRequest.Origin.TICKET
    words = "；".join(text for text in (reason.strip(), said) if text)
    words = words if len(words) <= REASON else f"{words[: REASON - 1]}…"
    return ask_part(ticket, wanted, reason=words, origin=origin, by=by, now=now, evidence=evidence)
