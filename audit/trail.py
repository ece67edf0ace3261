"""The one way to write the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from audit.models import Entry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def note(
    act: str,
    subject: object,
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    address: str | None = None,
    **detail: Any,
) -> Entry:
    """Write one row: `act` is a dotted verb (`people.role_changed`), `subject` its object in words."""
    text = str(subject).replace("\r", " ").replace("\n", " ")[:200]
    actor_id = by.pk if by is not None else None
    return Entry.objects.create(at=now, actor_id=actor_id, act=act, subject=text, detail=detail, address=address)
