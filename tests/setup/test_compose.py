"""The container set-up, read as data: there is no container engine where tests run."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from servicedesk.celery import app

ROOT = Path(settings.BASE_DIR)
WORKERS = {"worker-engine": "engine", "worker-mail": "mail", "worker": "default"}
OURS = ["web", *WORKERS, "beat"]


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_all_parts_are_there(services: dict[str, Any]) -> None:
    assert {"migrate", "caddy", "postgres", "redis", *OURS} == set(services)
    assert services["postgres"]["image"] == "postgres:18"


@pytest.mark.parametrize("name", [*OURS, "postgres", "redis", "caddy"])
def test_every_lasting_service_has_a_health_check(services: dict[str, Any], name: str) -> None:
    assert services[name]["healthcheck"]["test"]


def test_pages_are_served_once_the_desk_is_ready(services: dict[str, Any]) -> None:
    assert services["web"]["healthcheck"]["test"][-1].endswith("/readyz")
    assert services["caddy"]["depends_on"]["web"]["condition"] == "service_healthy"


def test_metrics_do_not_pass_the_proxy() -> None:
    assert "respond /metrics 404" in (ROOT / "Caddyfile").read_text()


def test_what_web_processes_count_lies_where_the_image_may_write(services: dict[str, Any]) -> None:
    assert "METRICS_DIR=/tmp/metrics" in (ROOT / "Dockerfile").read_text()
    assert services["web"]["read_only"]
    assert services["web"]["tmpfs"] == ["/tmp"]


@pytest.mark.parametrize("name", OURS)
def test_scaled_services_have_no_name_or_port_of_their_own(services: dict[str, Any], name: str) -> None:
    assert "container_name" not in services[name]
    assert "ports" not in services[name]


def test_only_the_tls_proxy_is_reachable_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert all("outside" not in services[name]["networks"] for name in ("postgres", "redis"))


@pytest.mark.parametrize(("name", "queue"), WORKERS.items())
def test_each_queue_has_its_worker(services: dict[str, Any], name: str, queue: str) -> None:
    command = services[name]["command"]
    assert command[command.index("-Q") + 1] == queue


def test_every_queue_in_use_is_worked() -> None:
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    ticked = {row["options"].get("queue") for row in app.conf.beat_schedule.values()} - {None}
    assert routed | ticked | {app.conf.task_default_queue} == set(WORKERS.values())


@pytest.mark.parametrize("name", OURS)
def test_nothing_starts_before_the_tables_are_migrated(services: dict[str, Any], name: str) -> None:
    assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_secrets_come_from_the_environment(services: dict[str, Any]) -> None:
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert all(services[name]["env_file"] == ".env" for name in OURS)


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last_stage = max(index for index, line in enumerate(lines) if line.startswith("FROM"))
    assert "USER desk" in lines[last_stage:]


def test_the_proxy_finds_every_scaled_web_container() -> None:
    assert "dynamic a web 8000" in (ROOT / "Caddyfile").read_text()
