"""Who is signed in, as Django finds out; each request finds its person by a query that is written once."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from common.prepared import Given, Prepared
from people.models import User

_people = Prepared(lambda: User.objects.filter(pk=Given("pk")))


class PersonBackend(ModelBackend):
    """Passwords, and the person of a session while they are active."""

    def get_user(self, user_id: int) -> User | None:
        found = _people.first(pk=user_id)
        return found if found is not None and self.user_can_authenticate(found) else None
