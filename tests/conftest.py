"""What every test may use: PostgreSQL, Redis, the system's Chromium, other processes."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from pytest_django import DjangoDbBlocker

# Playwright's synchronous API runs an event loop in the test's thread, where Django would
# otherwise refuse every query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

BROWSER_FIXTURES = {"browser_type", "browser", "context", "new_context", "page"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The address bar's own pages, three processes for each window. What Playwright switches off is lost by this, hence
    # the two of its features that would show in a test.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,PaintHolding,HttpsUpgrades",
]


def chromium() -> str | None:
    """The browser to drive: `CHROMIUM` from the environment or the system's."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return os.environ.get("CHROMIUM") or next(filter(None, found), None)


def pytest_configure() -> None:
    """Hash passwords fast: argon2 is slow on purpose, and tests make many accounts.

    Every test client begins its own server, which would list all collected static files first.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark browser tests; without a browser skip them, or let them fail when REQUIRE_BROWSER is set."""
    driven = [item for item in items if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ()))]
    for item in driven:
        item.add_marker("browser")
        # On a loaded machine a browser can miss a frame. Two more tries tell that from a fault; the report counts them.
        item.add_marker(pytest.mark.flaky(reruns=2))
    if chromium() or os.environ.get("REQUIRE_BROWSER"):
        return
    for item in driven:
        item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Begin each test in English: a page that a test before it opened leaves its reader's language behind."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Playwright drives the system's Chromium instead of downloading its own."""
    executable = chromium() or pytest.fail("there is no Chromium on this machine", pytrace=False)
    return {"executable_path": executable, "headless": True, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    """A hospital's browser: Chinese, on Shanghai time."""
    return {
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1440, "height": 900},
    }


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests that commit empty the tables afterwards: audit trail and ledger refuse it, here as in production."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            for table in ("audit_entry", "audit_link", "spares_stockmovement"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_stays_whole")
        # Browser tests go on in another context, where nobody would close this one.
        connection.close()


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """The environment for another process (a worker, a sweep) on this test's own database.

    Such a process sees committed rows only, hence `transactional_db`.
    """
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "servicedesk.settings",
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_NAMESPACE": settings.REDIS_NAMESPACE,
        "PYTHONPATH": str(Path(settings.BASE_DIR)),
    }
