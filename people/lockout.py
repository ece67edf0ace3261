"""Slowing down whoever guesses passwords (safety T066, T068), on top of django-axes' database rows.

- Five wrong passwords lock an account's name for 15 minutes, known name or not; tries while it is locked
  do not lengthen it.
- A browser that has signed in before carries a signed cookie and is counted on its own. So nobody can
  keep the administrator out by guessing from elsewhere, and a reset link makes any browser known.
- Many failures from one address throttle that address for browsers that are not known.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.core import signing
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit import trail
from people.models import User
from people.validators import login_name

DEVICE_COOKIE = "desk_device"
DEVICE_LIFE = timedelta(days=365)
DEVICE_SALT = "people.lockout.device"


def know_device(response: HttpResponse, user: User) -> None:
    """Let this browser be counted apart from strangers when `user` signs in next time."""
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps([user.pk, secrets.token_urlsafe(12)], salt=DEVICE_SALT),
        max_age=DEVICE_LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def device_of(request: HttpRequest, user_id: int | None) -> str | None:
    """The name of the known browser behind the request, None unless it is known for that person."""
    try:
        owner, name = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=DEVICE_LIFE)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return str(name) if user_id is not None and owner == user_id else None


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """What failures are counted under: the account whichever way it is typed, and the known browser."""
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    name = login_name(str(typed).replace("\0", ""))[:200]
    user_id = User.objects.filter(Q(email=name) | Q(phone=name)).values_list("pk", flat=True).first()
    account = account_name(user_id) if user_id is not None else f"name {name}"
    device = device_of(request, user_id)
    return f"{account} device {device}" if device else account


def account_name(user_id: int) -> str:
    """The counted name of an account for browsers that are not known."""
    return f"person {user_id}"


def unlock(user: User) -> int:
    """Forget the failures counted against a person; returns how many rows there were."""
    own = Q(username=account_name(user.pk)) | Q(username__startswith=f"{account_name(user.pk)} device ")
    count, _ = AccessAttempt.objects.filter(own).delete()
    return int(count)


class Handler(AxesDatabaseHandler):
    """django-axes' handler, plus the throttle by address and a line in the audit trail."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return bool(super().is_locked(request, credentials)) or self.is_flooding(request, credentials)

    def is_flooding(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this address has failed too often lately, for a browser that is not known."""
        if not request.axes_ip_address or " device " in counted_name(request, credentials):
            return False
        lately = AccessAttempt.objects.filter(
            ip_address=request.axes_ip_address, attempt_time__gte=get_cool_off_threshold(request)
        )
        failures = lately.aggregate(total=Sum("failures_since_start"))["total"] or 0
        return bool(failures >= settings.LOGIN_FAILURES_PER_ADDRESS)

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is not None and request.axes_failures_since_start == settings.AXES_FAILURE_LIMIT:
            trail.note(
                "account.locked",
                counted_name(request, credentials),
                by=None,
                now=request.axes_attempt_time,
                address=request.axes_ip_address or None,
            )


def refuse(request: HttpRequest, _response: Any = None, _credentials: Any = None) -> HttpResponse:
    """The 429 page; the same for every name and for an address."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return response
