"""F02: the sender is killed after the mail server's 250 and before the state is written (I7)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from notifications import delivery, outbox
from notifications.channels import Mail
from notifications.models import Attempt, Delivery
from tests.factories import LeadFactory

if TYPE_CHECKING:
    from tests.notifications.conftest import Clock, Server

SEND = "from notifications.tasks import deliver; deliver('mail')"


def waits_for_the_row(sender: subprocess.Popen[bytes]) -> bool:
    """Whether the sender has heard the 250 and is writing its state."""
    while sender.poll() is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.02)
    return False


@pytest.mark.django_db(transaction=True)
def test_f02_killed_after_250_the_letter_goes_again_under_the_same_id(
    smtp: Server, clock: Clock, process_environment: dict[str, str]
) -> None:
    clock.now = delivery.database_clock()
    outbox.tell(LeadFactory(), "ticket.assigned", context={}, link="", dedupe_key="k", urgent=True, now=clock.now)
    held = psycopg2.connect(process_environment["DATABASE_URL"])
    taken = threading.Event()

    def hold_the_row() -> None:
        # The server has the letter; the sender will hear 250, and hang on this lock when it writes it down.
        held.cursor().execute("SELECT 1 FROM notifications_delivery FOR UPDATE")
        taken.set()

    smtp.on_taken = hold_the_row
    url = f"smtp://127.0.0.1:{settings.EMAIL_PORT}"
    command = [sys.executable, "-c", f"import django; django.setup(); {SEND}"]
    sender = subprocess.Popen(command, cwd=settings.BASE_DIR, env={**process_environment, "EMAIL_URL": url})
    assert taken.wait(60)
    assert waits_for_the_row(sender)
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait()
    held.close()

    smtp.on_taken = lambda: None
    assert Delivery.objects.get().state == Delivery.State.WAITING
    assert delivery.run("mail", Mail(), clock) == 0
    clock.now += 2 * delivery.LEASE
    assert delivery.run("mail", Mail(), clock) == 1
    first, again = smtp.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert Delivery.objects.get().state == Delivery.State.SENT
    assert Attempt.objects.count() == 1
