"""What surrounds every request: its time, its id, its one line in the log."""

from __future__ import annotations

import re

from django.test import AsyncClient, Client
from pytest_django import Settings

from tests import loops


def test_every_answer_tells_the_servers_time_where_a_bench_may_read_it(client: Client) -> None:
    assert re.fullmatch(r"app;dur=\d+\.\d", client.get("/healthz")["Server-Timing"])


def test_the_web_servers_own_way_in_tells_it_too() -> None:
    async def ask() -> str:
        return (await AsyncClient().get("/healthz"))["Server-Timing"]

    assert loops.run(ask()).startswith("app;dur=")


def test_strangers_are_not_told_how_long_an_answer_took(client: Client, settings: Settings) -> None:
    settings.SERVER_TIMING = False
    assert "Server-Timing" not in client.get("/healthz")
