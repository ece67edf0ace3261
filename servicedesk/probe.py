"""`python -m servicedesk.probe URL`: exit 0 when the desk answers 200, as its own proxy would ask.

For container health checks; the images hold no curl.
"""

import os
import sys
import urllib.request

SECONDS = 4


def healthy(url: str) -> bool:
    """Ask with a host name that `ALLOWED_HOSTS` lets in, as if TLS had been taken off in front."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".")
    request = urllib.request.Request(url, headers={"Host": host, "X-Forwarded-Proto": "https"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the address is our own
            return bool(answer.status == 200)
    except OSError as error:
        print(error, file=sys.stderr)
        return False


if __name__ == "__main__":
    sys.exit(0 if healthy(sys.argv[1]) else 1)
