"""What the verbs refuse, in one shape: they stand in apps that do not know each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from attachments import storage
from sla import deadlines
from spares import refusal
from tickets.states import Refused
from visits import states as visit_states

OTHERS = (refusal.Refused, storage.Refused, deadlines.Refused)


@contextmanager
def in_words() -> Iterator[None]:
    """Raises any verb's refusal as `tickets.states.Refused` with its sentence for the person."""
    try:
        yield
    except visit_states.Refused as refused:
        raise Refused(refused.sentence) from refused
    except OTHERS as refused:
        raise Refused(str(refused)) from refused
    except PermissionDenied as denied:
        # A 403 would stop all that waits in the phone.
        raise Refused(_("Only a lead may do this; write a note, and it will be looked at.")) from denied
