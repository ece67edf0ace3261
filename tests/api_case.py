"""A program that speaks to the API with a token of a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from people import tokens
from people.models import User

ROOT = "/api/v1"


class Program:
    """`Program(person).post("/tickets/", title="…")`; headers by their names in a dict."""

    def __init__(self, person: User, scope: str = "write", language: str = "en") -> None:
        now = timezone.now()
        self.person = person
        self.token, text = tokens.make(person, name="test", scope=scope, days=90, by=person, now=now)
        tokens.note_use(self.token, now)
        self.headers = {"Authorization": f"Bearer {text}", "Accept-Language": language}
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> HttpResponse:
        """Ask for a path below the root; a whole address is taken as it is."""
        return self.client.get(self._whole(path), query or None, headers={**self.headers, **(headers or {})})

    def post(self, path: str, headers: Mapping[str, str] | None = None, **body: Any) -> HttpResponse:
        """Send `body` as JSON."""
        return self.send("POST", path, json.dumps(body, default=str), headers)

    def patch(self, path: str, headers: Mapping[str, str] | None = None, **body: Any) -> HttpResponse:
        """Send `body` as JSON."""
        return self.send("PATCH", path, json.dumps(body, default=str), headers)

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> HttpResponse:
        """Send these bytes."""
        sent = {**self.headers, **(headers or {})}
        return self.client.generic(method, self._whole(path), body, content_type, headers=sent)

    @staticmethod
    def _whole(path: str) -> str:
        return path if path.startswith(("http", ROOT)) else ROOT + path


def mistakes(response: HttpResponse) -> dict[str, str]:
    """Where a refused request is wrong → the code of the mistake."""
    assert response.status_code == 400, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    errors = response.json()["errors"]
    return {one.get("pointer") or one.get("parameter") or one["header"]: one["code"] for one in errors}
