"""What a page may tell about the request that it answers: ``{% load watching %}``."""

from __future__ import annotations

from django import template
from structlog.contextvars import get_contextvars

register = template.Library()


@register.simple_tag
def request_id() -> str:
    """The id under which the log tells of this request; works on the 500 page too, which has no context."""
    return str(get_contextvars().get("request_id", ""))
