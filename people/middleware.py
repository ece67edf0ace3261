"""Ends a sign-in that was idle too long or has lasted its full length (safety T071)."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from people import sessions


class SessionLimits(MiddlewareMixin):
    """Stands behind AuthenticationMiddleware. An ended session leaves an anonymous request."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            if SESSION_KEY in request.session:  # of a person who was disabled or deleted
                request.session.flush()
            return
        now = timezone.now()
        if sessions.is_over(request, now):
            logout(request)
        else:
            sessions.keep(request, now)
