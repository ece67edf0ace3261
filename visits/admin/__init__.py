"""Set-up of visits."""

from visits.admin import checklists

__all__ = ["checklists"]
