"""`./desk fuzz`: a scratch database with the demo in it, then `manage.py fuzz` sends nonsense to its API."""

from __future__ import annotations

import os
import sys

from servicedesk.bench import scratch

NAME = "fuzz_api"
"""The only database that is ever fuzzed; made anew each time."""


def main() -> None:
    """Entry point; becomes `manage.py fuzz` with the scratch database in its environment."""
    base = os.environ.get("DATABASE_URL", "postgresql:///desk")
    if not {"-h", "--help"} & set(sys.argv):
        scratch.make(base, NAME, fresh=True)
    # One person sends more in a minute than any program should.
    os.environ |= {"DATABASE_URL": scratch.url_of(base, NAME), "REDIS_NAMESPACE": f"desk-{NAME}"}
    os.environ |= {"DESK_ENV": "demo", "API_REQUESTS_PER_MINUTE": "0"}
    os.execv(sys.executable, [sys.executable, str(scratch.ROOT / "manage.py"), "fuzz", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
