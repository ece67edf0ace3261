"""The dead-man's switch: while sweeps go well an address outside is called; its silence is the alarm (I11).

Whoever stands at `DEADMAN_URL` alarms people by ways of their own, so nothing here may share the fate of what it
watches. The worker that swept makes the call itself, by a thread of its own: no queue, no Redis, no mail, no
transaction, and a slow or dead address delays no sweep.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache
from urllib.parse import urlsplit

import requests
from django.conf import settings

from sla.sweep import Swept

log = logging.getLogger(__name__)

# Seconds to connect, and for each answer.
PATIENCE = (3.0, 5.0)


def report(swept: Swept) -> None:
    """After a committed sweep: call, unless it set rows aside, whose promises nobody keeps then.

    A sweep that failed never comes here. At most one call is under way, one begins in `DEADMAN_SECONDS`.
    """
    if settings.DEADMAN_URL and not swept.set_aside:
        switch(settings.DEADMAN_URL).press(settings.DEADMAN_SECONDS)


class Switch:
    """One address, as one process calls it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pressed: float | None = None
        self.caller: threading.Thread | None = None

    def press(self, every: float) -> None:
        """Call the address, and return at once; nothing when that was done in the last `every` seconds."""
        now = time.monotonic()
        if self.pressed is not None and now - self.pressed < every:
            return
        if self.caller is not None and self.caller.is_alive():
            return
        self.pressed = now
        self.caller = threading.Thread(target=self.call, name="deadman", daemon=True)
        self.caller.start()

    def call(self) -> None:
        """One GET without redirects. A failure is only logged, without the address: its path is the secret."""
        try:
            with requests.get(self.url, timeout=PATIENCE, allow_redirects=False, stream=True) as answer:
                failure = "" if answer.status_code in range(200, 300) else f"answers {answer.status_code}"
        except requests.RequestException as error:
            failure = type(error).__name__
        if failure:
            log.warning("the dead-man's switch at %s was not heard: %s", urlsplit(self.url).hostname, failure)


@cache
def switch(url: str) -> Switch:
    """The process's switch for an address."""
    return Switch(url)
