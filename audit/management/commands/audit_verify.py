"""`manage.py audit_verify`: exit 0 when nobody has touched the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import chain

MOST_SHOWN = 20


def anchor_of(text: str) -> tuple[int, str]:
    """`NUMBER:HASH`. Raises ValueError when it is something else."""
    number, _colon, digest = text.partition(":")
    if len(bytes.fromhex(digest)) != 32:
        raise ValueError("a hash has 64 hexadecimal digits")
    return int(number), digest.lower()


class Command(BaseCommand):
    help = "Recount the audit trail's chain of hashes and name the first link that is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            type=anchor_of,
            metavar="NUMBER:HASH",
            help="what an earlier run printed and somebody kept elsewhere; must still be in the chain",
        )

    def handle(self, *args: Any, head: tuple[int, str] | None, **options: Any) -> None:
        verdict = chain.verify(head)
        for broken in verdict.breaks[:MOST_SHOWN]:
            self.stderr.write(f"broken at {broken}")
        if verdict.breaks:
            raise CommandError(f"the audit trail is broken in {len(verdict.breaks)} places")
        self.stdout.write(f"the audit trail is whole; head {verdict.length}:{verdict.head}")
