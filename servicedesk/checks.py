"""Start-up checks that need the database: what must never be true in production."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections


def no_demo_accounts_in_production(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """An error (desk.E001) when production holds accounts whose password everybody knows.

    Runs with `check --database default`, in `migrate`, and before the web server accepts a request.
    """
    if not settings.PRODUCTION or "default" not in (databases or []):
        return []
    users = get_user_model()
    if users._meta.db_table not in connections["default"].introspection.table_names():
        return []
    count = users._default_manager.filter(is_demo=True).count()
    if not count:
        return []
    return [
        Error(
            f"The database holds {count} demo accounts, whose passwords are public.",
            hint="Use a database without the demo, or delete these accounts.",
            id="desk.E001",
        )
    ]


def refuse_demo_in_production() -> None:
    """Raise ImproperlyConfigured when this database must not be served; for web entry points."""
    errors = no_demo_accounts_in_production(databases=["default"])
    # The server forks its workers after this: they must not share a connection.
    connections.close_all()
    if errors:
        raise ImproperlyConfigured(f"{errors[0].id}: {errors[0].msg} {errors[0].hint}")
