"""What a notification says to its reader, from the row of its kind in `table`; read by the inbox and by the mails.

Words are made when somebody reads them, in the reader's language, from the kind and the context that
the verb stored. Context keys, all optional: `ticket` (number), `title`, `hospital`, `who` (a name),
`reason` and `text` (quoted under the sentence, plain), and instants as ISO 8601 under names that end
in `_at`. A value is data: it is never read as a template (T057).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from notifications import sentences
from notifications.table import FOLLOW, OPEN, TABLE, Wording
from people.models import User

if TYPE_CHECKING:
    from notifications.models import Notification
    from notifications.sentences import Facts

SUBJECT_LENGTH = 120


class NotForHospitals(ValueError):
    """A matter of the company was addressed to a hospital's person (T098)."""


@dataclass(frozen=True, slots=True)
class Words:
    """A notification as its reader sees it: a sentence, a quotation (may be empty), a link's words."""

    sentence: str
    quote: str
    button: str
    icon: str
    tone: str

    @property
    def subject(self) -> str:
        """The sentence as one line that a mail header can carry (T096)."""
        line = " ".join(self.sentence.split())
        return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1] + "…"


def _nothing_known(facts: Facts, now: datetime) -> str:
    """A kind that only a newer process knows (an upgrade in progress) still reads as a sentence."""
    return gettext("There is news on %(ticket)s: %(title)s") % sentences.plain(facts, now)


UNKNOWN = Wording("bell", _nothing_known)


def check_audience(kind: str, person: User) -> None:
    """Raise NotForHospitals when hospital people have no sentence for `kind`."""
    if person.is_hospital and TABLE.get(kind, UNKNOWN).to_hospital is None:
        raise NotForHospitals(f"{kind} is not for a hospital's person ({person.pk})")


def words(notification: Notification, reader: User, now: datetime) -> Words:
    """What `notification` says to `reader` in the language that is active; times are told from `now`."""
    row = TABLE.get(notification.kind, UNKNOWN)
    sentence = (row.to_hospital if reader.is_hospital else row.to_staff) or _nothing_known
    told = {"told_at": notification.created_at.isoformat()}
    facts: Facts = defaultdict(str, {**notification.context, **told})
    said = sentence(facts, now) if callable(sentence) else str(sentence) % sentences.plain(facts, now)
    pages = (sentences.page(defaultdict(str, {**item, **told}), now) for item in facts["items"] or ())
    lines = (facts["reason"], facts["failure"], facts["text"], *pages)
    quote = "\n".join(str(line) for line in lines if line)
    # A hospital has reports, not tickets.
    button = FOLLOW if reader.is_hospital and row.button is OPEN else row.button
    return Words(said, quote, str(button), row.icon, row.tone)
