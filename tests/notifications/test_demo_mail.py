"""The demo's mail catcher: real SMTP in, pages out, nothing of it outside the demo."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from pytest_django.fixtures import Settings

from notifications import caught
from tests.notifications.conftest import free_port

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def demo(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.MAIL_CATCHER_DIR = tmp_path / "mail"


def letter(subject: str = "您的报修有答复", text: str = "请看 http://localhost:8000/requests/1/") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@localhost", "nurse@desk.example", subject
    message["Message-ID"] = "<desk.1.x@localhost>"
    message.set_content(text)
    message.add_alternative("<p>html</p><script>alert(1)</script>", subtype="html")
    return message.as_bytes()


@pytest.fixture
def catcher(process_environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    port = free_port()
    environment = {**process_environment, "DESK_RUN_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "mail_catcher", "--port", str(port)]
    process = subprocess.Popen(command, cwd=project.BASE_DIR, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield port
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


@pytest.mark.django_db(transaction=True)
def test_a_mail_sent_over_smtp_is_seen_on_the_demos_page(client: Client, catcher: int) -> None:
    with smtplib.SMTP("127.0.0.1", catcher) as smtp:
        smtp.sendmail("desk@localhost", ["nurse@desk.example"], letter())
    time.sleep(0.1)
    page = client.get("/demo/mail/").content.decode()
    assert "您的报修有答复" in page
    assert "nurse@desk.example" in page
    (mail,) = caught.newest(5)
    page = client.get(f"/demo/mail/{mail.key}/").content.decode()
    assert "http://localhost:8000/requests/1/" in page
    assert "desk.1.x@localhost" in page
    assert "alert(1)" not in page


@pytest.mark.django_db
def test_outside_the_demo_there_are_no_such_pages(client: Client, settings: Settings) -> None:
    path = caught.keep(letter(), ["nurse@desk.example"], NOW)
    settings.DEMO = False
    assert client.get("/demo/mail/").status_code == 404
    assert client.get(f"/demo/mail/{path.stem}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x", "..%2f..%2fetc%2fpasswd", "0" * 20 + "-" + "g" * 32])
def test_a_key_that_is_not_ours_is_not_found(client: Client, key: str) -> None:
    assert client.get(f"/demo/mail/{key}/").status_code == 404


@pytest.mark.django_db
def test_script_in_a_mail_is_shown_as_text(client: Client) -> None:
    path = caught.keep(letter("<script>alert(1)</script>", "<img src=x onerror=alert(1)>"), ["a@b"], NOW)
    page = client.get(f"/demo/mail/{path.stem}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00 no mail at all", b"Subject: =?x?q?=FF?=\r\n\r\n\xff", b"A" * 100_000]
)
def test_a_mail_that_is_none_still_shows(content: bytes) -> None:
    path = caught.keep(content, ["a@b"], NOW)
    mail = caught.read(path.stem)
    assert mail is not None
    assert mail.to == "a@b"


def test_the_oldest_mails_go(settings: Settings) -> None:
    settings.MAIL_CATCHER_KEEPS = 5
    for number in range(8):
        caught.keep(b"Subject: %d\r\n\r\nx" % number, ["a@b"], NOW.replace(microsecond=number))
    mails = caught.newest(1000)
    assert len(mails) == len(caught.arrivals()) == 5
    assert mails[0].subject == "7"
