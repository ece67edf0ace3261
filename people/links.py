"""Links by mail that let a person set a password: forgotten, or invited (safety T067, T073, T074).

A request is a row, whoever is named; sending is another process. The token is signed and never stored:
it holds for `settings.PASSWORD_RESET_TIMEOUT` seconds and is void once used, or when the password, the
e-mail, the phone, the role or the activity of the person changes.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext

from people.models import LinkRequest, User
from people.validators import login_name

logger = logging.getLogger(__name__)

PER_NAME = (3, timedelta(minutes=15))
PER_ADDRESS = (20, timedelta(hours=1))
MAX_TRIES = 5
KEEP = timedelta(days=1)
"""Rows older than this are deleted; they are only needed to count and to retry."""


class LinkTokens(PasswordResetTokenGenerator):
    """Django's signed one-use tokens, void also when phone, role or activity of the person changes."""

    key_salt = "people.links.LinkTokens"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}|{user.phone}|{user.role}|{user.is_active}"


tokens = LinkTokens()


def link_for(user: User) -> str:
    """A fresh link. Its host is ours from the settings, whatever a request's Host header says."""
    values = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": tokens.make_token(user)}
    return str(settings.SITE_URL).rstrip("/") + reverse("account:reset", kwargs=values)


def ask(
    login: str, purpose: LinkRequest.Purpose, *, address: str | None, now: datetime, by_admin: bool = False
) -> None:
    """Note that somebody asked. A flood by name or by address is noted too, but sends nothing.

    An administrator (`by_admin`) is not counted: inviting a hospital is no flood.
    """
    name = login_name(login)[:254]
    refused = not by_admin and _floods(name, address, now)
    LinkRequest.objects.create(
        login=name,
        purpose=purpose,
        address=None if by_admin else address or None,
        requested_at=now,
        next_try_at=None if refused else now,
    )


def _floods(name: str, address: str | None, now: datetime) -> bool:
    rows = LinkRequest.objects.all()
    by_name = rows.filter(login=name, requested_at__gt=now - PER_NAME[1]).count()
    by_address = rows.filter(address=address or None, requested_at__gt=now - PER_ADDRESS[1]).count()
    return by_name >= PER_NAME[0] or (bool(address) and by_address >= PER_ADDRESS[0])


@transaction.atomic
def claim(now: datetime, limit: int = 20) -> list[LinkRequest]:
    """Take rows that are due; each has its next try set, so a crash in between only delays it."""
    due = LinkRequest.objects.select_for_update(skip_locked=True).filter(next_try_at__lte=now)
    rows = list(due.order_by("next_try_at")[:limit])
    for row in rows:
        row.tries += 1
        row.next_try_at = now + timedelta(minutes=2**row.tries) if row.tries < MAX_TRIES else None
        row.save(update_fields=["tries", "next_try_at"])
    return rows


def send(row: LinkRequest) -> None:
    """Mail a fresh link to the person meant, if there is one with an address; a failure is tried again."""
    named = Q(email=row.login) | Q(phone=row.login)
    person = User.objects.filter(named, is_active=True, email__isnull=False).first()
    if person is not None:
        try:
            letter(person, row.purpose).send()
        except (SMTPException, OSError):
            logger.exception("link request %s: mail not sent, try %s", row.pk, row.tries)
            return
    LinkRequest.objects.filter(pk=row.pk).update(next_try_at=None)


def letter(person: User, purpose: str) -> EmailMessage:
    """The mail, in the person's language."""
    context = {"person": person, "link": link_for(person), "minutes": settings.PASSWORD_RESET_TIMEOUT // 60}
    with translation.override(person.language):
        if purpose == LinkRequest.Purpose.INVITATION:
            subject = gettext("You can now use the Service Desk")
        else:
            subject = gettext("Set a new password for the Service Desk")
        body = render_to_string(f"account/mail/{purpose}.txt", context)
    return EmailMessage(subject=subject, body=body, to=[person.email or ""])


def prune(now: datetime) -> None:
    """Delete rows that are no longer needed."""
    LinkRequest.objects.filter(requested_at__lt=now - KEEP).delete()
