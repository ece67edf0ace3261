"""T048: a request larger than any form is refused before it is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from common.body_limit import BodyLimit

MOST = 1000


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads everything, as Django does, and says how much it was; silent when the sender goes."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser of another test keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, scenario).result()


def ask(pieces: list[bytes], length: bytes | None = None, path: str = "/report/") -> tuple[int, bytes, int]:
    """Status, body, and how many pieces were asked for."""
    waiting: Iterator[bytes] = iter(pieces)
    sent: list[Any] = []
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        piece = next(waiting, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None and taken < len(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", length)] if length is not None else []
    scope = {"type": "http", "path": path, "headers": headers}
    run(BodyLimit(application, MOST)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], taken


def test_a_body_up_to_the_limit_passes_whole() -> None:
    assert ask([b"x" * 600, b"x" * 400], b"1000") == (200, b"1000", 2)


def test_a_body_announced_too_large_is_refused_unread() -> None:
    status, _, taken = ask([b"x" * 2000], b"2000")
    assert (status, taken) == (413, 0)


def test_a_program_reads_the_refusal_as_a_problem() -> None:
    status, body, _ = ask([b"x" * 2000], b"2000", "/api/v1/tickets/")
    assert (status, json.loads(body)["status"]) == (413, 413)


@pytest.mark.parametrize("length", [None, b"10", b"x", b"-1"])
def test_a_body_that_turns_out_too_large_is_cut_off(length: bytes | None) -> None:
    status, _, taken = ask([b"x" * 400] * 50, length)
    assert status == 413
    assert taken == 3


def test_what_is_no_request_passes_untouched() -> None:
    seen = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    run(BodyLimit(inner, MOST)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
