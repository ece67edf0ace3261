"""Whether rows and files still belong together, as after a crash or a restore."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from attachments.models import Attachment
from attachments.storage import full_path

SETTLED = timedelta(days=1)
"""A younger file may belong to a transaction that is still open."""


def missing(*, sums: bool = False) -> Iterator[Attachment]:
    """Rows whose file is not there or, with `sums`, not what was stored."""
    for row in Attachment.objects.order_by("pk").iterator():
        path = full_path(row.path)
        if not path.is_file() or (sums and hashlib.sha256(path.read_bytes()).hexdigest() != row.sha256):
            yield row


def orphans(now: datetime) -> Iterator[Path]:
    """Stored files without a row, left by a process that was killed between the two."""
    root = Path(settings.MEDIA_ROOT)
    known = set(Attachment.objects.values_list("path", flat=True))
    for path in sorted(root.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/*")):
        age = now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if age > SETTLED and str(path.relative_to(root)) not in known:
            yield path
