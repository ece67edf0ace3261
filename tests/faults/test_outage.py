"""F21: the engine stood still for six hours. It catches up at once, tells the worst only, and says how late."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import Min

from notifications.models import Notification
from people.models import Role, User
from servicedesk.faults.invariants import broken
from sla.audit import differences
from sla.models import Deadline, Page
from sla.sweep import database_now, sweep
from tests.faults.many import faults

BREACHES = 1000  # of the plan's 3,000, to keep the suite short; two clocks of each ticket run
HOURS = 6


def test_six_hours_of_silence_end_in_a_minute_with_the_highest_step_and_digests(duty: dict[str, User]) -> None:
    now = database_now()
    # Spread over the six hours so that no clock's next milestone comes up while the sweep still runs.
    ages = [61 + 30 * (n % (2 * HOURS - 1)) + 15 * n / BREACHES for n in range(BREACHES)]
    timelines = faults([now - timedelta(minutes=age) for age in ages])
    since, started = database_now(), time.monotonic()
    swept = sweep()
    took = time.monotonic() - started
    assert took < 60
    assert broken(since) == {}

    response = Page.objects.filter(deadline__code="response")
    assert response.filter(state=Page.State.SENT).count() == BREACHES
    lowest_sent = response.filter(state=Page.State.SENT).aggregate(Min("step"))["step__min"]
    assert lowest_sent == 3  # 100 %: nobody hears of 50 % or 80 % any more
    longest = timelines[ages.index(max(ages))].deadlines.get(code="response").pages.get(state=Page.State.SENT)
    assert longest.label == "+240 min"
    assert longest.late_seconds > 3600
    assert swept.latest >= longest.late_seconds

    told = Notification.objects.filter(person=duty[Role.MANAGER])
    assert told.filter(kind="sla.digest").count() == told.count() <= 6
    assert sum(row.context["count"] for row in told) == duty[Role.MANAGER].pages.count() >= BREACHES

    assert sweep().due == 0
    assert list(differences()) == []
    assert Deadline.objects.filter(failures__gt=0).count() == 0
