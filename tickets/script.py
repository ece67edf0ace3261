"""The hotline's script of a fault class: what is tried on the phone, and the part that it ends in (A7). Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from devices.models import Device
from spares.models import Part
from tickets import triage
from tickets.models import FaultClass
from tickets.states import Refused


@dataclass(frozen=True, slots=True)
class Script:
    """The steps of a class, each {"do", "how"}, which count from 1; the hospital's technician follows the same ones."""

    fault_class: FaultClass
    version: int
    steps: tuple[dict[str, str], ...]

    def tried(self, numbers: Collection[int]) -> str:
        """Which steps were tried and did not help, in words; "" for none. Refused for a step that there is not."""
        if any(not 0 < number <= len(self.steps) for number in numbers):
            raise Refused(_("The script has no such step."))
        return already_tried(self.steps[number - 1]["do"] for number in sorted(set(numbers)))

    def answers(self, numbers: Collection[int]) -> str:
        """The same for the depot, which is told by what script."""
        said = self.tried(numbers)
        return f"{self.fault_class} v{self.version} · {said}" if said else ""


def already_tried(steps: Iterable[str]) -> str:
    """What was tried before, in words; "" for nothing."""
    said = pgettext("between items", "; ").join(steps)
    return _("Already tried: %(steps)s") % {"steps": said} if said else ""


def of(fault_class: FaultClass | None, at: datetime) -> Script | None:
    """The version that is valid at `at`; a class without a procedure has a script of no steps."""
    if fault_class is None:
        return None
    found = triage.procedure(fault_class, at)
    return Script(fault_class, found.version if found else 0, tuple(found.steps) if found else ())


def parts(fault_class: FaultClass | None, device: Device | None) -> list[Part]:
    """What the script of a class replaces in this device, by part number; in any, as long as none is known."""
    if fault_class is None or not fault_class.asks_for_part:
        return []
    found = fault_class.parts.filter(is_active=True)
    return list(found.filter(fits=device.model_id) if device else found)
