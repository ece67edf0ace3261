"""What an urgent response of a ticket would take or cost, said before anybody asks for it (B6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.present import Quota, Tag
from tickets.models import Ticket
from warranty import offers
from warranty.coverage import local_day
from warranty.entitlements import Left
from warranty.models import Entitlement

KIND = Entitlement.Kind.URGENT
NAME, ICON = gettext_lazy("Urgent response"), "zap"


@dataclass(frozen=True, slots=True)
class Offer:
    """What is left of the contract year's quota; used up, the next one is billable."""

    left: Left

    @property
    def is_billable(self) -> bool:
        return self.left.left <= 0

    @property
    def quota(self) -> Quota:
        """The quota as pips."""
        return Quota(NAME, self.left.used, self.left.granted)

    @property
    def sentence(self) -> str:
        """How many are left until when, and who pays for this one."""
        given = {
            "left": self.left.left,
            "granted": self.left.granted,
            "contract": self.left.entitlement.contract.number,
            "day": self.left.ends_on.isoformat(),
        }
        if self.is_billable:
            text = _(
                "None of %(granted)s left in this contract year (%(contract)s, until %(day)s): this one is billable."
            )
        else:
            text = _(
                "%(left)s of %(granted)s left in this contract year (%(contract)s, until %(day)s). This one is free."
            )
        return text % given


def offer(ticket: Ticket, now: datetime) -> Offer | None:
    """What asking now would take; None: no contract in force grants an urgent response for it."""
    found = offers.offer(KIND, hospital=ticket.hospital_id, device=ticket.device_id, on=day(ticket, now))
    return Offer(found) if found else None


def is_granted(ticket: Ticket, now: datetime) -> bool:
    """Whether a contract of its hospital grants any at all, for whether to speak of it; one query."""
    return bool(offers.granting(KIND, hospital=ticket.hospital_id, on=day(ticket, now)))


def day(ticket: Ticket, now: datetime) -> date:
    """The site's own date."""
    return local_day(now, ticket.site.timezone)


def tag(ticket: Ticket) -> Tag | None:
    """That it has an urgent response, and whether that is billable; nothing without one."""
    if ticket.urgent_use is None:
        return None
    if ticket.urgent_use.is_billable:
        return Tag(_("Urgent response, billable"), ICON, "warn")
    return Tag(NAME, ICON, "act")
