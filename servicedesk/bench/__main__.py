"""`./desk bench`: make the scratch database, then let `manage.py bench` fill and measure it."""

from __future__ import annotations

import argparse
import os
import sys

from servicedesk.bench import scratch


def main() -> None:
    """Entry point; becomes `manage.py bench` with the scratch database in its environment."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--fresh", action="store_true")
    options, _ = parser.parse_known_args()
    base = os.environ.get("DATABASE_URL", "postgresql:///desk")
    name = f"{scratch.PREFIX}{options.tickets}"
    if not {"-h", "--help", "--markdown"} & set(sys.argv):
        scratch.make(base, name, fresh=options.fresh)
    os.environ |= {"DATABASE_URL": scratch.url_of(base, name), "REDIS_NAMESPACE": f"desk-{name}"}
    os.environ.setdefault("DESK_ENV", "demo")
    os.execv(sys.executable, [sys.executable, str(scratch.ROOT / "manage.py"), "bench", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
