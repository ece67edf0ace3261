"""Engineers on their way to hospitals: visits, who is booked for them, what was done there (A8)."""

from visits.models.checklists import Checklist
from visits.models.records import ServiceReport, Signature, VisitRecord
from visits.models.skills import Skill
from visits.models.visits import Crew, Visit

__all__ = ["Checklist", "Crew", "ServiceReport", "Signature", "Skill", "Visit", "VisitRecord"]
