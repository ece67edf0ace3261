"""A heavy package is loaded by its first use, not by the process that may never need it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings

from common.later import Later

HEAVY = ("typst", "openpyxl", "xlsxwriter")
LOADS = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
print(*sys.modules)
"""


def test_it_stands_for_the_package() -> None:
    json = Later("json")
    assert json.loads("[1]") == [1]
    with pytest.raises(json.JSONDecodeError):
        json.loads("{")
    with pytest.raises(AttributeError):
        json.nothing_of_the_kind  # noqa: B018 - the look-up is what is tested


def test_a_web_process_begins_without_what_makes_papers_and_workbooks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR
    )
    loaded = set(done.stdout.split())
    assert "tickets.console" in loaded
    assert not loaded & set(HEAVY)
