"""Sessions as Django keeps them in the database; each request finds its own by a query that is written once."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from common.prepared import Given, Prepared

_sessions = Prepared(lambda: Session.objects.filter(session_key=Given("key"), expire_date__gt=Given("now")))


class SessionStore(DatabaseStore):
    """The name that Django asks `SESSION_ENGINE` for."""

    def _get_session_from_db(self) -> Session | None:
        # Django hands no moment in.
        found = _sessions.first(key=self.session_key, now=timezone.now())  # noqa: TID251
        if found is None:
            self._session_key = None
        return found
