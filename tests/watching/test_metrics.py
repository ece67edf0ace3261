"""/metrics: for those that are let in (safety T024), the figures by which somebody can be woken."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import Resolver404, resolve
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import outbox
from notifications.models import Delivery, Notification
from people.models import Role, User
from servicedesk import metrics
from sla.models import Heartbeat
from sla.sweep import database_now, sweep
from tests.faults.many import faults
from tests.sla.cases import staff

pytestmark = pytest.mark.django_db
INSIDE = {"REMOTE_ADDR": "10.1.2.3"}


@pytest.fixture
def allowed(settings: Settings) -> Settings:
    settings.METRICS_ALLOW = [ip_network("10.1.2.0/24"), ip_network("fd00::/8")]
    return settings


@pytest.fixture
def duty(db: None) -> dict[str, User]:
    return staff()


def scrape(client: Client) -> dict[tuple[str, ...], float]:
    """Name and values of the labels → value."""
    answer = client.get("/metrics", **INSIDE)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", ""])
def test_nobody_reads_metrics_until_a_network_is_named(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404
    assert client.post("/metrics", REMOTE_ADDR=address).status_code == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [("10.1.2.255", 200), ("fd00::1", 200), ("10.1.3.1", 404), ("127.0.0.1", 404), ("", 404), ("nonsense", 404)],
)
def test_only_the_named_networks_read_metrics(client: Client, allowed: Settings, address: str, status: int) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.parametrize("header", [{"X-Forwarded-For": "10.1.2.3"}, {"Forwarded": "for=10.1.2.3"}])
@pytest.mark.parametrize("behind", [True, False])
def test_nobody_reads_metrics_through_the_proxy(
    client: Client, allowed: Settings, header: dict[str, str], behind: bool
) -> None:
    allowed.BEHIND_TLS_PROXY = behind
    assert client.get("/metrics", headers=header, **INSIDE).status_code == 404


@pytest.mark.parametrize(("given", "status"), [("Bearer right", 200), ("Bearer wrong", 404), ("right", 404), ("", 404)])
def test_a_token_is_asked_for_where_one_is_set(client: Client, allowed: Settings, given: str, status: int) -> None:
    allowed.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers={"Authorization": given}, **INSIDE).status_code == status


def test_metrics_are_read_inside_by_address_and_without_tls(client: Client, allowed: Settings) -> None:
    allowed.SECURE_SSL_REDIRECT = True
    allowed.ALLOWED_HOSTS = ["desk.example.org"]
    assert client.get("/metrics", HTTP_HOST="172.18.0.5:8000", **INSIDE).status_code == 200
    assert client.get("/account/sign-in/", HTTP_HOST="desk.example.org", **INSIDE).status_code == 301


def test_to_strangers_the_address_leads_nowhere() -> None:
    with pytest.raises(Resolver404):
        resolve("/metrics")


def test_the_engine_tells_what_is_due_and_how_late_it_is(
    client: Client, allowed: Settings, duty: dict[str, User]
) -> None:
    at = database_now()
    faults([at - timedelta(minutes=40)] * 3)
    figures = scrape(client)
    assert figures["desk_due",] == 3
    # The first warning of a response clock stands at half of its hour.
    assert 600 <= figures["desk_due_late_seconds",] < 900
    assert ("desk_sweep_age_seconds",) not in figures
    sweep()
    figures = scrape(client)
    assert (figures["desk_due",], figures["desk_due_late_seconds",]) == (0, 0)
    assert 600 <= figures["desk_sweep_late_seconds",] < 900
    assert 0 <= figures["desk_sweep_age_seconds",] < 300
    assert figures["desk_clocks",] > 3


def test_the_age_of_the_heartbeat_grows_when_sweeps_stop(client: Client, allowed: Settings) -> None:
    Heartbeat.objects.create(at=database_now() - timedelta(minutes=7), took_ms=12, due=0, fired=0, running=0)
    figures = scrape(client)
    assert 420 <= figures["desk_sweep_age_seconds",] < 700
    assert figures["desk_sweep_seconds",] == 0.012


def test_the_outbox_tells_by_channel_how_much_waits_since_when(
    client: Client, allowed: Settings, duty: dict[str, User]
) -> None:
    assert scrape(client)["desk_outbox", "mail"] == 0
    at = database_now() - timedelta(minutes=20)
    context = {"ticket": "SR-1", "promise": "response", "due_at": at.isoformat(), "failure": "x"}
    for key in ("one", "two"):
        outbox.tell(duty[Role.MANAGER], "sla.set_aside", context=context, link="/", dedupe_key=key, urgent=True, now=at)
    Delivery.objects.filter(notification__dedupe_key="two").update(state=Delivery.State.SENT)
    assert Notification.objects.count() == 2
    figures = scrape(client)
    assert figures["desk_outbox", "mail"] == 1
    assert 1200 <= figures["desk_outbox_age_seconds", "mail"] < 1500


def test_request_times_are_told_by_route_and_class_of_status(client: Client, allowed: Settings) -> None:
    before = scrape(client)
    client.get("/account/sign-in/")
    client.get("/no/such/page/张三丰/")
    client.get("/no/such/other/")
    after = scrape(client)

    def more(route: str, status: str) -> float:
        name = ("desk_request_seconds_count", route, status)
        return after[name] - before.get(name, 0)

    assert (more("account:login", "2xx"), more("none", "4xx")) == (1, 2)
    assert "张三丰" not in str(after)


@pytest.mark.urls("tests.watching.broken_urls")
def test_a_request_that_the_database_ended_is_counted_by_error(allowed: Settings) -> None:
    client = Client(raise_request_exception=False)
    name = ("desk_request_database_errors_total", "DataError")
    before = scrape(client).get(name, 0)
    client.get("/broken/database/")
    client.get("/broken/")
    assert scrape(client)[name] == before + 1


def test_a_scrape_tells_what_does_not_answer_and_still_the_rest(client: Client, allowed: Settings) -> None:
    allowed.REDIS_URL = "unix:///nowhere/redis.sock"
    figures = scrape(client)
    assert (figures["desk_ready", "redis"], figures["desk_ready", "postgresql"]) == (0, 1)
    assert figures["desk_due",] == 0


def test_a_scrape_costs_a_handful_of_queries(
    client: Client, allowed: Settings, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    scrape(client)
    with django_assert_max_num_queries(4):
        scrape(client)


COUNT_IN_TWO_WORKERS = """
import os, sys
import django
django.setup()
from servicedesk import metrics
for _ in range(2):
    if os.fork() == 0:
        metrics.count_request("portal:home", 200, 0.02)
        os._exit(0)
    os.wait()
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry)
sys.stdout.write(generate_latest(registry).decode())
"""


def test_whichever_worker_answers_tells_the_requests_of_all(tmp_path: Path) -> None:
    environment = {**os.environ, metrics.FILES: str(tmp_path), "DJANGO_SETTINGS_MODULE": "servicedesk.settings"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT_IN_TWO_WORKERS],
        env=environment,
        cwd=project.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'desk_request_seconds_count{route="portal:home",status="2xx"} 2.0' in done.stdout
