"""How long a sign-in lasts, kept by the server (safety T069, T071)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest

from people.models import User
from people.models.persons import new_mark

BEGAN = "began"
SEEN = "seen"
WRITE_EVERY = timedelta(seconds=60)
"""The moment of the last act is stored at most this often, to spare a write per request."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def begin(request: HttpRequest, user: User, *, now: datetime, backend: str | None = None) -> None:
    """Sign `user` in under a new session id and start both limits."""
    login(request, user, backend=backend)
    request.session[BEGAN] = request.session[SEEN] = now.timestamp()


def end_all(user: User) -> None:
    """End every session of a person, on every device."""
    user.session_mark = new_mark()
    user.save(update_fields=["session_mark"])


def is_over(request: HttpRequest, now: datetime) -> bool:
    """Whether the signed-in session has been idle too long or has reached its full length."""
    began = request.session.get(BEGAN)
    if began is None:
        return False
    seen = request.session.get(SEEN, began)
    too_old = now.timestamp() - began >= settings.SESSION_COOKIE_AGE
    return bool(too_old or now.timestamp() - seen >= settings.SESSION_IDLE_AFTER.total_seconds())


def keep(request: HttpRequest, now: datetime) -> None:
    """Note that the person is at work; what the page asks for by itself does not count."""
    session = request.session
    if BEGAN not in session:
        session[BEGAN] = session[SEEN] = now.timestamp()
    elif not is_background(request) and now.timestamp() - session[SEEN] >= WRITE_EVERY.total_seconds():
        session[SEEN] = now.timestamp()


def is_background(request: HttpRequest) -> bool:
    """Whether a page asked by itself: polling, live updates, anything that is neither a page nor a change."""
    headers = request.headers
    if "X-Background" in headers:
        return True
    if request.method not in SAFE:
        return False
    if "HX-Request" in headers and "HX-Boosted" not in headers:
        return True
    # Browsers that send no Sec-Fetch headers open event streams too.
    if headers.get("Accept") == "text/event-stream":
        return True
    return headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
