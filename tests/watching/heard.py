"""The log as a machine reads it: what the code says, in the shape of production."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from servicedesk.logs import formatter


class Log:
    """Everything said meanwhile."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def records(self) -> list[dict[str, Any]]:
        """One for each line; a line that is no record fails the test."""
        return [json.loads(line) for line in self.text.splitlines()]

    def only(self, logger: str) -> dict[str, Any]:
        (record,) = (record for record in self.records if record["logger"] == logger)
        return record


@contextmanager
def listening(*, as_json: bool = True, level: int = logging.INFO) -> Iterator[Log]:
    """Write the log as a process in production would, to memory."""
    log, root = Log(), logging.getLogger()
    handler = logging.StreamHandler(log.stream)
    handler.setFormatter(formatter(as_json=as_json))
    before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield log
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
