"""What Docker, a balancer or a monitor asks a web process."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import redis
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from servicedesk.metrics import quick_redis


class NotReady(Exception):
    """What is wrong, in words that anybody may read."""


@never_cache
def web(_request: HttpRequest) -> HttpResponse:
    """200 `ok`: this process answers. It asks nobody else: restarting a web process cures no database."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """200 or 503: `{"postgresql": "ok", "redis": "does not answer", "migrations": "2 not applied"}`."""
    found = readiness()
    return JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503)


def readiness() -> dict[str, str]:
    """Each thing that the desk stands on with `ok` or what is wrong with it."""
    return {name: _try(check) for name, check in CHECKS.items()}


def _try(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as wrong:
        return str(wrong)
    except (Error, redis.RedisError, OSError):
        # The error's own words may hold addresses and accounts.
        return "does not answer"
    return "ok"


def _postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    quick_redis(settings.REDIS_URL).ping()


@cache
def _migrations() -> None:
    """Raises NotReady while some are missing. Once complete they stay so for this process's life."""
    missing = _on_disk() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        raise NotReady(f"{len(missing)} not applied")


def _on_disk() -> set[tuple[str, str]]:
    """(app, name) of every migration, without loading any."""
    found = set()
    for app in apps.get_app_configs():
        folder = Path(app.path) / "migrations"
        if settings.MIGRATION_MODULES.get(app.label, folder) is not None:
            names = (module.name for module in pkgutil.iter_modules([str(folder)]))
            found |= {(app.label, name) for name in names if name[0] not in "_~"}
    return found


CHECKS: dict[str, Callable[[], None]] = {"postgresql": _postgresql, "redis": _redis, "migrations": _migrations}
