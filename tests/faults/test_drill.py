"""`./desk faults` in short: the real processes of `./desk up` but the pages, two faults, every invariant.

Nothing here stops a server: other tests use the same. `./desk faults` does, on servers of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from notifications.models import Notification
from servicedesk.demo import world
from servicedesk.faults.drill import Drill, Fault, run
from servicedesk.faults.outages import OUTAGES
from servicedesk.faults.parts import Desk
from servicedesk.faults.sweeps import SWEEPS
from sla.models import Heartbeat

FAULTS = {fault.key: fault for fault in (*OUTAGES, *SWEEPS)}
pytestmark = pytest.mark.usefixtures("queue")


@pytest.fixture
def drill(process_environment: dict[str, str], tmp_path: Path, settings: Settings) -> Iterator[Drill]:
    """The demo's people without a past, and a desk that works for them."""
    settings.MAIL_CATCHER_DIR = tmp_path / "mail"
    call_command("load_defaults")
    world.make()
    own = {name: value for name, value in process_environment.items() if name not in {"EMAIL_URL", "PORT"}}
    desk = Desk({**own, "DESK_RUN_DIR": str(tmp_path)}, tmp_path, ("engine", "sender", "beat", "mail"))
    desk.start()
    try:
        desk.until(Heartbeat.objects.exists, 180)
        yield Drill(desk, print)
    finally:
        desk.stop()
        print(desk.log.read_text())


def lose_a_message(drill: Drill) -> None:
    """What no fault may do: a page whose message is gone."""
    drill.until_paged(drill.file(1))
    message = Notification.objects.filter(kind="sla.page").first()
    assert message is not None
    message.delete()


def fail(drill: Drill) -> None:
    """A fault that cannot be brought about."""
    raise AssertionError("the gate was never reached")


def test_a_killed_engine_and_a_task_five_times_keep_every_invariant_and_a_lost_message_is_named(drill: Drill) -> None:
    outcomes = run(drill, [FAULTS["F01b"], FAULTS["F18"]])
    assert [outcome.is_kept for outcome in outcomes] == [True, True], "\n".join(
        line for outcome in outcomes for line in outcome.lines()
    )
    assert [set(outcome.found) for outcome in outcomes] == [{*(f"I{n}" for n in range(1, 10)), "I13"}] * 2
    assert drill.receipts(), "letters went out by SMTP and arrived"

    drill.patience = 1
    lost, impossible = run(drill, [Fault("X1", "a message lost", lose_a_message), Fault("X2", "impossible", fail)])
    assert not lost.is_kept
    assert [line for line in lost.lines() if "BROKEN by 1" in line and line.startswith("X1    I3")]
    assert not impossible.is_kept
    assert "FAILED: AssertionError: the gate was never reached" in impossible.lines()[0]


def test_the_command_refuses_a_database_that_is_not_its_own() -> None:
    assert "DATABASE_URL" in os.environ
    with pytest.raises(CommandError, match=r"\./desk faults"):
        call_command("faults")
