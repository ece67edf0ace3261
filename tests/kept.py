"""What a file's tests stand on is made once: each test undoes only what it did itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import translation
from pytest_django import DjangoDbBlocker


@contextmanager
def kept(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Rows made inside stay while the fixture does, which needs `django_db_setup`, and are gone after it.

    A test works on a deep copy of what was made, in a transaction inside this one. Not for tests that commit.
    """
    with blocker.unblock(), translation.override("en"), transaction.atomic():
        yield
        transaction.set_rollback(True)
