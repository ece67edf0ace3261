"""Running clocks follow the policy of their hospital when its contract begins, changes or ends."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from people.models import Hospital, User
from sla import deadlines
from sla.facts import Kind
from sla.models import Deadline, Fact, Timeline


def follow(hospital: Hospital, *, by: User | None, now: datetime, reason: str = "") -> int:
    """Move the running clocks of `hospital` to the policies that hold now; returns how many timelines moved.

    The promise book: changing the contract re-targets running clocks, and the old target stays in the history. A
    timeline whose facts do not say what kind of device it is about keeps its policy.
    """
    running = Deadline.objects.filter(timeline__hospital=hospital, state__in=deadlines.OPEN_STATES)
    timelines = Timeline.objects.filter(pk__in=running.values("timeline")).order_by("pk").in_bulk()
    terms = defaultdict[int, dict[str, Any]](dict)
    for fact in Fact.objects.filter(timeline__in=timelines, data__has_any_keys=("policy", "device_kind")):
        terms[fact.timeline_id].update(fact.data)
    moved = 0
    for key, timeline in timelines.items():
        kind = terms[key].get("device_kind")
        policy = deadlines.policy_for(hospital, kind, now).code if kind is not None else terms[key].get("policy")
        if policy != terms[key].get("policy"):
            data = {"policy": policy, "reason": reason}
            deadlines.record(timeline, Kind.TERMS_CHANGED, at=now, now=now, by=by, data=data)
            moved += 1
    return moved
