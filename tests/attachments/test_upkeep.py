"""`verify_files`: rows and files belong together, and a stray file goes only when asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from attachments import storage
from attachments.models import Attachment
from tests.attachments import files
from tests.factories import HospitalFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def stored() -> Attachment:
    now = datetime(2026, 11, 18, tzinfo=UTC)
    return storage.accept(files.upload("a.txt", b"x"), hospital=HospitalFactory(), by=None, now=now)


def verify(*options: str) -> str:
    out = StringIO()
    call_command("verify_files", *options, stdout=out)
    return out.getvalue()


def stray(media: Path, age: timedelta) -> Path:
    path = media / "2026" / "11" / ("f" * 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"stray")
    then = (timezone.now() - age).timestamp()
    os.utime(path, (then, then))
    return path


def test_all_in_order_is_said(stored: Attachment) -> None:
    assert verify("--sums") == "0 missing\n"


def test_a_missing_file_is_named_and_fails_the_command(stored: Attachment) -> None:
    storage.full_path(stored.path).unlink()
    with pytest.raises(CommandError, match="1 missing"):
        verify()


def test_a_changed_file_is_found_by_its_sum_only(stored: Attachment) -> None:
    storage.full_path(stored.path).write_bytes(b"y")
    assert verify() == "0 missing\n"
    with pytest.raises(CommandError):
        verify("--sums")


def test_an_old_stray_file_is_named_and_goes_when_asked(stored: Attachment, media: Path) -> None:
    path = stray(media, timedelta(days=2))
    assert f"orphan {path}" in verify()
    assert path.exists()
    verify("--remove-orphans")
    assert not path.exists()
    assert storage.full_path(stored.path).exists()


def test_a_young_file_may_still_get_its_row(media: Path) -> None:
    path = stray(media, timedelta(hours=1))
    assert "orphan" not in verify("--remove-orphans")
    assert path.exists()
