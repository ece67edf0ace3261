"""People at work while things break: a nurse files faults by the real form, an operator looks up contacts.

Both note for every request whether it was acknowledged; one without an answer is sent once more under the same
key, as a person would press the button again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from urllib.parse import urljoin
from uuid import UUID, uuid4

import requests
from django.urls import reverse

from people.models import User
from servicedesk.faults.invariants import Evidence

TIMEOUT = 15


class Browser:
    """A demo person's signed-in session."""

    def __init__(self, url: str, person: User) -> None:
        self.url = url
        self.person = person
        self.session = requests.Session()
        self.is_in = False

    def post(self, path: str, **values: object) -> requests.Response:
        """Send a form and return the bare answer, redirect included. Raises requests.RequestException."""
        if not self.is_in:
            self._get(reverse("demo:start"))
            answer = self._post(reverse("demo:sign-in"), person=self.person.pk)
            self.is_in = answer.status_code == requests.codes.found
        return self._post(path, **values)

    def _get(self, path: str) -> None:
        self.session.get(urljoin(self.url, path), timeout=TIMEOUT, allow_redirects=False)

    def _post(self, path: str, **values: object) -> requests.Response:
        form = {**values, "csrfmiddlewaretoken": self.session.cookies.get("csrftoken", "")}
        return self.session.post(urljoin(self.url, path), data=form, timeout=TIMEOUT, allow_redirects=False)


class Load:
    """Two people who never stop; `evidence` gets what they saw."""

    def __init__(
        self, url: str, *, nurse: User, operator: User, fault: Mapping[str, object], evidence: Evidence
    ) -> None:
        """`fault`: the fields of the portal's form, but the key."""
        self.nurse = Browser(url, nurse)
        self.operator = Browser(url, operator)
        self.fault = fault
        self.evidence = evidence
        self.number = ""
        self.refused = 0
        self._stop = Event()
        self._turn = Lock()
        self._threads = [Thread(target=self._keep, args=args) for args in ((self._file, 0.7), (self._look, 1.5))]

    @contextmanager
    def running(self) -> Iterator[None]:
        """They work while the body runs."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No request is under way while the body runs."""
        with self._turn:
            yield

    def _keep(self, act: Callable[[], None], rest: float) -> None:
        while not self._stop.wait(rest):
            with self._turn:
                act()

    def _file(self) -> None:
        key = uuid4()
        if not self._filed(key):
            time.sleep(1)
            self._filed(key)

    def _filed(self, key: UUID) -> bool:
        self.evidence.unanswered.add(key)
        try:
            answer = self.nurse.post(reverse("portal:file"), client_key=str(key), **self.fault)
        except requests.RequestException:
            return False
        where = answer.headers.get("Location", "")
        start = reverse("portal:ticket", args=["x"]).removesuffix("x/")
        if answer.status_code != requests.codes.found or not where.startswith(start):
            self.refused += answer.status_code < requests.codes.server_error
            return False
        self.evidence.acknowledged.add(key)
        self.evidence.unanswered.discard(key)
        self.number = where.removeprefix(start).strip("/")
        return True

    def _look(self) -> None:
        if not self.number:
            return
        self.evidence.perhaps_looked_at += 1
        try:
            answer = self.operator.post(reverse("console:phone", args=[self.number]))
        except requests.RequestException:
            return
        here = reverse("console:ticket", args=[self.number])
        if answer.status_code == requests.codes.found and answer.headers["Location"] == here:
            self.evidence.perhaps_looked_at -= 1
            self.evidence.looked_at += 1
