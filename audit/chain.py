"""Whether the trail is whole: recount the chain from its rows, without the database's own functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

# One statement, so that links and entries are of one moment however many are being written.
ROWS = """
SELECT link.seq, link.hash, entry.id, entry.at, entry.actor_id, entry.act, entry.subject,
       entry.detail::text, host(entry.address)
FROM audit_link link FULL JOIN audit_entry entry ON entry.id = link.entry_id
ORDER BY link.seq NULLS LAST, entry.id
"""
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Break:
    """Where the trail is not what was written. `seq`: the link's number; None for an entry outside the chain."""

    seq: int | None
    why: str

    def __str__(self) -> str:
        return f"{self.seq or '–'}: {self.why}"


@dataclass(slots=True)
class Verdict:
    """`length` links were sound, the last of them has `head` as its hash (hex; empty for an empty trail)."""

    length: int = 0
    head: str = ""
    breaks: list[Break] = field(default_factory=list)


def verify(anchor: tuple[int, str] | None = None) -> Verdict:
    """Walk the whole chain, up to its first break, and name entries that stand outside it.

    `anchor`: a number and hash (hex) noted earlier; a trail that was written anew from some point, or cut
    off behind it, is sound in itself and shows only there.
    """
    verdict = Verdict()
    before = b""
    expected = count(1)
    for seq, stored, *entry in _rows():
        if seq is None:
            verdict.breaks.append(Break(None, f"entry {entry[0]} is not in the chain"))
            continue
        if verdict.breaks:
            continue
        why = _wrong(seq, next(expected), before, bytes(stored), entry)
        if why is None and anchor is not None and anchor[0] == seq and anchor[1] != bytes(stored).hex():
            why = f"the hash noted earlier is {anchor[1]}"
        if why is not None:
            verdict.breaks.append(Break(seq, why))
            continue
        before = bytes(stored)
        verdict.length, verdict.head = seq, before.hex()
    if anchor is not None and not verdict.breaks and verdict.length < anchor[0]:
        verdict.breaks.append(Break(verdict.length + 1, f"missing; the trail once had {anchor[0]} links"))
    return verdict


def canonical(seq: int, entry: list[Any]) -> str:
    """The text that is hashed: a JSON array, as `audit_canonical` in the database spells it."""
    number, at, *rest = entry
    moment = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}" if isinstance(at, datetime) else None
    return json.dumps([seq, number, moment, *rest], ensure_ascii=False)


def _wrong(seq: int, expected: int, before: bytes, stored: bytes, entry: list[Any]) -> str | None:
    if seq != expected:
        return f"link {expected} is missing"
    if entry[0] is None:
        return "its entry is gone"
    if sha256(before + canonical(seq, entry).encode()).digest() != stored:
        return f"entry {entry[0]} is not what was written"
    return None


def _rows() -> Iterator[tuple[Any, ...]]:
    """All rows, a batch in memory at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        assert isinstance(cursor, CursorWrapper)
        cursor.execute(ROWS)
        while rows := cursor.fetchmany(BATCH):
            yield from rows
