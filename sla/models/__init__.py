"""Promises as rows."""

from sla.models.calendars import Calendar, CalendarDraft, CalendarVersion, NationalDay, NationalYear
from sla.models.critical import CriticalPeriod
from sla.models.paging import EngineEvent, Heartbeat, Page
from sla.models.policy import Commitment, Edition, EscalationStep, Ladder, PauseReason, Policy, PolicyAssignment
from sla.models.timeline import Deadline, Fact, Timeline

__all__ = [
    "Calendar",
    "CalendarDraft",
    "CalendarVersion",
    "Commitment",
    "CriticalPeriod",
    "Deadline",
    "Edition",
    "EngineEvent",
    "EscalationStep",
    "Fact",
    "Heartbeat",
    "Ladder",
    "NationalDay",
    "NationalYear",
    "Page",
    "PauseReason",
    "Policy",
    "PolicyAssignment",
    "Timeline",
]
