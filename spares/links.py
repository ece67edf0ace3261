"""Where a request for parts and a return are read: paths that go into notifications."""

from __future__ import annotations

from spares.models import PartRequest


def depot(request: PartRequest) -> str:
    """The depot's page, with this request on top."""
    return f"/desk/depot/?request={request.number}"


def returns() -> str:
    """The depot's list of what has to come back."""
    return "/desk/depot/returns/"
