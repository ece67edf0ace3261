"""The demo's mails: files that `mail_catcher` wrote, newest last by name. No mail leaves the machine."""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from django.conf import settings

KEY = re.compile(r"\d{20}-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail as it came over SMTP. `text` is the plain part."""

    key: str
    at: datetime
    to: str
    sender: str
    subject: str
    message_id: str
    text: str


def keep(content: bytes, to: list[str], now: datetime) -> Path:
    """Store a mail under a name that sorts by arrival; the oldest above MAIL_CATCHER_KEEPS go."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{int(now.timestamp() * 1_000_000):020d}-{uuid.uuid4().hex}.eml"
    part = path.with_suffix(".part")
    part.write_bytes(b"X-Envelope-To: " + ", ".join(to).encode("ascii", "replace") + b"\r\n" + content)
    part.rename(path)
    for old in _names()[settings.MAIL_CATCHER_KEEPS :]:
        (folder / old).unlink(missing_ok=True)
    return path


def newest(most: int) -> list[CaughtMail]:
    """The latest mails, newest first."""
    return [_parse(_folder() / name) for name in _names()[:most]]


def arrivals() -> list[str]:
    """The keys of all mails, newest first."""
    return [name.removesuffix(".eml") for name in _names()]


def read(key: str) -> CaughtMail | None:
    """One mail by its key, which is never used as a path before it looks like one of ours."""
    path = _folder() / f"{key}.eml"
    return _parse(path) if KEY.fullmatch(key) and path.is_file() else None


def _folder() -> Path:
    return Path(settings.MAIL_CATCHER_DIR)


def _names() -> list[str]:
    """The names of all mails, newest first; thousands of them are listed for each mail that comes."""
    if not _folder().is_dir():
        return []
    with os.scandir(_folder()) as entries:
        return sorted((entry.name for entry in entries if entry.name.endswith(".eml")), reverse=True)


def _parse(path: Path) -> CaughtMail:
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
    body = message.get_body(("plain", "html"))
    return CaughtMail(
        key=path.stem,
        at=datetime.fromtimestamp(int(path.name[:20]) / 1_000_000, UTC),
        to=str(message["X-Envelope-To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        message_id=str(message["Message-ID"] or ""),
        text=str(body.get_content()) if body is not None else "",
    )
