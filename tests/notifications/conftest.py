"""Real mail servers on this machine: one that can be told how to answer, and one that never does."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django.fixtures import Settings

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


@dataclass
class Clock:
    """The senders' clock, moved by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Server:
    """What came in, and how to answer: by recipient, or to every letter.

    `on_taken` runs when a letter has been taken, before the sender hears of it.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    on_taken: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.original_content or b"")
        if self.answer:
            return self.answer
        self.mails.append(mail)
        self.on_taken()
        return "250 taken"

    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails]

    def bodies(self) -> list[str]:
        return [mail.get_body(("plain",)).get_content() for mail in self.mails]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def point_at(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def smtp(settings: Settings) -> Iterator[Server]:
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    point_at(settings, controller.port)
    yield server
    controller.stop()


@pytest.fixture
def no_server(settings: Settings) -> None:
    """A port where nobody listens."""
    point_at(settings, free_port())


@pytest.fixture
def black_hole(settings: Settings) -> Iterator[None]:
    """A server that takes every call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        point_at(settings, listener.getsockname()[1])
        yield
