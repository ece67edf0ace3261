"""What a web process holds in memory: everything once, shared by the workers of a server (goal: 150 MB each)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

LOADED = """
import gc
import servicedesk.asgi
from pathlib import Path
from tickets import search

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))

before = resident()
search.words("会诊终端开机后一直黑屏")
print(gc.get_freeze_count(), resident() - before)
"""


def test_what_workers_share_is_loaded_before_they_are_forked(tmp_path: Path) -> None:
    environment = {**os.environ, "METRICS_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, megabytes = map(int, done.stdout.split())
    assert frozen > 100_000
    assert megabytes < 5, "a dictionary of words takes 25 MB"
