"""Production refuses what is only good for a demo, and is clean when set up as documented."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from people.models import User
from servicedesk.checks import refuse_demo_in_production
from tests.factories import UserFactory

ROOT = Path(settings.BASE_DIR)
DOCUMENTED = {
    "DESK_ENV": "production",
    "SECRET_KEY": "k7Q-2vX9tRb0_sLw4mZyE8cHfJ1aUdNpGiToKe6WrBqSxC3V5hYjMzPlDnFgAu",
    "ALLOWED_HOSTS": "desk.example.org",
    "SITE_URL": "https://desk.example.org",
}


def check(**variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` in a process of its own; a variable given as "" is unset."""
    environment = {key: value for key, value in {**os.environ, **DOCUMENTED, **variables}.items() if value}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # the browser tests' own
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_documented_production_variables_pass_every_deployment_check() -> None:
    done = check()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", [settings.DEMO_SECRET_KEY, ""], ids=["the demo's key", "no key"])
def test_production_refuses_to_start_without_a_secret_key_of_its_own(key: str) -> None:
    done = check(SECRET_KEY=key)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert "SECRET_KEY" in done.stderr


def test_production_refuses_debug_pages() -> None:
    assert "DEBUG must stay off" in check(DEBUG="1").stderr


def test_an_unknown_environment_name_is_refused() -> None:
    assert "use production, demo or test" in check(DESK_ENV="staging").stderr


def test_production_is_what_a_process_is_unless_told_otherwise() -> None:
    assert "SECRET_KEY" in check(DESK_ENV="", SECRET_KEY="").stderr


@pytest.mark.django_db
class TestDemoAccounts:
    def test_are_refused_by_the_web_server_in_production(self, settings: Settings) -> None:
        settings.PRODUCTION = True
        UserFactory(is_demo=True)
        with pytest.raises(ImproperlyConfigured, match="demo accounts"):
            refuse_demo_in_production()

    def test_are_refused_by_migrate_in_production(self, settings: Settings) -> None:
        settings.PRODUCTION = True
        UserFactory(is_demo=True)
        with pytest.raises(SystemCheckError, match=re.escape("desk.E001")):
            call_command("migrate", verbosity=0, skip_checks=False)

    def test_are_welcome_in_the_demo(self) -> None:
        UserFactory(is_demo=True)
        refuse_demo_in_production()

    def test_real_accounts_are_welcome_in_production(self, settings: Settings) -> None:
        settings.PRODUCTION = True
        UserFactory()
        assert User.objects.filter(is_demo=False).exists()
        refuse_demo_in_production()


def test_env_example_names_every_variable_that_settings_read() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "servicedesk" / "settings.py").read_text()))
    listed = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    # Set by pytest-xdist itself.
    assert read - {"PYTEST_XDIST_WORKER"} <= listed
