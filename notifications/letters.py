"""A parcel of notifications as the letter that its reader gets, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications import wording
from notifications.channels import Letter
from notifications.models import Notification

MOST_ITEMS = 30


@dataclass(frozen=True, slots=True)
class Item:
    """One notification of a letter: its words and its absolute link (may be empty)."""

    words: wording.Words
    url: str


def key(parcel: int, first: Notification) -> str:
    """The part of a Message-ID before the @: the same for the same parcel, and not to be guessed."""
    mark = salted_hmac("notifications.parcel", f"{parcel} {first.pk} {first.created_at.isoformat()}").hexdigest()[:16]
    return f"desk.{parcel}.{mark}"


def write(parcel: int, notifications: Sequence[Notification], now: datetime) -> Letter:
    """One letter for all `notifications`, which belong to one person and are in order of telling."""
    person = notifications[0].person
    with override(person.language):
        items = [
            Item(wording.words(row, person, now), urljoin(settings.SITE_URL, row.link) if row.link else "")
            for row in notifications[:MOST_ITEMS]
        ]
        context = {
            "person": person,
            "items": items,
            "more": len(notifications) - len(items),
            "inbox": urljoin(settings.SITE_URL, reverse("inbox")),
            "wishes": urljoin(settings.SITE_URL, reverse("account-notifications")),
            "hotline_number": settings.HOTLINE_NUMBER,
        }
        subject = items[0].words.subject
        if len(notifications) > 1:
            subject = _("%(count)d messages: %(first)s") % {"count": len(notifications), "first": subject}
        text = render_to_string("mail/letter.txt", context)
        html = render_to_string("mail/letter.html", context)
    return Letter(key(parcel, notifications[0]), person.email or "", subject, text, html)
