"""Set-up of visits."""

from visits.admin import checklists, skills

__all__ = ["checklists", "skills"]
