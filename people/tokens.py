"""API tokens: made, looked up, revoked (safety T011, T023, T077)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from knox.crypto import hash_token
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from audit import trail
from common.prepared import Given, Prepared
from people.models import ApiToken, User

NOTE_USE_EVERY = timedelta(minutes=1)
"""The moment of the last use is stored at most this often, to spare a write per request."""

_by_digest = Prepared(
    lambda: ApiToken.objects.select_related("user__hospital", "user__team").filter(digest=Given("digest"))
)


def mark(person: User) -> str:
    """What a token's validity is bound to: the person's role, hospital and "log out everywhere"."""
    value = f"{person.role}|{person.hospital_id}|{person.session_mark}"
    return salted_hmac("people.tokens", value, algorithm="sha256").hexdigest()


@transaction.atomic
def make(
    person: User, *, name: str, scope: str, days: int, by: User, now: datetime, address: str | None = None
) -> tuple[ApiToken, str]:
    """A new token for `person` and its text, which exists only in this answer. Valid for `days` days."""
    digest, text = get_digest_token()
    token = ApiToken(
        digest=digest,
        token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH],
        user=person,
        name=name,
        scope=scope,
        mark=mark(person),
        created=now,
        expiry=now + timedelta(days=min(days, settings.API_TOKEN_MAX_DAYS)),
    )
    token.save(force_insert=True)
    trail.note(
        "people.apitoken.made",
        person,
        by=by,
        now=now,
        address=address,
        id=person.pk,
        token=token.token_key,
        name=name,
        scope=scope,
        until=token.expiry.isoformat(),
    )
    return token, text


@transaction.atomic
def revoke(token: ApiToken, *, by: User, now: datetime, address: str | None = None) -> None:
    """End a token at once."""
    trail.note(
        "people.apitoken.revoked",
        token.user,
        by=by,
        now=now,
        address=address,
        id=token.user_id,
        token=token.token_key,
        name=token.name,
    )
    token.delete()


def find(text: str, now: datetime) -> ApiToken | None:
    """The valid token with this text, its person at hand; one query by the key of the hash."""
    token = _by_digest.first(digest=hash_token(text))
    return token if token is not None and is_valid(token, now) else None


def is_valid(token: ApiToken, now: datetime) -> bool:
    """Whether the token still opens anything."""
    person = token.user
    return person.is_active and token.expiry > now and constant_time_compare(token.mark, mark(person))


def note_use(token: ApiToken, now: datetime) -> None:
    """Keep the moment of the last use, to the minute."""
    if token.last_used_at is None or now - token.last_used_at >= NOTE_USE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
