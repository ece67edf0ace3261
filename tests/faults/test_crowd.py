"""F05 and F18: too many schedulers, too many sweepers, one task many times over. Each page still comes once."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from servicedesk.faults.gates import gate_before, wait_for
from servicedesk.faults.invariants import broken
from sla import tasks
from sla.audit import differences
from sla.models import Heartbeat, Page
from sla.sweep import database_now
from tests.faults.many import faults
from tests.faults.processes import process, worker

CLOCKS = 300
pytestmark = pytest.mark.usefixtures("duty", "queue")


def sent() -> int:
    return Page.objects.filter(state=Page.State.SENT).count()


def test_two_beats_and_four_sweepers_page_three_hundred_clocks_once_each(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    """Half of the clocks are due at once, the others fall due one after the other while all are at work."""
    start = database_now() - timedelta(minutes=30)
    late = [start - timedelta(seconds=60)] * (CLOCKS // 2)
    soon = [start + timedelta(seconds=12 * n / CLOCKS) for n in range(CLOCKS // 2)]
    faults([*late, *soon])
    since = database_now()
    with ExitStack() as crowd:
        crowd.enter_context(worker("sweepers", process_environment, children=4))
        for number in (1, 2):
            schedule = ["-s", str(tmp_path / f"schedule{number}"), "--pidfile="]
            beat = ["-m", "celery", "-A", "servicedesk.faults.quick_beat", "beat", "-l", "WARNING", *schedule]
            crowd.enter_context(process(f"beat{number}", beat, process_environment))
        wait_for(lambda: sent() >= CLOCKS)
        beats = Heartbeat.objects.count()
        wait_for(lambda: Heartbeat.objects.count() > beats + 4)
    assert sent() == CLOCKS
    assert broken(since) == {}
    assert list(differences()) == []


def test_one_task_delivered_five_times_at_once_and_again_later_pages_once(
    process_environment: dict[str, str],
) -> None:
    """None of the five may end before all have begun; the same again when everything is over."""
    faults([database_now() - timedelta(minutes=31)] * 5)
    since = database_now()
    with worker("receiver", process_environment, children=5):
        with gate_before("sla_heartbeat") as gate:
            for _ in range(5):
                tasks.sweep.apply_async(task_id="the-same-task")
            wait_for(lambda: gate.halted() == 5)
        wait_for(lambda: Heartbeat.objects.count() == 5)
        tasks.sweep.apply_async(task_id="the-same-task")
        wait_for(lambda: Heartbeat.objects.count() == 6)
    assert sent() == 5
    assert sum(Heartbeat.objects.values_list("fired", flat=True)) == 5
    assert broken(since) == {}
