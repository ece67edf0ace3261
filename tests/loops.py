"""Event loops of our own in a process where Playwright's may already run.

Playwright's synchronous interface leaves its loop marked as running in the test's thread for the rest of the
session, and a loop that handles signals has to live in that very thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run`, with another loop that is marked as running put aside meanwhile."""
    other = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return asyncio.run(work)
    finally:
        asyncio._set_running_loop(other)
