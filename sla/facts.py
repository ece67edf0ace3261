"""The kinds of fact that can start, pause or stop a promise. Pure: no Django models here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What happened. A `Commitment` names the kinds that start and stop it; the engine knows no others."""

    NOTIFIED = "notified", _("Fault notified")
    RECEIPT = "receipt", _("Automatic receipt sent")
    RESPONDED = "responded", _("First substantive answer")
    UPDATED = "updated", _("Update the hospital can see")
    REMOTE_FAILED = "remote_failed", _("Remote repair declared failed")
    DEPARTED = "departed", _("Engineer departed")
    ARRIVED = "arrived", _("Engineer arrived on site")
    PART_NEEDED = "part_needed", _("Spare part requested")
    PART_SHIPPED = "part_shipped", _("Spare part handed to the carrier")
    PART_DELIVERED = "part_delivered", _("Spare part signed for at the site")
    PART_CANCELLED = "part_cancelled", _("Spare part request withdrawn")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Withdrawn")
    REOPENED = "reopened", _("Reopened")
    COMPLAINED = "complained", _("Complaint received")
    COMPLAINT_ANSWERED = "complaint_answered", _("Complaint answered")

    PAUSED = "paused", _("Clocks paused")
    RESUMED = "resumed", _("Clocks resumed")
    TERMS_CHANGED = "terms_changed", _("Terms changed")
    CALENDAR_CHANGED = "calendar_changed", _("Calendar changed")
    RETARGETED = "retargeted", _("Target set by a manager")
    ACKNOWLEDGED = "acknowledged", _("Page acknowledged")
    EVIDENCE_CONFIRMED = "evidence_confirmed", _("Late evidence confirmed")
    EVIDENCE_REJECTED = "evidence_rejected", _("Late evidence rejected")

    REMOTE_LIMIT_PASSED = "remote_limit_passed", _("Remote limit ran out")
    FIX_LIMIT_PASSED = "fix_limit_passed", _("Time to fix on site ran out")


IMPLIED = frozenset({Kind.REMOTE_LIMIT_PASSED, Kind.FIX_LIMIT_PASSED})
"""Kinds that only the engine says: a clock ran out at its due instant. They are derived, never read back."""
