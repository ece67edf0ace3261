"""What `/metrics` answers, and whom: everything that is counted, in Prometheus' words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from django.conf import settings
from django.db import Error
from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from notifications.models import Channel, Delivery
from servicedesk import health, metrics
from sla.escalation import GRACE
from sla.models import Deadline, Heartbeat


def may_scrape(request: HttpRequest) -> bool:
    """Whether the request comes straight from a network in `METRICS_ALLOW`, with the token if one is set (T024).

    Through the proxy nobody may: what it hands on carries X-Forwarded-For, and a liar only shuts himself out.
    """
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a Unix socket
        return False
    if not any(address in network for network in settings.METRICS_ALLOW):
        return False
    given = request.headers.get("Authorization", "")
    return not settings.METRICS_TOKEN or constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")


def exposition(now: datetime) -> bytes:
    """All metrics as Prometheus reads them: this server's requests, everybody's tasks, the engine's rows."""
    registry = CollectorRegistry()
    if metrics.SHARED:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_Figures(now))
    return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _Figures:
    """Read at each scrape by a few indexed queries, so they are true whichever process answers."""

    now: datetime

    def collect(self) -> Iterator[Metric]:
        """Without a database the rest is still told: that is when it is wanted."""
        ready = GaugeMetricFamily("desk_ready", "1: what the desk stands on works.", labels=["part"])
        for part, state in health.readiness().items():
            ready.add_metric([part], state == "ok")
        yield ready
        yield from metrics.tasks()
        try:
            yield from [*self.engine(), *self.outbox()]
        except Error:
            return

    def engine(self) -> Iterator[Metric]:
        """Sweeps and what waits for one. Without any sweep yet there is no age: alarm on its absence, too."""
        due = Deadline.objects.filter(next_action_at__lte=self.now - GRACE)
        waiting = due.aggregate(count=Count("pk"), oldest=Min("next_action_at"))
        late = (self.now - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0
        yield GaugeMetricFamily("desk_due", "Clocks whose next action is due and not done.", waiting["count"])
        yield GaugeMetricFamily("desk_due_late_seconds", "How late the oldest due action is.", late)
        last = Heartbeat.objects.order_by("-at").first()
        if last is not None:
            age = max((self.now - last.at).total_seconds(), 0)
            yield GaugeMetricFamily("desk_sweep_age_seconds", "Time since the last committed sweep.", age)
            yield GaugeMetricFamily("desk_sweep_seconds", "How long the last sweep took.", last.took_ms / 1000)
            late = last.oldest_late_seconds
            yield GaugeMetricFamily("desk_sweep_late_seconds", "Lateness of the last sweep's latest page.", late)
            yield GaugeMetricFamily("desk_clocks", "Clocks that run or pause.", last.running)

    def outbox(self) -> Iterator[Metric]:
        """What has not left yet, by channel."""
        size = GaugeMetricFamily("desk_outbox", "Deliveries that wait.", labels=["channel"])
        age = GaugeMetricFamily("desk_outbox_age_seconds", "Age of the oldest that waits.", labels=["channel"])
        waiting = Delivery.objects.filter(state=Delivery.State.WAITING).values("channel")
        rows = {row["channel"]: row for row in waiting.annotate(n=Count("pk"), at=Min("notification__created_at"))}
        for channel in Channel.values:
            row = rows.get(channel)
            size.add_metric([channel], row["n"] if row else 0)
            age.add_metric([channel], max((self.now - row["at"]).total_seconds(), 0) if row else 0)
        yield from (size, age)
