"""F01: a sweeping process is killed with -9 at three points. Nothing is lost, nothing is said twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from notifications.models import Notification
from people.models import User
from servicedesk.faults.gates import gate_before, wait_for
from servicedesk.faults.invariants import broken
from sla import tasks
from sla.audit import differences
from sla.models import Heartbeat, Page
from sla.sweep import database_now, sweep
from tests.faults.many import faults
from tests.faults.processes import sweeper, worker

CLOCKS = 12
pytestmark = pytest.mark.usefixtures("duty")


@pytest.fixture
def since(duty: dict[str, User]) -> datetime:
    """Twelve faults whose half time passed a minute ago; the moment at which they stand in the database."""
    moment = database_now() - timedelta(minutes=31)
    faults([moment] * CLOCKS)
    return database_now()


def sent() -> int:
    return Page.objects.filter(state=Page.State.SENT).count()


def sound(since: datetime) -> bool:
    """Every clock paged once, every invariant holds, the rows are what the facts say."""
    assert broken(since) == {}
    assert list(differences()) == []
    assert sent() == CLOCKS
    return True


@pytest.mark.parametrize(
    "step",
    [("sla_page", "INSERT"), ("notifications_notification", "INSERT"), ("sla_deadline", "UPDATE")],
    ids=["no page yet", "no message yet", "clocks not moved on yet"],
)
def test_killed_before_its_commit_it_leaves_no_trace_and_the_next_sweep_pages_all(
    step: tuple[str, str], since: datetime, process_environment: dict[str, str]
) -> None:
    """With the locks taken and no page written; with all pages written; with all but the clocks' next step."""
    with gate_before(*step) as gate, sweeper("victim", process_environment) as victim:
        wait_for(victim.is_halted)
        victim.kill()
        # PostgreSQL has not noticed yet: the dead one's locks are passed over, nobody waits for them.
        assert sweep().due == 0
        assert sent() == 0
        gate.open()
        wait_for(victim.is_forgotten)
    assert (sent(), Notification.objects.count()) == (0, 0)
    assert sweep().fired == CLOCKS
    assert sound(since)


def test_killed_between_its_commit_and_its_heartbeat_nothing_is_said_again(
    since: datetime, process_environment: dict[str, str]
) -> None:
    with gate_before("sla_heartbeat") as gate, sweeper("victim", process_environment) as victim:
        wait_for(victim.is_halted)
        victim.kill()
        gate.open()
        wait_for(victim.is_forgotten)
    assert (sent(), Heartbeat.objects.count()) == (CLOCKS, 0)
    assert sweep().fired == 0
    assert Heartbeat.objects.count() == 1
    assert sound(since)


@pytest.mark.usefixtures("queue")
def test_a_celery_worker_killed_in_the_middle_of_a_sweep_is_made_good_by_the_next_tick(
    since: datetime, process_environment: dict[str, str]
) -> None:
    """The killed task stays unacknowledged in Redis; nobody waits for it, the next tick does its work."""
    tasks.sweep.delay()
    with gate_before("notifications_notification") as gate, worker("victim", process_environment) as victim:
        wait_for(victim.is_halted)
        victim.kill()
        gate.open()
        wait_for(victim.is_forgotten)
    assert sent() == 0
    with worker("heir", process_environment):
        tasks.sweep.delay()
        wait_for(Heartbeat.objects.exists)
    assert sound(since)
