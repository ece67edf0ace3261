"""Tell people something: rows for the inbox and the mail, written with the change that caused them.

Nothing is sent here (`tasks.py` does that), so a verb may tell inside its own transaction and no
network call can hold its locks. Whatever the number of messages and persons, a batch is one statement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from common import live
from notifications import wording
from people.models import User

BUNDLE_WINDOW = timedelta(minutes=2)

# Both INSERTs in one statement: only what was really new in the inbox gets a delivery, so saying a
# thing twice can never mail it twice.
TELL = """
WITH told AS (
    INSERT INTO notifications_notification
        (person_id, kind, context, link, dedupe_key, is_urgent, created_at)
    SELECT * FROM unnest(
        %(persons)s::bigint[], %(kinds)s::text[], %(contexts)s::jsonb[], %(links)s::text[],
        %(keys)s::text[], %(urgents)s::boolean[], %(nows)s::timestamptz[])
    ON CONFLICT (person_id, dedupe_key) DO NOTHING
    RETURNING id, person_id, is_urgent
)
INSERT INTO notifications_delivery
    (notification_id, channel, state, tries, is_bundled, next_try_at)
SELECT told.id, 'mail', 'waiting', 0, bundled,
       CASE WHEN bundled THEN %(bundle_until)s ELSE %(now)s END
FROM told
JOIN people_user person ON person.id = told.person_id
LEFT JOIN notifications_preference wish ON wish.person_id = person.id AND wish.channel = 'mail'
CROSS JOIN LATERAL (SELECT NOT told.is_urgent AND coalesce(wish.bundle, true) AS bundled) AS pace
WHERE person.is_active AND person.email IS NOT NULL
  AND (told.is_urgent OR coalesce(wish.is_on, true))
ORDER BY told.id
ON CONFLICT (notification_id, channel) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One matter for some persons. `context` holds what `wording.py` needs for `kind`, as JSON.

    `dedupe_key` (at most 160 characters): a person hears of one key once, however often it is told.
    `link`: a path of this site. `urgent` (P1 and P2): mailed alone and at once, whatever the
    person's preferences say.
    """

    persons: Sequence[User]
    kind: str
    dedupe_key: str
    context: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    urgent: bool = False


def tell_batch(messages: Sequence[Message], now: datetime, also: Sequence[live.Event] = ()) -> None:
    """Write all messages in one statement; one that was said before is left out.

    Open pages hear after the commit that inboxes changed, and of `also`. Raises `wording.NotForHospitals` when a
    matter of the company is addressed to a hospital's person.
    """
    inboxes = [live.Event("inbox", str(person), person=person) for person in _write(messages, now)]
    if events := [*also, *inboxes]:
        live.publish_many(events)


def _write(messages: Sequence[Message], now: datetime) -> list[int]:
    """Write the rows; the keys of the persons who are told."""
    rows: dict[tuple[int, str], tuple[Message, str]] = {}
    for message in messages:
        context = json.dumps(message.context, cls=DjangoJSONEncoder)
        for person in message.persons:
            wording.check_audience(message.kind, person)
            rows[person.pk, message.dedupe_key] = (message, context)
    if not rows:
        return []
    # One order for everybody: two transactions that tell the same persons cannot deadlock.
    told = sorted(rows.items(), key=lambda row: row[0])
    columns: dict[str, Any] = {
        "persons": [person for (person, _key), _ in told],
        "keys": [key for (_person, key), _ in told],
        "kinds": [message.kind for _, (message, _context) in told],
        "contexts": [context for _, (_message, context) in told],
        "links": [message.link for _, (message, _context) in told],
        "urgents": [message.urgent for _, (message, _context) in told],
        "nows": [now] * len(told),
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, {**columns, "now": now, "bundle_until": now + BUNDLE_WINDOW})
    return sorted({person for person, _key in rows})


def tell_many(
    persons: Sequence[User],
    kind: str,
    *,
    context: Mapping[str, Any],
    link: str,
    dedupe_key: str,
    urgent: bool = False,
    now: datetime,
) -> None:
    """Tell several persons one thing; see `Message`."""
    tell_batch([Message(persons, kind, dedupe_key, context, link, urgent)], now)


def tell(
    person: User,
    kind: str,
    *,
    context: Mapping[str, Any],
    link: str,
    dedupe_key: str,
    urgent: bool = False,
    now: datetime,
) -> None:
    """Tell one person one thing; see `Message`."""
    tell_batch([Message([person], kind, dedupe_key, context, link, urgent)], now)
