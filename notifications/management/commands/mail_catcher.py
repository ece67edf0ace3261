"""`manage.py mail_catcher`: a mail server on this machine that delivers nothing and shows all at /demo/mail."""

from __future__ import annotations

import signal
import threading
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from notifications import caught

NOBODYS_DOMAIN = "@bounced.invalid"
"""Addresses there are refused as unknown ones, so that a bounce can be seen too."""


class Keeper:
    """aiosmtpd's handler: every mail becomes a file."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.endswith(NOBODYS_DOMAIN):
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        caught.keep(envelope.original_content or b"", envelope.rcpt_tos, timezone.now())
        return "250 kept"


class Command(BaseCommand):
    help = "Catch the desk's mails on 127.0.0.1 instead of sending them; the demo shows them at /demo/mail."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.EMAIL_PORT, help="default: that of EMAIL_URL")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        catcher = Controller(Keeper(), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
        catcher.start()
        self.stdout.write(f"catching mail on 127.0.0.1:{port}")
        stop.wait()
        catcher.stop()
