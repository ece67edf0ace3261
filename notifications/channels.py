"""Ways out of the desk behind one method. A channel knows nothing of rows, people or retries."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Protocol

from django.conf import settings
from django.core import mail

ANSWER_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person gets. `key` is the same when the letter is sent again, so a repeat is recognised."""

    key: str
    address: str
    subject: str
    text: str
    html: str


class Failed(Exception):
    """A letter did not go out; the text is the other side's answer.

    `temporary`: worth another try. `channel_down`: the fault is not this letter's, the next one would
    meet it too.
    """

    def __init__(self, answer: object, *, temporary: bool, channel_down: bool = False) -> None:
        super().__init__(" ".join(str(answer).split())[:ANSWER_LENGTH])
        self.temporary = temporary
        self.channel_down = channel_down


class Channel(Protocol):
    def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises Failed; returns only when the other side has taken it."""

    def close(self) -> None:
        """Let go of what `send` holds open between letters."""


class Mail:
    """SMTP by EMAIL_URL through Django's backend, one connection for all letters of a run."""

    def __init__(self) -> None:
        self.connection = mail.get_connection()

    def send(self, letter: Letter) -> None:
        try:
            self.connection.open()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Failed(_answer(error), temporary=True, channel_down=True) from error
        try:
            self.connection.send_messages([_message(letter)])
        except smtplib.SMTPRecipientsRefused as error:
            (code, words), *_others = error.recipients.values()
            raise Failed(f"{code} {_text(words)}", temporary=code < 500) from error
        except smtplib.SMTPDataError as error:
            raise Failed(_answer(error), temporary=error.smtp_code < 500) from error
        except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPSenderRefused) as error:
            # A timeout, a cut line, a server that will not hear from us at all.
            self.close()
            raise Failed(_answer(error), temporary=True, channel_down=True) from error
        except (smtplib.SMTPException, ValueError) as error:
            # An address or header that no server can take (ValueError: also Django's BadHeaderError).
            raise Failed(_answer(error), temporary=False) from error

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self.connection.close()


CHANNELS: dict[str, type[Channel]] = {"mail": Mail}
"""`models.Channel` → how it is opened."""


def _message(letter: Letter) -> mail.EmailMultiAlternatives:
    """Headers say that a machine writes, so that no other machine answers (T095)."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = mail.EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),
        body=letter.text,
        to=[letter.address],
        headers={
            "Message-ID": f"<{letter.key}@{domain}>",
            "List-Id": f"<notifications.{domain}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def _answer(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
